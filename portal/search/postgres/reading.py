"""Reading from the tables with a limit of time, so that no question can keep the database busy."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from portal.core.database import db

# A statement that takes longer is given up, in milliseconds. The slowest of the hostile questions take a tenth of it.
LONGEST_STATEMENT = 2_000


class TookTooLongError(Exception):
    """The database was given no more time for a question."""


@contextmanager
def patiently() -> Iterator[sa.Connection]:
    """Yield a connection to read with, but not for long. Raises TookTooLongError.

    Needs an application context. Compiling statements (`jit`) takes longer than they do; what they put aside on the
    way (`work_mem`) is to stay in memory. The database cannot know how many rows a part of a statement will have, and
    joining them row by row (`enable_nestloop`) takes seconds when it guesses too few.
    """
    with db.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT set_config('statement_timeout', %(most)s, true), set_config('jit', 'off', true), "
            "set_config('work_mem', '32MB', true), set_config('enable_nestloop', 'off', true)",
            {"most": str(LONGEST_STATEMENT)},
        )
        try:
            yield connection
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != "57014":
                raise
            raise TookTooLongError from error
