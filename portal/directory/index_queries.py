"""What a search engine reads of the directory: few columns of many rows, without loading whole objects.

All reads go through a connection of their own, so that only what was committed is seen and nothing is left open.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import sqlalchemy as sa

from portal.directory.models import (
    AccessFact,
    Change,
    CostOption,
    Frequency,
    Location,
    Organisation,
    Phone,
    Schedule,
    Service,
    ServiceAccess,
    ServiceArea,
    ServiceAtLocation,
    ServiceLanguage,
    ServiceTerm,
    Taxonomy,
    TaxonomyTerm,
)
from portal.directory.queries import PUBLIC_STATES

# As many ids as are asked for in one statement; SQLite takes 32,766 parameters, PostgreSQL 65,535.
_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Rule:
    """One recurrence as a value: equal rules of different services are equal and expand to the same sessions."""

    frequency: Frequency
    interval: int
    by_day: str
    by_month_day: str
    starts_on: dt.date
    valid_from: dt.date | None
    valid_to: dt.date | None
    opens_at: dt.time | None
    closes_at: dt.time | None
    except_on: tuple[str, ...]
    also_on: tuple[str, ...]
    not_on_bank_holidays: bool
    term_time_only: bool

    def as_schedule(self) -> Schedule:
        """Return the rule as what `schedules.sessions` expands, which looks at these attributes only."""
        return cast(Schedule, self)


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the vocabulary: `ancestors` are the slugs of what stands above it, itself included."""

    taxonomy: Taxonomy
    slug: str
    name: str
    plain_name: str
    ancestors: tuple[str, ...]
    is_offered: bool = True


Rows: TypeAlias = Mapping[uuid.UUID, Sequence[Any]]
Statement: TypeAlias = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class DirectoryRows:
    """The public services and what hangs on them, each mapping by service id (`facts` by location id)."""

    services: Sequence[Any]
    terms: Rows
    access: Rows
    languages: Rows
    areas: Rows
    prices: Rows
    venues: Rows
    rules: Rows
    facts: Rows
    with_phone: frozenset[uuid.UUID]


@dataclass(frozen=True)
class Watermark:
    """The newest change and what tells it from another database's change of the same number. 0: there is none."""

    sequence: int
    mark: str


_NOTHING = Watermark(0, "")
_CHANGE = Change.__table__
_CHANGES = sa.select(_CHANGE.c.sequence, _CHANGE.c.service_id, _CHANGE.c.changed_at)
# Asked by every page, so it is put together once.
_NEWEST_CHANGE = _CHANGES.order_by(_CHANGE.c.sequence.desc()).limit(1)


def read_terms(connection: sa.Connection) -> dict[uuid.UUID, Term]:
    """Return the whole vocabulary by id, in the order of each list."""
    table = TaxonomyTerm.__table__
    statement = sa.select(table).order_by(table.c.taxonomy, table.c.position, table.c.name)
    rows = {row.id: row for row in connection.execute(statement)}
    found = {}
    for row in rows.values():
        ancestors, above = [row.slug], row.parent_id
        while above in rows and rows[above].slug not in ancestors:
            ancestors.append(rows[above].slug)
            above = rows[above].parent_id
        found[row.id] = Term(row.taxonomy, row.slug, row.name, row.plain_name, tuple(ancestors), row.retired_at is None)
    return found


def read_watermark(connection: sa.Connection) -> Watermark:
    """Return the newest change."""
    row = connection.execute(_NEWEST_CHANGE).first()
    return _NOTHING if row is None else _as_watermark(row)


def find_watermark(connection: sa.Connection, sequence: int) -> Watermark | None:
    """Return the change of that number, or None when it is not kept. Number 0 is always there."""
    if sequence == 0:
        return _NOTHING
    row = connection.execute(_CHANGES.where(_CHANGE.c.sequence == sequence)).first()
    return None if row is None else _as_watermark(row)


def oldest_change(connection: sa.Connection) -> int:
    """Return the number of the oldest change that is kept, 0 when there is none."""
    return connection.scalar(sa.select(sa.func.min(Change.sequence))) or 0


def changed_since(connection: sa.Connection, sequence: int, limit: int) -> set[uuid.UUID] | None:
    """Return the services that changed after a number; None when more than `limit` changes are noted."""
    statement = sa.select(Change.service_id).where(Change.sequence > sequence).limit(limit + 1)
    rows = connection.scalars(statement).all()
    return None if len(rows) > limit else set(rows)


def list_public_ids(connection: sa.Connection) -> Sequence[uuid.UUID]:
    """Return the ids of all public services, in their order."""
    return connection.scalars(sa.select(Service.id).where(Service.status.in_(PUBLIC_STATES)).order_by(Service.id)).all()


