"""From documents to columns, all at once or a few more at the end."""

import datetime as dt
import uuid
from bisect import bisect
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from portal.directory.calendar import Calendar
from portal.directory.index_queries import Rule
from portal.directory.models import Capacity
from portal.search.columns.holding import Holding
from portal.search.columns.moments import Moments
from portal.search.columns.sessions import Sessions, expand, simplified
from portal.search.columns.vocabulary import SERVICE_FILTERS, Vocabulary, orders
from portal.search.constants import CLOSED_FOR_NOW, FULL, THIN, WAITING_LIST
from portal.search.documents import Document, Venue
from portal.search.text.words import fold, name_key

Mask: TypeAlias = NDArray[np.bool_]
Whole: TypeAlias = NDArray[np.int64]
Real: TypeAlias = NDArray[np.float64]
Bits: TypeAlias = NDArray[np.uint64]

NO_NUMBER = -1
BITS_AT_ONCE = 32
_NO_LIMIT = 32_000


@dataclass(frozen=True)
class ServiceColumns:
    """One place per service. `name` is a hash of the words of its name.

    Of the matrices of service × value, `audience` has every flag set for a service that names none. `need_place` says
    which need comes first for a service (1), which second and so on, 0 for those that it does not answer.
    """

    name: Whole
    least_age: Whole
    most_age: Whole
    confirmed: Whole
    factor: Real
    is_physical: Mask
    category: Mask
    need: Mask
    need_place: NDArray[np.int8]
    kind: Mask
    cost: Mask
    audience: Mask
    language: Mask
    area: Mask

    def flags(self, name: str) -> Mask:
        """Return the matrix of a filter by its name in the address."""
        found: Mask = getattr(self, "audience" if name == "for" else name)
        return found

    @cached_property
    def bits(self) -> Mapping[str, Bits]:
        """The matrices of the filters for counting, by their names in the address: a row of bits for each value."""
        return {name: packed(self.flags(name).T) for name in SERVICE_FILTERS}

    @cached_property
    def is_kept(self) -> Mask:
        """Whether each service is kept to areas."""
        return np.asarray(self.area.any(axis=1))


@dataclass(frozen=True)
class VenueColumns:
    """One place per service and venue, in the order of the services. Degrees, NaN without a position."""

    service: Whole
    number: Whole
    latitude: Real
    longitude: Real
    is_physical: Mask
    access: Mask

    @cached_property
    def access_bits(self) -> Whole:
        """The row of each venue's access as whole numbers, the flags of 32 values in each, one line for 32 values."""
        count = self.access.shape[1]
        weights = 1 << np.arange(BITS_AT_ONCE)
        lines = [
            self.access[:, start : start + BITS_AT_ONCE] @ weights[: min(BITS_AT_ONCE, count - start)]
            for start in range(0, count, BITS_AT_ONCE)
        ]
        return np.array(lines, np.int64)


@dataclass(frozen=True)
class Columns:
    """Everything that is filtered, counted and sorted by. Rows are appended; `alive` says which still count.

    `rules` numbers the rules; `name_order` are the rows in the order of their `name_keys`; `row_by_number` gives the
    row of each service that counts, by its id as a whole number, which is looked up in a third of the time.
    """

    vocabulary: Vocabulary
    documents: Sequence[Document]
    alive: Mask
    services: ServiceColumns
    venues: VenueColumns
    holding: Holding
    rules: dict[Rule, int]
    sessions: Sessions
    name_keys: Sequence[tuple[str, int]]
    name_order: Whole
    row_by_number: dict[int, int]

    def find_row(self, service_id: uuid.UUID) -> int | None:
        """Return the row of a service that counts, or None."""
        return self.row_by_number.get(service_id.int)

    @cached_property
    def texts(self) -> Sequence[Sequence[str]]:
        """The folded fields of each row."""
        return [document.texts for document in self.documents]

    @cached_property
    def name_rank(self) -> Whole:
        """The place of each row in the order of names, then ids."""
        ranks = np.empty(len(self.name_order), np.int64)
        ranks[self.name_order] = np.arange(len(ranks))
        return ranks

    @cached_property
    def moments(self) -> Moments:
        """What the sessions say at one minute."""
        return Moments(self.sessions, self.holding, rules=len(self.rules), venues=len(self.venues.service))

    @cached_property
    def count(self) -> int:
        """The number of services that count."""
        return int(self.alive.sum())

    def as_of(self, today: dt.date) -> "Columns":
        """Return these columns with the sessions seen from another London day."""
        return replace(self, sessions=expand(tuple(self.rules), today, calendar=self.sessions.calendar))


