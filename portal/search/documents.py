"""What the search knows of one service: a frozen document, made from rows of the directory."""

import datetime as dt
import uuid
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

import sqlalchemy as sa

from portal.core.wording import list_in_words
from portal.directory.index_queries import DirectoryRows, Rule, Term, read_services, rule_of
from portal.directory.models import Attendance, Capacity, CostKind, LocationKind, ServiceStatus, Taxonomy
from portal.search.constants import UP_TO_PENCE
from portal.search.text.words import BREAK, tokens

Value = TypeVar("Value", bound=Hashable)
Shared: TypeAlias = dict[Hashable, Hashable]

# What a listing should have: two of these missing make it thin.
_WORDS_THAT_TELL = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Venue:
    """A service at one of its venues; or nowhere in particular, when `number` is None.

    `position` is (latitude, longitude) in millionths of a degree, None where there is none or it is confidential.
    `is_physical` says that people go there; a confidential venue counts as none. `rules` hold here, those of the
    whole service included.
    """

    number: int | None = None
    position: tuple[int, int] | None = None
    is_physical: bool = False
    access: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One service. `texts` are folded words in the order of FIELD_WEIGHTS; there is always at least one venue.

    `needs` come as the group put them: what it helps with first of all is the first.
    `costs` holds every choice of the cost filter that the service answers; ages are whole years, None for no limit.
    """

    id: uuid.UUID
    name: str
    organisation: str
    texts: tuple[str, ...]
    kind: str
    is_closed_for_now: bool
    is_thin: bool
    venues: tuple[Venue, ...]
    categories: frozenset[str]
    needs: tuple[str, ...]
    audiences: frozenset[str]
    languages: frozenset[str]
    areas: frozenset[uuid.UUID]
    costs: frozenset[str]
    minimum_age: int | None
    maximum_age: int | None
    capacity: Capacity | None
    confirmed_on: dt.date | None


def read_documents(
    connection: sa.Connection,
    vocabulary: Mapping[uuid.UUID, Term],
    ids: Sequence[uuid.UUID] | None = None,
    shared: Shared | None = None,
) -> list[Document]:
    """Return the documents of all public services, or of those among `ids`, in the order of their ids.

    Equal values are held once; with `shared`, which is added to, also among documents of several readings.
    """
    rows = read_services(connection, ids)
    known = {} if shared is None else shared
    return [_document(service, rows, vocabulary, known) for service in rows.services]


def _one(known: Shared, value: Value) -> Value:
    """Return the first of equal values, so that thousands of services share one."""
    return cast(Value, known.setdefault(value, value))


def _document(service: Any, rows: DirectoryRows, vocabulary: Mapping[uuid.UUID, Term], known: Shared) -> Document:
    terms = [vocabulary[term_id] for term_id in rows.terms.get(service.id, ())]
    access = _one(known, frozenset(vocabulary[term_id].slug for term_id in rows.access.get(service.id, ())))
    venues = _venues(service.id, rows, access, vocabulary, known)

    def slugs(taxonomy: Taxonomy) -> tuple[str, ...]:
        return tuple(dict.fromkeys(slug for term in terms if term.taxonomy is taxonomy for slug in term.ancestors))

    return Document(
        id=service.id,
        name=service.name,
        organisation=_one(known, service.organisation),
        texts=_texts(service, terms, rows.venues.get(service.id, ())),
        kind=service.kind.value,
        is_closed_for_now=service.status is ServiceStatus.TEMPORARILY_CLOSED,
        is_thin=_is_thin(service, any(venue.rules for venue in venues), service.id in rows.with_phone),
        venues=venues,
        categories=_one(known, frozenset(slugs(Taxonomy.CATEGORY))),
        needs=_one(known, slugs(Taxonomy.NEED)),
        audiences=_one(known, frozenset(slugs(Taxonomy.AUDIENCE))),
        languages=_one(known, frozenset(rows.languages.get(service.id, ()))),
        areas=_one(known, frozenset(rows.areas.get(service.id, ()))),
        costs=_one(known, _costs(service.cost_kind, rows.prices.get(service.id, ()))),
        minimum_age=service.minimum_age,
        maximum_age=service.maximum_age,
        capacity=service.capacity,
        confirmed_on=service.last_confirmed_on,
    )


def _texts(service: Any, terms: Sequence[Term], venues: Sequence[Any]) -> tuple[str, ...]:
    """Return the fields in the order of FIELD_WEIGHTS. Of a confidential venue neither name nor town is searched.

    What it helps with first of all counts like a category; the second need stands with the summary, and further ones
    with the description.
    """
    needs = [term for term in terms if term.taxonomy is Taxonomy.NEED]
    foremost = [term for term in terms if term not in needs[1:]]
    places = [part for venue in venues if not venue.is_confidential for part in (venue.name, venue.town) if part]
    from_afar = [way for way in service.attendance if way != Attendance.IN_PERSON.value]
    return (
        _fold([service.name]),
        _fold(_names(foremost)),
        _fold([service.organisation]),
        _fold([service.summary, *_names(needs[1:2])]),
        _fold([*places, *from_afar]),
        _fold([service.description, *_names(needs[2:])]),
    )


def _names(terms: Sequence[Term]) -> list[str]:
    return [name for term in terms for name in (term.name, term.plain_name) if name]


def _fold(parts: Sequence[str]) -> str:
    return f" {BREAK} ".join(dict.fromkeys(" ".join(tokens(part)) for part in parts if part))


def _venues(
    service_id: uuid.UUID,
    rows: DirectoryRows,
    access: frozenset[str],
    vocabulary: Mapping[uuid.UUID, Term],
    known: Shared,
) -> tuple[Venue, ...]:
    by_number: dict[int | None, list[Rule]] = {}
    for row in rows.rules.get(service_id, ()):
        rule = rule_of(row)
        by_number.setdefault(row.at_number, []).append(_one(known, rule))
    everywhere = by_number.get(None, [])
    found = []
    for row in rows.venues.get(service_id, ()):
        facts = frozenset(vocabulary[term_id].slug for term_id in rows.facts.get(row.location_id, ()))
        found.append(
            Venue(
                number=None if row.is_confidential else row.number,
                position=_position(row),
                is_physical=row.kind is LocationKind.PHYSICAL and not row.is_confidential,
                access=_one(known, access | facts),
                rules=_one(known, tuple(dict.fromkeys(by_number.get(row.number, []) + everywhere))),
            )
        )
    return tuple(found) or (Venue(access=access, rules=tuple(dict.fromkeys(everywhere))),)


def _position(row: Any) -> tuple[int, int] | None:
    if row.is_confidential or row.latitude is None or row.kind is not LocationKind.PHYSICAL:
        return None
    return round(row.latitude * 1_000_000), round(row.longitude * 1_000_000)


def _costs(kind: CostKind | None, prices: Sequence[int | None]) -> frozenset[str]:
    costs = {CostKind.FREE: {"free", "up-to-5"}, CostKind.DONATION: {"donation", "up-to-5"}}.get(kind, set())  # type: ignore[arg-type]
    if any(pence is not None and pence <= UP_TO_PENCE for pence in prices):
        costs = costs | {"up-to-5"}
    return frozenset(costs)


def _is_thin(service: Any, has_times: bool, has_phone: bool) -> bool:
    says_little = len(service.description.split()) + len(service.summary.split()) < _WORDS_THAT_TELL
    unreachable = not (has_phone or service.email or service.website)
    return says_little + unreachable + (not has_times) >= 2


def describe(document: Document) -> str:
    """Return a document in one line, for messages to operators."""
    return f"{document.name} ({list_in_words([str(document.id), document.organisation], last='of')})"
