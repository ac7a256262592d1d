"""Listings in which every text is hostile, as a group would store them, and as a flaw of ours would let it."""

import dataclasses
import datetime as dt
import io
import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image
from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.roles import Role
from portal.core import clock
from portal.core.database import db, transaction
from portal.directory.models import Attendance, CostKind, Organisation, Service, ServiceAtLocation, Taxonomy
from portal.geo.models import AreaKind
from portal.listings.content import Access, Content, Phone, Price, Sending, Venue, Volunteering, to_json
from portal.listings.drafting import volunteers_id
from portal.listings.models import (
    Claim,
    ClaimMove,
    ClaimState,
    GroupLead,
    Listing,
    ListingState,
    Picture,
    Proof,
    Suggestion,
    SuggestionKind,
)
from portal.listings.operations.history import append_version
from tests.factories import LEWISHAM_LIBRARY, make_area, make_organisation, make_term
from tests.factories.accounts import Cast, make_cast, make_membership
from tests.factories.guides import make_guide
from tests.factories.listings import make_content, make_listing
from tests.hostile import storable

A_GROUP = 10
# Of so many listings one waits with a text that could be published; the others wait with addresses that are none.
EVERY = 10
CORNERS = [(-0.1, 51.4), (0.1, 51.4), (0.1, 51.5), (-0.1, 51.5)]
# What a service keeps of a content under the same name.
_TEXTS = ("name", "summary", "description", "when_note", "cost_note", "how_to_join", "picture_words")
_PLACE_TEXTS = ("name", "address_1", "address_2", "town", "getting_there")


class Picks:
    """Hands out one hostile text after the other, from a given one on and round again."""

    def __init__(self, texts: Sequence[str], first: int) -> None:
        first %= len(texts)
        self._texts = itertools.cycle([*texts[first:], *texts[:first]])

    def __call__(self, limit: int) -> str:
        """Return the next text, as much of it as fits. No database holds half a character."""
        return storable(next(self._texts))[:limit]


def make_places_of_hostile_listings() -> None:
    """Add the terms and the area that hostile listings name (not committed)."""
    make_term(Taxonomy.ACCESS, "step-free")
    make_term(Taxonomy.ACCESS, "bsl", belongs_to_service=True)
    make_area("central", CORNERS, name="Central", kind=AreaKind.NEIGHBOURHOOD)


def make_hostile_group(picks: Picks, *, email: str) -> Organisation:
    """Add a group whose own texts are hostile (flushed)."""
    group = make_organisation(picks(200), description=picks(10_000), email=email, phone="020 7946 0132")
    group.phones[0].about = picks(200)
    db.session.flush()
    return group


def hostile_content(picks: Picks, east: float = 0) -> Content:
    """Return a content with a hostile text in every field that takes any text, so many degrees east of the library."""
    place = Venue(
        id=uuid.uuid4(),
        name=picks(200),
        address_1=picks(200),
        address_2=picks(200),
        town=picks(100),
        postcode="SE13 7UZ",
        latitude=LEWISHAM_LIBRARY[0],
        longitude=LEWISHAM_LIBRARY[1] + east,
        getting_there=picks(500),
        access=(Access(term="step-free", is_there=True, note=picks(200)),),
        note=picks(300),
    )
    return make_content(
        name=picks(200),
        summary=picks(300),
        description=picks(10_000),
        areas=("central",),
        attendance=(Attendance.IN_PERSON,),
        when_note=picks(300),
        venues=(place,),
        access=(Access(term="bsl", is_there=True, note=picks(200)),),
        cost_kind=CostKind.PAID,
        prices=(Price(pence=250, about=picks(200)), Price(about=picks(200))),
        cost_note=picks(300),
        how_to_join=picks(2000),
        sending=Sending.INTRODUCTION,
        introduction_email="in@example.org",
        picture_words=picks(300),
        contact_name=picks(120),
        phones=(Phone(number="020 8555 0101", about=picks(200)),),
        email="hello@example.org",
        website="https://www.example.org/tea",
        volunteering=Volunteering(name=picks(200), what=picks(2000), how_often=picks(300), contact=picks(300)),
    )


def make_hostile_listing(group: Organisation, picks: Picks, east: float = 0, *, is_storable: bool = True) -> Listing:
    """Add a published listing of hostile texts, with other such texts that wait for a moderator (not committed).

    It happens `east` degrees of longitude from the library. What waits also has addresses and numbers that are none
    unless `is_storable`; then it could be published.
    """
    picture, content = uuid.uuid4(), hostile_content(picks, east)
    listing = make_listing(group, dataclasses.replace(content, picture=picture))
    db.session.add(_picture(picture, listing.id))
    _write_past_the_rules(listing, content, picks)
    listing.private_name = picks(120)
    again = dataclasses.replace(hostile_content(picks, east), picture=picture)
    listing.content, listing.state = to_json(again), ListingState.WAITING
    if not is_storable:
        _write_past_the_rules_of_contents(listing, picks)
    listing.submitted_at, listing.submitted_by = clock.now(), "test"
    append_version(
        db.session(), listing, act="sent in", from_state=ListingState.PUBLISHED, actor="test", why=picks(300)
    )
    return listing


