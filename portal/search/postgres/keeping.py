"""Keeps the tables level with the directory: in the transaction that changes it, and whole when they are empty.

Changes are noted under one lock until they are committed (portal.directory.changes), so whoever holds it sees every
earlier change, and catching up is always from one number to the newest, whoever made the changes between.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app, has_app_context
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.database import db, transaction
from portal.directory import calendar
from portal.directory import index_queries as directory
from portal.directory.calendar import CALENDAR_ID
from portal.directory.changes import has_noted, keep_order
from portal.directory.index_queries import Watermark
from portal.search.constants import CHANGES_AT_ONCE
from portal.search.documents import read_documents
from portal.search.postgres import writing
from portal.search.postgres.tables import DOCUMENT, MAKE_TRIGRAM_INDEX, SCHEMA, STATE, TRIGRAM_INDEX, metadata

_STATE_ID = 1


@dataclass(frozen=True)
class Progress:
    """How far the tables have come: the newest change they hold, and the day as of which sessions were worked out."""

    watermark: Watermark
    sessions_from: dt.date


def listen() -> None:
    """Begin to keep the tables within the session's transactions. Calling it again changes nothing."""
    if not event.contains(db.session, "before_commit", _keep):
        event.listen(db.session, "before_commit", _keep)


def _keep(session: Session) -> None:
    """Bring the tables level just before a commit that changes services."""
    if session.in_nested_transaction() or not has_app_context():
        return
    if current_app.extensions["search"].answers_in_postgres:
        session.flush()
        if has_noted(session):
            catch_up(session.connection())


def find_progress(connection: sa.Connection) -> Progress | None:
    """Return how far the tables have come, None when they hold nothing that can be used."""
    row = connection.execute(sa.select(STATE)).first()
    return None if row is None else Progress(Watermark(row.sequence, row.mark), row.sessions_from)


def catch_up(connection: sa.Connection) -> bool:
    """Write every service that changed since the tables were level; says whether they are level now.

    When there is too much to write while somebody waits, the tables are given up until they are filled anew.
    """
    keep_order(connection)
    progress = find_progress(connection) or _beginning(connection)
    if progress is None:
        return False
    newest = directory.read_watermark(connection)
    ids = None
    if directory.find_watermark(connection, progress.watermark.sequence) == progress.watermark:
        ids = directory.changed_since(connection, progress.watermark.sequence, CHANGES_AT_ONCE)
    if ids is None:
        connection.execute(sa.delete(STATE))
        return False
    replace(connection, ids)
    if CALENDAR_ID in ids:
        writing.renew_sessions(connection, clock.today(), calendar.read(connection))
        progress = Progress(newest, clock.today())
    _note(connection, newest, progress.sessions_from)
    return True


def _beginning(connection: sa.Connection) -> Progress | None:
    """Return the progress of empty tables, where the notes of all changes are still there; else None."""
    if directory.oldest_change(connection) > 1:
        return None
    _clear(connection)
    return Progress(Watermark(0, ""), clock.today())


def replace(connection: sa.Connection, ids: Collection[uuid.UUID]) -> None:
    """Write services as they are now, and take out those that are not shown any more."""
    wanted = sorted(ids)
    documents = read_documents(connection, directory.read_terms(connection), wanted) if wanted else []
    gone = writing.take_out(connection, wanted)
    more = writing.put(connection, documents, clock.today(), calendar.read(connection), gone.numbers)
    writing.count_terms(connection, more, gone.terms)


def fill(connection: sa.Connection, progress: Callable[[int, int], None]) -> None:
    """Write everything anew. Readers see the old rows until the transaction ends; writers wait."""
    keep_order(connection)
    documents = read_documents(connection, directory.read_terms(connection))
    progress(0, len(documents))
    numbers = _numbers_to_keep(connection, {one.id for one in documents})
    _clear(connection)
    today = clock.today()
    writing.fill_terms(connection, writing.put(connection, documents, today, calendar.read(connection), numbers))
    _note(connection, directory.read_watermark(connection), today)
    _make_trigram_index(connection)
    progress(len(documents), len(documents))


def _numbers_to_keep(connection: sa.Connection, shown: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return the numbers of services, so that nobody who has looked words up is led astray, none when many are free."""
    rows = connection.execute(sa.select(DOCUMENT.c.service_id, DOCUMENT.c.number))
    numbers = {row.service_id: row.number for row in rows if row.service_id in shown}
    return numbers if max(numbers.values(), default=0) <= 2 * len(numbers) + 1_000 else {}


def wanted_digests(connection: sa.Connection) -> dict[uuid.UUID, str]:
    """Return a short print of every service of the directory, as it should stand in the tables."""
    return {one.id: writing.digest(one) for one in read_documents(connection, directory.read_terms(connection))}


def held_digests(connection: sa.Connection) -> dict[uuid.UUID, str]:
    """Return the short print of every service in the tables."""
    return {
        row.service_id: row.digest for row in connection.execute(sa.select(DOCUMENT.c.service_id, DOCUMENT.c.digest))
    }


def rebuild(progress: Callable[[int, int], None]) -> None:
    """Write everything anew, in a transaction of its own, and count the rows for the planner."""
    with transaction() as session:
        fill(session.connection(), progress)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"VACUUM ANALYZE {table.fullname}")


def turn_page() -> None:
    """Bring the tables level and their sessions up to the present London day; fill them when they hold nothing."""
    with transaction() as session:
        connection = session.connection()
        is_level, progress = catch_up(connection), find_progress(connection)
        if is_level and progress is not None and progress.sessions_from != clock.today():
            writing.renew_sessions(connection, clock.today(), calendar.read(connection))
            _note(connection, progress.watermark, clock.today())
    if not is_level:
        rebuild(lambda _done, _of: None)


def _note(connection: sa.Connection, watermark: Watermark, sessions_from: dt.date) -> None:
    connection.execute(sa.delete(STATE))
    row = {"id": _STATE_ID, "sequence": watermark.sequence, "mark": watermark.mark, "sessions_from": sessions_from}
    connection.execute(sa.insert(STATE), row)


def _clear(connection: sa.Connection) -> None:
    for table in metadata.sorted_tables:
        connection.execute(sa.delete(table))


def _make_trigram_index(connection: sa.Connection) -> None:
    """Add the index for slips where the extension came after the tables."""
    has_extension = connection.scalar(sa.text("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')"))
    if has_extension and connection.scalar(sa.select(sa.func.to_regclass(f"{SCHEMA}.{TRIGRAM_INDEX}"))) is None:
        connection.exec_driver_sql(MAKE_TRIGRAM_INDEX)
