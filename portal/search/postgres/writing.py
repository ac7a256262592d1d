"""Writes documents into the tables of the index, all at once or some in place of their older versions."""

import datetime as dt
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa

from portal.directory.calendar import Calendar
from portal.directory.index_queries import Rule
from portal.directory.models import Capacity, Frequency
from portal.search.columns.sessions import SessionTable, expand, simplified
from portal.search.columns.vocabulary import SERVICE_FILTERS
from portal.search.constants import CLOSED_FOR_NOW, FULL, THIN, WAITING_LIST
from portal.search.documents import Document, Venue
from portal.search.postgres import bits, happenings
from portal.search.postgres.copying import Row, copy
from portal.search.postgres.lexemes import vector_of
from portal.search.postgres.tables import (
    ACCESS,
    ANYWHERE,
    BEGINNING,
    BY_AREA,
    BY_DISTANCE,
    DOCUMENT,
    RULE,
    SESSION,
    STEM,
    TERM,
    VENUE,
    WORD,
)
from portal.search.text.words import fold, name_key, tokens

_NO_LIMIT = 32_000
_PLACES = {Capacity.FULL: FULL, Capacity.WAITING_LIST: WAITING_LIST}
# Stands between the fields of a service, so that no phrase runs from one into the next.
BETWEEN = " \n "

Terms = Counter[tuple[str, str]]


@dataclass(frozen=True)
class TakenOut:
    """What services that were taken out held: how many of them each term, and the number of each service."""

    terms: Terms
    numbers: Mapping[uuid.UUID, int]


def put(
    connection: sa.Connection,
    documents: Sequence[Document],
    today: dt.date,
    calendar: Calendar,
    known: Mapping[uuid.UUID, int],
) -> Terms:
    """Write documents that are not there, and return how many of them hold each term.

    Sessions of rules that nobody followed before are worked out as seen from a London day. `known` are numbers that
    services keep; others get the next ones.
    """
    highest = connection.scalar(sa.select(sa.func.max(DOCUMENT.c.number)))
    fresh = count(max((-1 if highest is None else highest, *known.values())) + 1)
    numbers = {one.id: known[one.id] if one.id in known else next(fresh) for one in documents}
    terms: Terms = Counter()
    rows: list[Row] = []
    for document in documents:
        vector, words, stems = vector_of(document.texts)
        rows.append(_document_row(document, numbers[document.id], vector))
        terms.update((WORD, word) for word in words)
        terms.update((STEM, root) for root in stems)
    copy(connection, DOCUMENT, rows)
    rules = _number_rules(connection, documents, today, calendar)
    access = _number_access(connection, {venue.access for document in documents for venue in document.venues})
    venues = [row for one in documents for row in _venue_rows(one, numbers[one.id], rules, access, today)]
    copy(connection, VENUE, venues, leave_out=("id",))
    happenings.add(connection, list(numbers.values()), today)
    copy(connection, BEGINNING, [row for document in documents for row in _beginnings(document)])
    gone = dict.fromkeys(known.values(), frozenset[str]())
    bits.write(connection, gone | {numbers[one.id]: _bits_of(one) for one in documents})
    return terms


def take_out(connection: sa.Connection, ids: Sequence[uuid.UUID]) -> TakenOut:
    """Remove services, those that are there, and return what they held. Their bits stay until `put`."""
    wanted = {"ids": list(ids)}
    gone = connection.exec_driver_sql(
        "DELETE FROM search.document WHERE service_id = ANY (%(ids)s::uuid[]) RETURNING service_id, number, texts",
        wanted,
    ).all()
    connection.exec_driver_sql("DELETE FROM search.beginning WHERE service_id = ANY (%(ids)s::uuid[])", wanted)
    connection.exec_driver_sql(
        "WITH gone AS (DELETE FROM search.venue WHERE service = ANY (%(numbers)s::integer[]) RETURNING id) "
        "DELETE FROM search.happening WHERE venue IN (SELECT id FROM gone)",
        {"numbers": [row.number for row in gone]},
    )
    terms: Terms = Counter()
    for _service_id, _number, texts in gone:
        _vector, words, stems = vector_of(texts[1:-1].split(BETWEEN))
        terms.update((WORD, word) for word in words)
        terms.update((STEM, root) for root in stems)
    return TakenOut(terms, {row.service_id: row.number for row in gone})


