"""The database: session, base class, and column types that behave alike on SQLite and PostgreSQL."""

import datetime as dt
import enum
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from portal.core import clock

# Versions of SQLite that carry the fix for the rare WAL-reset corruption (see docs/decisions/0004).
WAL_IS_SAFE_FROM = ((3, 51, 3), (3, 50, 7), (3, 44, 6))


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """An instant. Takes aware datetimes only and gives them back aware, in UTC, on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone: use core.clock.now().")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, _dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def choice(kind: type[enum.Enum], *, name: str = "") -> sa.Enum:
    """Return a column type that stores the enum's values as short text with a check, on both databases.

    The check is named after the enum; where a table has two columns of one kind, each gives a `name`.
    """
    return sa.Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=40,
        name=name or kind.__name__.lower(),
    )


class Base(DeclarativeBase):
    """Base of all models. Constraints have names, so that migrations can speak of them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Identified:
    """A row known by a UUID."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)


class Edited:
    """A row that people edit: when it was made and changed, and a counter that refuses a lost update.

    Saving a row that somebody else saved in the meantime raises `sqlalchemy.orm.exc.StaleDataError`.
    Each class names the counter in its own mapper arguments: `__mapper_args__ = {"version_id_col": version}`.
    """

    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Say whether this version of SQLite carries the fix without which the write-ahead log can corrupt."""
    newest, *backports = WAL_IS_SAFE_FROM
    return version >= newest or any(version[:2] == fix[:2] and version >= fix for fix in backports)


def tune_sqlite(connection: Any, _record: Any) -> None:
    """Set up a new SQLite connection: foreign keys on, wait for locks, and transactions that begin when told."""
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA busy_timeout = 10000")
    mode = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "DELETE"
    cursor.execute(f"PRAGMA journal_mode = {mode}")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def begin_transaction(connection: sa.Connection) -> None:
    """Begin a SQLite transaction by hand, since the driver would begin too late.

    A transaction that means to write says so with `execution_options(sqlite_write=True)` and takes
    the lock at once; one that finds out late may still be told "locked" after `busy_timeout`.
    """
    if connection.dialect.name == "sqlite":
        write = connection.get_execution_options().get("sqlite_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


event.listen(sa.Engine, "connect", tune_sqlite)
event.listen(sa.Engine, "begin", begin_transaction)


@contextmanager
def transaction() -> Iterator[Session]:
    """Run one act that writes: commit at the end, roll back on any error.

    On SQLite the write lock is taken at the start, so that two writers wait for each other instead of
    failing. A reading transaction that is still open is ended first; objects loaded in it stay usable.
    """
    session = db.session()
    session.rollback()
    session.connection(execution_options={"sqlite_write": True})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def reading() -> Iterator[sa.Connection]:
    """Yield a connection to read with, whatever the session has open. Needs an application context.

    On SQLite that is the session's own while it reads: a second one would wait for a writer who in turn waits for
    the session to end, until both are told "locked". A session that writes has no writer to wait for.
    """
    session = db.session()
    if session.in_transaction():
        own = session.connection()
        if own.dialect.name == "sqlite" and not own.get_execution_options().get("sqlite_write", False):
            yield own
            return
    with db.engine.connect() as connection:
        yield connection