def _picture(picture_id: uuid.UUID, listing_id: uuid.UUID) -> Picture:
    drawn = io.BytesIO()
    Image.new("RGB", (4, 3)).save(drawn, "PNG")
    return Picture(
        id=picture_id, listing_id=listing_id, body=drawn.getvalue(), media_type="image/png", width=4, height=3,
        added_at=clock.now(), added_by="test",
    )  # fmt: skip


def _write_past_the_rules(listing: Listing, content: Content, picks: Picks) -> None:
    """Store in the directory what no form lets through: uncleaned texts, and hostile addresses and numbers."""
    session = db.session()
    service = session.get_one(Service, listing.service_id)
    for name in _TEXTS:
        setattr(service, name, getattr(content, name))
    service.last_confirmed_by = picks(120)
    for one in (service, session.get_one(Service, volunteers_id(listing.service_id))):
        one.website, one.email = picks(500), picks(254)
        one.phones[0].number = picks(40)
        one.how_to_join = picks(2000)
    service.introduction_email, service.introduction_phone = picks(254), picks(40)
    at: ServiceAtLocation = service.locations[0]
    at.note = content.venues[0].note
    for name in _PLACE_TEXTS:
        setattr(at.location, name, getattr(content.venues[0], name))
    at.location.postcode = picks(10)
    session.flush()


def _write_past_the_rules_of_contents(listing: Listing, picks: Picks) -> None:
    stored: dict[str, Any] = listing.content
    stored |= {"website": picks(500), "email": picks(254), "introduction_email": picks(254)}
    stored["phones"] = [{"number": picks(40), "about": picks(200)}]
    stored["venues"][0]["postcode"] = picks(10)
    flag_modified(listing, "content")


@dataclass(frozen=True)
class Written:
    """One hostile listing, by the ids that stand in addresses."""

    id: uuid.UUID
    service_id: uuid.UUID
    group_id: uuid.UUID


@dataclass(frozen=True)
class HostileSite:
    """A site of hostile listings."""

    cast: Cast
    texts: Sequence[str]
    listings: Sequence[Written]

    @property
    def groups(self) -> list[uuid.UUID]:
        """The groups that keep them. The first has a telephone only, and nobody has confirmed its listings lately."""
        return list(dict.fromkeys(one.group_id for one in self.listings))


def write_hostile_site(texts: Sequence[str]) -> HostileSite:
    """Store a listing for each text. Its fields take the texts in turn, so that each text stands in each field once.

    Rita claims every group, Gus leads it, and somebody has said something hostile about every listing.
    """
    with transaction():
        cast, listings = make_cast(), list[Listing]()
        make_places_of_hostile_listings()
        make_guide(needs=["company"])
        for number, text in enumerate(map(storable, texts)):
            picks = Picks(texts, number)
            if number % A_GROUP == 0:
                group = _hostile_group(cast, Picks(texts, number), number)
            east, is_storable = number // A_GROUP * 0.003, number % EVERY == 0
            listings.append(make_hostile_listing(group, picks, east, is_storable=is_storable))
            if number < A_GROUP:
                db.session.get_one(Service, listings[-1].service_id).last_confirmed_on = dt.date(2026, 4, 20)
            kind = list(SuggestionKind)[number % 3]
            told = Suggestion(kind=kind, service_id=listings[-1].service_id, text=text, email=picks(254))
            db.session.add(told)
        db.session.flush()
        written = [Written(one.id, one.service_id, one.organisation_id) for one in listings]
    db.session.rollback()
    return HostileSite(cast, texts, written)


def _hostile_group(cast: Cast, picks: Picks, number: int) -> Organisation:
    """Add a group with its people (flushed)."""
    group = make_hostile_group(picks, email=f"office{number}@example.org" if number else "")
    make_membership(cast.gus, Role.GROUP_EDITOR, organisation=group)
    claim = Claim(organisation_id=group.id, user_id=cast.rita.id, proof=Proof.MODERATOR, about=picks(2000))
    claim.state = ClaimState.CHECKING
    db.session.add_all([claim, GroupLead(organisation_id=group.id, user_id=cast.gus.id, since=clock.now())])
    db.session.flush()
    db.session.add(ClaimMove(claim_id=claim.id, to_state=ClaimState.CHECKING, why=picks(2000), by="test"))
    return group
