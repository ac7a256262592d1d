"""Services that look the same: who wrote them, or which source they came from, does not matter."""

import itertools
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import sqlalchemy as sa

from portal.accounts.queries import NotFoundError
from portal.core.database import db
from portal.core.sealing import plain_address
from portal.core.text import slugify
from portal.directory.models import Location, Organisation, Phone, Service, ServiceAtLocation, Taxonomy, TaxonomyTerm
from portal.directory.queries import PUBLIC_STATES, list_all_terms, list_services
from portal.listings.content import to_json
from portal.listings.drafting import content_from
from portal.listings.models import NotTheSame

Terms = Mapping[Taxonomy, list[TaxonomyTerm]]
MOST = 50
# A number or a name that more services share than this says nothing about any two of them.
MOST_SHARING = 12
_FILLERS = frozenset({"the", "and", "a", "of", "group", "club", "at"})


@dataclass(kw_only=True)
class Traits:
    """What is compared of one service."""

    service_id: uuid.UUID
    organisation_id: uuid.UUID
    name: str
    group: str
    website: str
    phones: set[str] = field(default_factory=set)
    postcodes: set[str] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two services that look the same, the lower id first, and why."""

    first: Service
    second: Service
    why: tuple[str, ...]


def list_pairs() -> list[Pair]:
    """Return up to fifty pairs of shown services that look the same, those with the most in common first.

    They share their name, or with another organisation a telephone number or a web address; and besides that the
    postcode or the name of the organisation. A postcode of a confidential place counts for nothing. Pairs that a
    moderator called different are left out.
    """
    traits = _traits()
    apart = {(row.first_id, row.second_id) for row in db.session.scalars(sa.select(NotTheSame))}
    found = {ids: why for ids in _candidates(traits.values()) if (why := _why(traits[ids[0]], traits[ids[1]]))}
    wanted = sorted((ids for ids in found if ids not in apart), key=lambda ids: (-len(found[ids]), ids))[:MOST]
    rows = {row.id: row for row in list_services(list(dict.fromkeys(itertools.chain.from_iterable(wanted))))}
    return [Pair(first=rows[first], second=rows[second], why=found[first, second]) for first, second in wanted]


def _traits() -> dict[uuid.UUID, Traits]:
    shown = Service.status.in_(PUBLIC_STATES)
    columns = (Service.id, Service.organisation_id, Service.name, Service.website, Organisation.name.label("group"))
    rows = db.session.execute(sa.select(*columns).join(Organisation).where(shown))
    found = {
        row.id: Traits(
            service_id=row.id,
            organisation_id=row.organisation_id,
            name=plain_name(row.name),
            group=plain_name(row.group),
            website=plain_website(row.website),
        )
        for row in rows
    }
    phones = sa.select(Phone.service_id, Phone.number).where(Phone.service_id.is_not(None))
    for service_id, number in db.session.execute(phones):
        if service_id in found and number:
            found[service_id].phones.add(plain_address(number))
    at = ServiceAtLocation
    places = sa.select(at.service_id, Location.postcode).join(Location).where(~Location.is_confidential)
    for service_id, postcode in db.session.execute(places):
        if service_id in found and postcode:
            found[service_id].postcodes.add("".join(postcode.upper().split()))
    return found


def plain_name(name: str) -> str:
    """Return a name without case, signs, "the", "group" and the like; words stay in their order."""
    return " ".join(word for word in slugify(name).split("-") if word and word not in _FILLERS) or slugify(name)


def plain_website(address: str) -> str:
    """Return a web address without scheme, "www." and the slash at its end; "" for none."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    return (re.sub(r"^www\.", "", parts.netloc.casefold()) + parts.path.rstrip("/")) if parts.netloc else ""


def _candidates(traits: Iterable[Traits]) -> Iterator[tuple[uuid.UUID, uuid.UUID]]:
    """Yield each pair that shares a name, a number or an address, once, the lower id first."""
    sharing: dict[tuple[str, str], list[uuid.UUID]] = defaultdict(list)
    for one in traits:
        keys = [("name", one.name), ("website", one.website), *(("phone", number) for number in one.phones)]
        for key in keys:
            if key[1]:
                sharing[key].append(one.service_id)
    pairs = {
        pair
        for ids in sharing.values()
        if len(ids) <= MOST_SHARING
        for pair in itertools.combinations(sorted(set(ids)), 2)
    }
    yield from sorted(pairs)


def _why(first: Traits, second: Traits) -> tuple[str, ...]:
    """Return what two services share, () when they do not look the same."""
    is_own = first.organisation_id == second.organisation_id
    # Several services of one group are reached alike.
    same = [("name", first.name == second.name)]
    if not is_own:
        same.append(("telephone number", bool(first.phones & second.phones)))
        same.append(("web address", bool(first.website) and first.website == second.website))
    near = [
        ("postcode", bool(first.postcodes & second.postcodes)),
        ("organisation", first.group == second.group),
    ]
    alike, beside = ([word for word, is_so in part if is_so] for part in (same, near))
    return (*alike, *beside) if alike and beside else ()


@dataclass(frozen=True)
class Side:
    """One of two services, and what it says in the form in which two are compared."""

    service: Service
    content: Mapping[str, object]


def list_side_by_side(one_id: uuid.UUID, other_id: uuid.UUID) -> tuple[Side, Side, Terms]:
    """Return two shown services to compare, in the order asked for, and the terms. Raises NotFoundError."""
    rows = {row.id: row for row in list_services([one_id, other_id])}
    if one_id not in rows or other_id not in rows:
        raise NotFoundError(one_id)
    one, other = (Side(rows[each], to_json(content_from(rows[each]))) for each in (one_id, other_id))
    return one, other, list_all_terms()
