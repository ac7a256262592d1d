"""Reading the audit: the end of its chain, and all rows in batches as they stand in the database."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa

from portal.audit.chain import COLUMNS, START
from portal.audit.models import AuditEntry

BATCH = 1_000
_NAMES = ", ".join(f'"{name}"' for name in (*COLUMNS, "hash"))


def last_link(connection: sa.Connection) -> tuple[int, str]:
    """Return number and hash of the last row; 0 and the fixed start when there is none."""
    newest = sa.select(AuditEntry.number, AuditEntry.hash).order_by(AuditEntry.number.desc()).limit(1)
    row = connection.execute(newest).first()
    return (0, START) if row is None else (row.number, row.hash)


def raw_rows(bind: sa.Engine | sa.Connection) -> Iterator[Mapping[str, Any]]:
    """Yield every row ordered by number, with the values that the driver gives: nothing is read into them.

    From an engine each batch is a transaction of its own, so that writers need not wait for the whole.
    """
    condition, last = "", 0
    while True:
        statement = sa.text(f"SELECT {_NAMES} FROM audit_entry {condition} ORDER BY number LIMIT {BATCH}")  # noqa: S608
        with bind.connect() if isinstance(bind, sa.Engine) else nullcontext(bind) as connection:
            rows = connection.execute(statement, {"last": last} if condition else {}).mappings().all()
        yield from map(dict, rows)
        if len(rows) < BATCH:
            return
        condition, last = "WHERE number > :last", rows[-1]["number"]