def read_services(connection: sa.Connection, ids: Sequence[uuid.UUID] | None = None) -> DirectoryRows:
    """Return all public services, or those among `ids`, with everything that is searched."""
    if ids is None:
        return _read(connection, None)
    parts = [_read(connection, ids[start : start + _IDS_AT_ONCE]) for start in range(0, len(ids), _IDS_AT_ONCE)]
    if len(parts) == 1:
        return parts[0]
    merged: dict[str, Any] = {"services": [row for part in parts for row in part.services]}
    for name in ("terms", "access", "languages", "areas", "prices", "venues", "rules", "facts"):
        merged[name] = {key: rows for part in parts for key, rows in getattr(part, name).items()}
    return DirectoryRows(**merged, with_phone=frozenset().union(*(part.with_phone for part in parts)))


def _as_watermark(row: Any) -> Watermark:
    return Watermark(row.sequence, f"{row.service_id} {row.changed_at.isoformat()}")


def _read(connection: sa.Connection, ids: Sequence[uuid.UUID] | None) -> DirectoryRows:
    def fetch(statement: Statement, column: Any) -> Sequence[Any]:
        return connection.execute(statement if ids is None else statement.where(column.in_(ids))).all()

    links = {
        "terms": _of(fetch(_terms(), ServiceTerm.service_id)),
        "access": _of(
            fetch(
                _ordered(ServiceAccess.service_id, ServiceAccess.term_id).where(ServiceAccess.is_there),
                ServiceAccess.service_id,
            )
        ),
        "languages": _of(fetch(_ordered(ServiceLanguage.service_id, ServiceLanguage.code), ServiceLanguage.service_id)),
        "areas": _of(fetch(_ordered(ServiceArea.service_id, ServiceArea.area_id), ServiceArea.service_id)),
        "prices": _of(fetch(_ordered(CostOption.service_id, CostOption.amount_pence), CostOption.service_id)),
    }
    venues = fetch(_venues(), ServiceAtLocation.service_id)
    rules = fetch(sa.select(Schedule.__table__).order_by(Schedule.position, Schedule.id), Schedule.service_id)
    facts = sa.select(AccessFact.location_id, AccessFact.term_id).where(AccessFact.is_there)
    if ids is not None:
        facts = facts.where(AccessFact.location_id.in_({row.location_id for row in venues}))
    return DirectoryRows(
        services=fetch(_services(), Service.id),
        venues=_whole_of(venues),
        rules=_whole_of(rules),
        facts=_of(connection.execute(facts).all()),
        with_phone=frozenset(row[0] for row in fetch(_with_phone(), Service.id)),
        **links,
    )


def _services() -> Statement:
    columns = (
        Service.id, Service.name, Service.summary, Service.description, Service.kind, Service.status,
        Service.minimum_age, Service.maximum_age, Service.cost_kind, Service.capacity, Service.last_confirmed_on,
        Service.email, Service.website, Service.attendance, Organisation.name.label("organisation"),
    )  # fmt: skip
    return (
        sa.select(*columns)
        .join(Organisation, Organisation.id == Service.organisation_id)
        .where(Service.status.in_(PUBLIC_STATES))
        .order_by(Service.id)
    )


def _venues() -> Statement:
    columns = (
        ServiceAtLocation.service_id, ServiceAtLocation.number, ServiceAtLocation.location_id,
        Location.name, Location.kind, Location.town, Location.latitude, Location.longitude, Location.is_confidential,
    )  # fmt: skip
    return (
        sa.select(*columns)
        .join(Location, Location.id == ServiceAtLocation.location_id)
        .order_by(ServiceAtLocation.position, ServiceAtLocation.number)
    )


def _terms() -> Statement:
    """Return the terms of services, of each list what they put first first."""
    order = (ServiceTerm.service_id, ServiceTerm.position, ServiceTerm.term_id)
    return sa.select(ServiceTerm.service_id, ServiceTerm.term_id).order_by(*order)


def _with_phone() -> Statement:
    owns = (Phone.service_id == Service.id) | (Phone.organisation_id == Service.organisation_id)
    return sa.select(Service.id).where(sa.exists().where(owns))


def _ordered(key: Any, value: Any) -> Statement:
    return sa.select(key, value).order_by(key, value)


def _of(rows: Sequence[Any]) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for key, value in rows:
        found[key].append(value)
    return dict(found)


def _whole_of(rows: Sequence[Any]) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.service_id].append(row)
    return dict(found)


def rule_of(row: Any) -> Rule:
    """Return a row of `DirectoryRows.rules` as a value."""
    return Rule(
        row.frequency, row.interval, row.by_day, row.by_month_day, row.starts_on, row.valid_from, row.valid_to,
        row.opens_at, row.closes_at, tuple(row.except_on or ()), tuple(row.also_on or ()),
        row.not_on_bank_holidays, row.term_time_only,
    )  # fmt: skip
