"""From what a group wrote to what residents find: once, at once, and never where somebody is in hiding."""

import dataclasses
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.core.database import db, transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.models import Attendance, Location, Service, ServiceKind, ServiceStatus
from portal.directory.queries import find_service
from portal.listings.content import Content, Sending, Venue, Volunteering, content_of, to_json
from portal.listings.drafting import content_from, volunteers_id
from portal.listings.models import Claim, ClaimState, Listing, ListingState, ListingVersion, Proof, Shown
from portal.listings.operations import drafts, places
from portal.listings.operations.history import append_version
from portal.listings.publishing import hide, publish
from portal.search.engine import engine
from portal.search.finding import find
from portal.search.results import SearchRequest
from tests.accounts.reading import acts
from tests.accounts.reading import find as look_up
from tests.factories import make_location, make_organisation, make_service, weekly
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing


def begun(cast: Cast, content: Content | None = None) -> Listing:
    """A listing of Gus's group that nobody has published."""
    with transaction():
        return make_listing(cast.group, content, ListingState.DRAFT, Shown.NOT_YET)


def published(cast: Cast, content: Content | None = None) -> Listing:
    listing = begun(cast, content)
    with transaction() as session:
        publish(session, drafts.locked(session, listing.id), actor="test")
    return listing


def is_found(name: str) -> bool:
    hits = find(SearchRequest(q=name)).hits
    ids = [hit.service_id for hit in hits]
    return name in set(db.session.scalars(sa.select(Service.name).where(Service.id.in_(ids))))


def make_known(cast: Cast) -> None:
    """Let the group be one that publishes at once."""
    with transaction() as session:
        session.add(
            Claim(organisation_id=cast.group.id, user_id=cast.gus.id, proof=Proof.MODERATOR, state=ClaimState.ACCEPTED)
        )
        approved = make_listing(cast.group, make_content(name="The first one"))
        approved.state = ListingState.PUBLISHED
        append_version(session, approved, act="approved", from_state=ListingState.WAITING, actor="test")


def test_published_is_found_at_once(app: Flask, cast: Cast) -> None:
    engine().settle()
    listing = begun(cast, make_content(name="Paper Boats"))
    assert not is_found("Paper Boats")
    with transaction() as session:
        publish(session, drafts.locked(session, listing.id), actor="test")
    assert is_found("Paper Boats")
    with transaction() as session:
        hide(session, drafts.locked(session, listing.id), shown=Shown.STOPPED, actor="test", why="closed")
    assert not is_found("Paper Boats")


def test_content_comes_back_from_the_service(app: Flask, cast: Cast) -> None:
    content = make_content(volunteering=Volunteering(what="Lay the tables"), minimum_age=60)
    listing = published(cast, content)
    service = find_service(listing.service_id)
    assert service is not None and service.is_kept_by_group
    assert (service.last_confirmed_by, str(service.last_confirmed_on)) == (cast.group.name, "2026-11-23")
    assert content_from(service) == dataclasses.replace(content, volunteering=None, attendance=(Attendance.IN_PERSON,))
    beside = find_service(volunteers_id(listing.service_id))
    assert beside is not None and beside.kind is ServiceKind.VOLUNTEERING
    with transaction() as session:
        again = drafts.locked(session, listing.id)
        again.content = to_json(dataclasses.replace(content, volunteering=None))
        publish(session, again, actor="test")
    assert find_service(volunteers_id(listing.service_id)) is None


def test_a_confidential_place_never_reaches_the_directory(app: Flask, cast: Cast) -> None:
    content = make_content()
    listing = published(cast, content)
    hidden = dataclasses.replace(content.venues[0], is_confidential=True, getting_there="The blue door", note="Bell 3")
    with transaction() as session:
        again = drafts.locked(session, listing.id)
        again.content = to_json(dataclasses.replace(content, venues=(hidden,)))
        publish(session, again, actor="test")
    place = look_up(sa.select(Location).where(Location.id == hidden.id))
    told = [place.name, place.address_1, place.postcode, place.getting_there, place.latitude, place.longitude]
    assert place.is_confidential
    assert told == ["The address is given when you ring", "", "", "", None, None]
    with transaction() as session:
        again = drafts.locked(session, listing.id)
        again.content = to_json(content)
        publish(session, again, actor="test")
    place = look_up(sa.select(Location).where(Location.id == hidden.id))
    assert (place.is_confidential, place.postcode) == (False, "SE13 7UZ")


def test_a_hall_of_others_is_copied_not_changed(app: Flask, cast: Cast) -> None:
    with transaction():
        hall = make_location("The Hall")
        make_service("Somebody else's", organisation=make_organisation("Others"), venues=[hall])
    mine = Venue(id=hall.id, name="Our Hall", latitude=51.4, longitude=0.0, is_confidential=True)
    listing = published(
        cast,
        make_content(venues=(mine,), when=()),
    )
    assert look_up(sa.select(Location.name).where(Location.id == hall.id)) == "The Hall"
    service = find_service(listing.service_id)
    assert service is not None and [at.location.is_confidential for at in service.locations] == [True]


