"""Reading from the tables over connections of their own, with a limit of time, so that no question can keep the
database busy."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import OperationalError

from portal.core.database import db

# A statement that takes longer is given up, in milliseconds. The slowest of the hostile questions take a tenth of it.
LONGEST_STATEMENT = 2_000
# Compiling statements (`jit`) takes longer than they do; what they put aside on the way (`work_mem`) is to stay in
# memory. The database cannot know how many rows a part of a statement will have, and joining them row by row
# (`enable_nestloop`) takes seconds when it guesses too few; so it may as well keep the plan of a statement that was
# asked before (`plan_cache_mode`).
_SETTINGS = {"jit": "off", "work_mem": "32MB", "enable_nestloop": "off", "plan_cache_mode": "force_generic_plan"}


class TookTooLongError(Exception):
    """The database was given no more time for a question."""


class Reader:
    """The connections of one process over which questions are put. Each statement stands for itself, so that there is
    nothing to begin or to end. Safe to use from several threads."""

    def __init__(self) -> None:
        self._engine: sa.Engine | None = None
        self._lock = threading.Lock()

    def connect(self) -> sa.Connection:
        """Return a connection to read with. Needs an application context."""
        with self._lock:
            if self._engine is None:
                self._engine = sa.create_engine(
                    db.engine.url, isolation_level="AUTOCOMMIT", pool_pre_ping=False, hide_parameters=True
                )
                sa.event.listen(self._engine, "connect", _set_up)
            engine = self._engine
        return engine.connect()

    def close(self) -> None:
        """Close all connections; a new one is made when somebody asks again."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None


def _set_up(connection: Any, _record: object) -> None:
    settings = _SETTINGS | {"statement_timeout": str(LONGEST_STATEMENT)}
    connection.execute("; ".join(f"SET {name} = '{value}'" for name, value in settings.items()))


@contextmanager
def patiently() -> Iterator[sa.Connection]:
    """Yield a connection to read with, but not for long. Raises TookTooLongError. Needs an application context."""
    reader: Reader = current_app.extensions["search"].reader
    with reader.connect() as connection:
        try:
            yield connection
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != "57014":
                raise
            raise TookTooLongError from error


def rows_of(statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """Return the rows that a statement gives. Raises TookTooLongError."""
    with patiently() as connection:
        return connection.exec_driver_sql(statement, dict(values)).all()