Table = TypeVar("Table", ServiceColumns, VenueColumns, Holding)


def build(
    documents: Sequence[Document], vocabulary: Vocabulary, today: dt.date, calendar: Calendar | None = None
) -> Columns:
    """Return the columns of documents, with sessions as seen from a London day in the site's or another calendar."""
    rules: dict[Rule, int] = {}
    venues, holding = _venues(documents, vocabulary, rules, today)
    keys = [_name_key(document) for document in documents]
    return Columns(
        vocabulary=vocabulary,
        documents=documents,
        alive=np.ones(len(documents), bool),
        services=_services(documents, vocabulary),
        venues=venues,
        holding=holding,
        rules=rules,
        sessions=expand(tuple(rules), today, calendar=calendar),
        name_keys=keys,
        name_order=np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64),
        row_by_number={document.id.int: row for row, document in enumerate(documents)},
    )


def changed(columns: Columns, documents: Sequence[Document], gone: Collection[uuid.UUID]) -> Columns:
    """Return the columns with some services taken out and others appended; they share the vocabulary."""
    alive = columns.alive.copy()
    row_by_number, first = dict(columns.row_by_number), len(columns.documents)
    alive[[row for key in gone if (row := row_by_number.pop(key.int, -1)) >= 0]] = False
    row_by_number |= {document.id.int: row for row, document in enumerate(documents, start=first)}
    rules = dict(columns.rules)
    known, today = len(rules), columns.sessions.today
    venues, holding = _venues(documents, columns.vocabulary, rules, today)
    venues = replace(venues, service=venues.service + first)
    holding = replace(holding, row=holding.row + len(columns.venues.service))
    keys = [*columns.name_keys, *(_name_key(document) for document in documents)]
    fresh = expand(tuple(rules)[known:], today, first=known, calendar=columns.sessions.calendar)
    return Columns(
        vocabulary=columns.vocabulary,
        documents=[*columns.documents, *documents],
        alive=np.concatenate((alive, np.ones(len(documents), bool))),
        services=_joined(columns.services, _services(documents, columns.vocabulary)),
        venues=_joined(columns.venues, venues),
        holding=_joined(columns.holding, holding),
        rules=rules,
        sessions=columns.sessions.joined(fresh) if len(rules) > known else columns.sessions,
        name_keys=keys,
        name_order=_with_names(columns.name_order, keys),
        row_by_number=row_by_number,
    )


def _name_key(document: Document) -> tuple[str, int]:
    """Return what services are put in order of names by."""
    return fold(document.name), document.id.int


def _with_names(order: Whole, keys: Sequence[tuple[str, int]]) -> Whole:
    """Return the order of rows by their keys; those that have none yet are the last of the keys."""
    fresh = sorted(range(len(order), len(keys)), key=keys.__getitem__)
    places = [bisect(order, keys[row], key=lambda held: keys[held]) for row in fresh]
    return np.insert(order, places, fresh)


def _joined(one: Table, other: Table) -> Table:
    pairs = {item.name: (getattr(one, item.name), getattr(other, item.name)) for item in fields(one)}
    return type(one)(**{name: np.concatenate(pair) for name, pair in pairs.items()})