def test_submitting_twice_publishes_once(app: Flask, cast: Cast) -> None:
    make_known(cast)
    listing = begun(cast, make_content(name="Paper Boats"))
    version = listing.version
    for _click in range(2):
        drafts.submit(listing_id=listing.id, expected=version, actor=cast.gus.actor)
    row = look_up(sa.select(Listing).where(Listing.id == listing.id))
    assert (row.state, row.shown) == (ListingState.PUBLISHED, Shown.SHOWN)
    assert acts(listing.id).count("listing:publish") == 1
    count = sa.select(sa.func.count()).where(ListingVersion.listing_id == listing.id, ListingVersion.act == "published")
    assert look_up(count) == 1


def test_a_new_group_waits_and_writing_on_takes_it_back(app: Flask, cast: Cast) -> None:
    listing = begun(cast)
    sent = drafts.submit(listing_id=listing.id, expected=listing.version, actor=cast.gus.actor)
    assert sent.state is ListingState.WAITING and sent.submitted_by == cast.gus.actor
    assert find_service(listing.service_id) is None
    content = dataclasses.replace(content_of(sent.content), name="Another name")
    saved = drafts.save_content(listing_id=listing.id, expected=sent.version, content=content, actor="test")
    assert saved.state is ListingState.DRAFT
    with pytest.raises(ChangedMeanwhileError) as error:
        drafts.save_content(listing_id=listing.id, expected=1, content=make_content(name="Third"), actor="test")
    assert content_of(error.value.now.content).name == "Another name"


def test_what_is_missing_or_too_long_is_refused(app: Flask, cast: Cast) -> None:
    listing = begun(cast, make_content(when=(), sending=Sending.SIGNPOST))
    with pytest.raises(RefusedChangeError, match="Say when it is"):
        drafts.submit(listing_id=listing.id, expected=listing.version, actor="test")
    long = make_content(summary="a" * 10_000)
    with pytest.raises(RefusedChangeError, match="10,000 characters, at most 300"):
        drafts.save_content(listing_id=listing.id, expected=listing.version, content=long, actor="test")


def test_introductions_need_checks(app: Flask, cast: Cast) -> None:
    content = make_content(sending=Sending.INTRODUCTION, introduction_email="hello@example.org")
    listing = published(cast, content)
    service = find_service(listing.service_id)
    assert service is not None and not service.takes_introductions


def test_adopting_keeps_what_residents_see(app: Flask, cast: Cast) -> None:
    with transaction():
        service = make_service(
            "Warm Room", organisation=cast.group, venues=[(make_location(), [weekly("MO")])], phone="020 8555 0101"
        )
    service_id = service.id
    ids = [cast.group.id]
    made = drafts.keep_service(service_id=service_id, organisation_ids=ids, actor=cast.gus.actor)
    again = drafts.keep_service(service_id=service_id, organisation_ids=ids, actor=cast.gus.actor)
    assert made.id == again.id
    content = content_of(made.content)
    assert (made.shown, made.state, content.name) == (Shown.SHOWN, ListingState.PUBLISHED, "Warm Room")
    assert content.when[0].venue == content.venues[0].id
    with pytest.raises(LookupError):
        drafts.keep_service(service_id=service_id, organisation_ids=[uuid.uuid4()], actor="test")


def test_back_to_an_earlier_text_and_a_copy(app: Flask, cast: Cast) -> None:
    listing = begun(cast)
    content = make_content(name="Second name")
    saved = drafts.save_content(listing_id=listing.id, expected=listing.version, content=content, actor="test")
    back = drafts.set_back(listing_id=listing.id, number=1, expected=saved.version, actor="test")
    assert content_of(back.content).name == "Warm Welcome Mornings"
    copy = drafts.copy_listing(listing_id=listing.id, actor="test")
    assert copy.service_id != back.service_id
    assert content_of(copy.content).name == "Warm Welcome Mornings (copy)"
    assert content_of(copy.content).venues[0].id != content_of(back.content).venues[0].id


def test_stopped_by_a_moderator_stays_stopped(app: Flask, cast: Cast) -> None:
    make_known(cast)
    listing = published(cast)
    with transaction() as session:
        hide(session, drafts.locked(session, listing.id), shown=Shown.STOPPED, actor="test", why="unsafe")
    with pytest.raises(RefusedChangeError):
        places.bring_back(listing_id=listing.id, actor=cast.gus.actor)
    now = look_up(sa.select(Listing).where(Listing.id == listing.id))
    content = dataclasses.replace(content_of(now.content), name="Changed")
    saved = drafts.save_content(listing_id=listing.id, expected=now.version, content=content, actor="test")
    sent = drafts.submit(listing_id=listing.id, expected=saved.version, actor="test")
    assert sent.state is ListingState.WAITING
    assert look_up(sa.select(Service.status).where(Service.id == listing.service_id)) is ServiceStatus.INACTIVE