def count_terms(connection: sa.Connection, more: Terms, fewer: Terms) -> None:
    """Change the numbers of services that hold each term."""
    difference = {term: more[term] - fewer[term] for term in more | fewer if more[term] != fewer[term]}
    if not difference:
        return
    rows = [(form, term, change) for (form, term), change in sorted(difference.items())]
    connection.exec_driver_sql(
        "INSERT INTO search.term (form, term, services) "
        "SELECT * FROM unnest(%(forms)s::text[], %(terms)s::text[], %(counts)s::integer[]) "
        "ON CONFLICT (form, term) DO UPDATE SET services = search.term.services + excluded.services",
        {name: [row[place] for row in rows] for place, name in enumerate(("forms", "terms", "counts"))},
    )
    if min(difference.values()) < 0:
        connection.execute(sa.delete(TERM).where(TERM.c.services <= 0))


def fill_terms(connection: sa.Connection, terms: Terms) -> None:
    """Write the numbers of services for all terms of an index that has none."""
    copy(connection, TERM, [(form, term, services) for (form, term), services in sorted(terms.items())])


def renew_sessions(connection: sa.Connection, today: dt.date, calendar: Calendar) -> int:
    """Work out the sessions of all rules anew, drop what nobody uses any more, and return how many rules are left."""
    connection.exec_driver_sql("DELETE FROM search.access WHERE id NOT IN (SELECT access FROM search.venue)")
    connection.exec_driver_sql("DELETE FROM search.rule WHERE id NOT IN (SELECT unnest(rules) FROM search.venue)")
    connection.execute(sa.delete(SESSION))
    rows = connection.execute(sa.select(RULE.c.id, RULE.c.rule)).all()
    _write_sessions(connection, {row.id: _read_rule(row.rule) for row in rows}, today, calendar)
    happenings.renew(connection, today)
    return len(rows)


def flags_of(document: Document) -> list[str]:
    """Return every "filter:value" that a service meets; needs in their order, since the first counts most."""
    found = []
    for name, attribute in SERVICE_FILTERS.items():
        value = getattr(document, attribute)
        values = (value,) if isinstance(value, str) else sorted(value) if isinstance(value, frozenset) else value
        found += [f"{name}:{one}" for one in values]
    return found


def _bits_of(document: Document) -> frozenset[str]:
    """Return the bits that are set for a service: its flags, its areas, and that it is there and for everybody."""
    first_needs = zip(reversed(bits.NEED_PLACES), document.needs, strict=False)
    found = {bits.ALL, *flags_of(document), *(f"{place}:{need}" for place, need in first_needs)}
    found |= {f"{bits.AREA}:{area}" for area in document.areas}
    return frozenset(found if document.audiences else found | {bits.FOR_EVERYBODY})


def _document_row(document: Document, number: int, vector: str) -> Row:
    return (
        document.id,
        number,
        document.name,
        f" {BETWEEN.join(document.texts)} ",
        vector,
        flags_of(document),
        document.capacity and document.capacity.value,
        document.is_thin,
        document.is_closed_for_now,
        digest(document),
    )


def _beginnings(document: Document) -> Iterable[Row]:
    words = tokens(document.name)
    return [(" ".join(words[place:]), place == 0, document.name, document.id) for place in range(len(words))]


def digest(document: Document) -> str:
    """Return a short print of all that is indexed of a service, by which two versions are told apart."""
    facts = {name: _plain(getattr(document, name)) for name in Document.__slots__}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Venue):
        return [_plain(getattr(value, name)) for name in Venue.__slots__]
    return value


def _factor(document: Document) -> float:
    places = 1.0 if document.capacity is None else _PLACES.get(document.capacity, 1.0)
    return places * (THIN if document.is_thin else 1.0) * (CLOSED_FOR_NOW if document.is_closed_for_now else 1.0)