def _services(documents: Sequence[Document], vocabulary: Vocabulary) -> ServiceColumns:
    def ages(name: str, unknown: int) -> Whole:
        return _whole(unknown if getattr(document, name) is None else getattr(document, name) for document in documents)

    flags = {
        name: _flags((_values(document, attribute) for document in documents), vocabulary.places[name])
        for name, attribute in SERVICE_FILTERS.items()
    }
    audience = flags.pop("for")
    audience[[not document.audiences for document in documents]] = True
    return ServiceColumns(
        name=_whole(hash(name_key(document.texts[0].split())) for document in documents),
        least_age=ages("minimum_age", -1),
        most_age=ages("maximum_age", _NO_LIMIT),
        confirmed=_whole(document.confirmed_on.toordinal() if document.confirmed_on else 0 for document in documents),
        factor=np.array([_factor(document) for document in documents], np.float64),
        is_physical=_mask(any(venue.is_physical for venue in document.venues) for document in documents),
        area=_flags((document.areas for document in documents), vocabulary.places["area"]),
        audience=audience,
        need_place=orders((document.needs for document in documents), vocabulary.places["need"]),
        **flags,
    )


def _values(document: Document, attribute: str) -> Iterable[str]:
    found = getattr(document, attribute)
    return (found,) if isinstance(found, str) else found


def _factor(document: Document) -> float:
    factor = {Capacity.FULL: FULL, Capacity.WAITING_LIST: WAITING_LIST}.get(document.capacity, 1.0)  # type: ignore[arg-type]
    return factor * (THIN if document.is_thin else 1.0) * (CLOSED_FOR_NOW if document.is_closed_for_now else 1.0)


def _venues(
    documents: Sequence[Document], vocabulary: Vocabulary, rules: dict[Rule, int], today: dt.date
) -> tuple[VenueColumns, Holding]:
    rows = [(place, document, venue) for place, document in enumerate(documents) for venue in document.venues]
    held = [
        (row, rules.setdefault(rule, len(rules)))
        for row, (_place, document, venue) in enumerate(rows)
        if not document.is_closed_for_now
        for rule in dict.fromkeys(simplified(rule, today) for rule in venue.rules)
    ]
    pairs = np.array(held, np.int64).reshape(-1, 2)
    columns = VenueColumns(
        service=_whole(place for place, _document, _venue in rows),
        number=_whole(NO_NUMBER if venue.number is None else venue.number for _place, _document, venue in rows),
        latitude=_degrees((venue for _place, _document, venue in rows), 0),
        longitude=_degrees((venue for _place, _document, venue in rows), 1),
        is_physical=_mask(venue.is_physical for _place, _document, venue in rows),
        access=_flags((venue.access for _place, _document, venue in rows), vocabulary.places["access"]),
    )
    return columns, Holding(pairs[:, 0], pairs[:, 1])


def _degrees(venues: Iterable[Venue], which: int) -> Real:
    found = [np.nan if venue.position is None else venue.position[which] / 1_000_000 for venue in venues]
    return np.array(found, np.float64)


def _flags(values: Iterable[Iterable[Any]], places: Any) -> Mask:
    rows = list(values)
    flags = np.zeros((len(rows), len(places)), bool)
    for row, found in enumerate(rows):
        flags[row, [places[value] for value in found if value in places]] = True
    return flags


def packed(flags: Mask) -> Bits:
    """Return flags as bits along their last axis, 64 to a number, the last number filled up with zeros."""
    bits = np.packbits(flags, axis=-1)
    missing = -bits.shape[-1] % 8
    whole = np.pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, missing)])
    return np.ascontiguousarray(whole).view(np.uint64)


def _whole(values: Iterable[int]) -> Whole:
    return np.fromiter(values, np.int64)


def _mask(values: Iterable[bool]) -> Mask:
    return np.fromiter(values, bool)
