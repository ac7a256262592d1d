"""Writes many rows into one of the tables in one go."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

Row = Sequence[Any]


def copy(connection: sa.Connection, table: sa.Table, rows: Iterable[Row], leave_out: Sequence[str] = ()) -> None:
    """Write rows; values in the order of the columns, but for those that are left out."""
    columns = ", ".join(column.name for column in table.columns if column.name not in leave_out)
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {table.fullname} ({columns}) FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)