def _venue_rows(
    document: Document, service: int, numbers: Mapping[Rule, int], access: Mapping[frozenset[str], int], today: dt.date
) -> Iterable[Row]:
    is_physical = any(venue.is_physical for venue in document.venues)
    reach = BY_AREA if document.areas else BY_DISTANCE if is_physical else ANYWHERE
    of_service = (
        -1 if document.minimum_age is None else document.minimum_age,
        _NO_LIMIT if document.maximum_age is None else document.maximum_age,
        document.confirmed_on,
        _factor(document),
        document.id,
        fold(document.name),
        name_key(document.texts[0].split()),
    )
    is_only = len(document.venues) == 1
    for place, venue in enumerate(document.venues):
        rules = () if document.is_closed_for_now else {numbers[simplified(rule, today)] for rule in venue.rules}
        here = (access[venue.access], *(venue.position or (None, None)), venue.number, None, 0)
        yield service, place, is_only, is_physical, reach, *here, *of_service, sorted(rules)


def _number_access(connection: sa.Connection, wanted: Iterable[frozenset[str]]) -> dict[frozenset[str], int]:
    """Return the numbers of combinations; those that are new are stored."""

    def known() -> dict[frozenset[str], int]:
        return {frozenset(row.held): row.id for row in connection.execute(sa.select(ACCESS))}

    found = known()
    fresh = [(sorted(held),) for held in wanted if held not in found]
    if fresh:
        copy(connection, ACCESS, fresh, leave_out=("id",))
        found = known()
    return found


def _number_rules(
    connection: sa.Connection, documents: Sequence[Document], today: dt.date, calendar: Calendar
) -> dict[Rule, int]:
    """Return the numbers of all rules of documents; those that are new are stored with their sessions."""
    rules = {
        simplified(rule, today)
        for document in documents
        if not document.is_closed_for_now
        for venue in document.venues
        for rule in venue.rules
    }
    prints = {_print(rule): rule for rule in rules}
    known = _numbers(connection, prints)
    fresh = {key: rule for key, rule in prints.items() if key not in known}
    if fresh:
        copy(connection, RULE, [(key, _rule_text(rule)) for key, rule in fresh.items()], leave_out=("id",))
        numbers = _numbers(connection, fresh)
        known |= numbers
        _write_sessions(connection, {number: fresh[key] for key, number in numbers.items()}, today, calendar)
    return {rule: known[key] for key, rule in prints.items()}


def _numbers(connection: sa.Connection, prints: Iterable[str]) -> dict[str, int]:
    rows = connection.exec_driver_sql(
        "SELECT print, id FROM search.rule WHERE print = ANY (%(prints)s::text[])", {"prints": list(prints)}
    )
    return {row.print: row.id for row in rows}


def _write_sessions(connection: sa.Connection, rules: Mapping[int, Rule], today: dt.date, calendar: Calendar) -> None:
    found = expand(tuple(rules.values()), today, calendar=calendar)
    numbers = list(rules)
    for table in (found.near, found.far):
        copy(connection, SESSION, _session_rows(table, numbers))


def _session_rows(table: SessionTable, numbers: Sequence[int]) -> Iterable[Row]:
    columns = (table.day, table.starts, table.ends, table.begins, table.closes, table.days, table.parts)
    lists = [column.tolist() for column in columns]
    return zip([numbers[rule] for rule in table.rule.tolist()], *lists, strict=True)


def _rule_text(rule: Rule) -> str:
    return json.dumps(asdict(rule), default=_text_of, sort_keys=True)


def _text_of(value: Any) -> str:
    return value.value if isinstance(value, Frequency) else str(value.isoformat())


def _print(rule: Rule) -> str:
    return hashlib.sha256(_rule_text(rule).encode()).hexdigest()


def _read_rule(kept: Mapping[str, Any]) -> Rule:
    dates = {name: kept[name] and dt.date.fromisoformat(kept[name]) for name in ("starts_on", "valid_from", "valid_to")}
    times = {name: kept[name] and dt.time.fromisoformat(kept[name]) for name in ("opens_at", "closes_at")}
    days = {name: tuple(kept[name]) for name in ("except_on", "also_on")}
    return Rule(**{**kept, **dates, **times, **days, "frequency": Frequency(kept["frequency"])})
