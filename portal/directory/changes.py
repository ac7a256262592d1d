"""Notes which services are to be indexed anew, in the transaction that changes them."""

import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from blinker import Signal
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from portal.core.database import db
from portal.directory.models import (
    AccessFact,
    Change,
    Contact,
    CostOption,
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
    TaxonomyTerm,
)

changed = Signal("Sent after a commit that changed services. Who hears it needs a session of their own.")

_OF_A_SERVICE = (CostOption, Schedule, ServiceAccess, ServiceArea, ServiceAtLocation, ServiceLanguage, ServiceTerm)
_NOTED = "directory.noted_services"
_TO_ANNOUNCE = "directory.to_announce"
# Any number will do, as long as nothing else in this database locks the same one.
_ORDER_LOCK = 7_318_204


def listen() -> None:
    """Begin to listen to the session. Calling it again changes nothing."""
    for name, listener in (
        ("after_flush", _note),
        ("after_commit", _announce),
        ("after_soft_rollback", _forget),
    ):
        if not event.contains(db.session, name, listener):
            event.listen(db.session, name, listener)


def _note(session: Session, _context: object) -> None:
    """Write one note for each service that this flush touches and this transaction has not noted yet."""
    touched: set[uuid.UUID] = set()
    for row in (*session.new, *(row for row in session.dirty if session.is_modified(row)), *session.deleted):
        touched.update(_services_of(session, row))
    noted: set[uuid.UUID] = session.info.setdefault(_NOTED, set())
    fresh = touched - noted
    if fresh:
        noted |= fresh
        note_changes(session, fresh)


def note_changes(session: Session, service_ids: Iterable[uuid.UUID]) -> None:
    """Note that these services are to be indexed anew; for bulk statements, which the listener cannot see.

    Notes have to become visible in the order of their numbers, or a reader that has seen number 11 would
    never look for a number 10 that is committed later. SQLite has one writer; PostgreSQL is told to wait.
    """
    connection = session.connection()
    keep_order(connection)
    ordered = sorted(service_ids, key=str)
    connection.execute(sa.insert(Change), [{"service_id": service_id} for service_id in ordered])
    session.info[_TO_ANNOUNCE] = True


def keep_order(connection: sa.Connection) -> None:
    """Let nobody else note changes until this transaction ends; all that were noted before are committed then."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER_LOCK)))


def try_order(connection: sa.Connection) -> bool:
    """Do like `keep_order` without waiting; says whether nobody else was at it. For PostgreSQL."""
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_ORDER_LOCK))))


def has_noted(session: Session) -> bool:
    """Say whether the transaction of this session has noted changes."""
    return bool(session.info.get(_TO_ANNOUNCE))


def _services_of(session: Session, row: Any) -> Iterable[uuid.UUID]:
    if isinstance(row, Service):
        return [row.id]
    if isinstance(row, _OF_A_SERVICE):
        return [row.service_id]
    if isinstance(row, Organisation):
        return _ids(session, sa.select(Service.id).where(Service.organisation_id == row.id))
    if isinstance(row, (Phone, Contact)):
        if row.service_id:
            return [row.service_id]
        return _ids(session, sa.select(Service.id).where(Service.organisation_id == row.organisation_id))
    if isinstance(row, (Location, AccessFact)):
        location_id = row.id if isinstance(row, Location) else row.location_id
        return _ids(
            session, sa.select(ServiceAtLocation.service_id).where(ServiceAtLocation.location_id == location_id)
        )
    if isinstance(row, TaxonomyTerm):
        return _ids(session, sa.select(ServiceTerm.service_id).where(ServiceTerm.term_id == row.id))
    return []


def _ids(session: Session, statement: sa.Select[uuid.UUID]) -> Iterable[uuid.UUID]:
    return list(session.connection().scalars(statement))


def _announce(session: Session) -> None:
    session.info.pop(_NOTED, None)
    if session.info.pop(_TO_ANNOUNCE, False):
        changed.send()


def _forget(session: Session, previous_transaction: SessionTransaction) -> None:
    """After a rollback the notes may be gone: write them anew; twice is harmless, never is not."""
    session.info.pop(_NOTED, None)
    if previous_transaction.parent is None:
        session.info.pop(_TO_ANNOUNCE, None)
