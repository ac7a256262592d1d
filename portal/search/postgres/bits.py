"""Keeps a bit for every service beside each value of a filter: ("cost", "free") has those of the free ones.

All rows are equally long, so that they can be laid on each other; bits are counted from the left.
"""

from collections.abc import Collection, Mapping

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from portal.search.postgres.copying import copy
from portal.search.postgres.reading import rows_of
from portal.search.postgres.tables import FLAG

AREA = "area"
# All services; and those that name nobody in particular whom they are for.
ALL, FOR_EVERYBODY = "all:", "for:"
# A need counts by its place in the list of a service: those who put it second, and those who put it first.
NEED_PLACES = ("need-2", "need-1")
# Rows grow by so many bits; a multiple of 64, by which bits are put together when they are counted.
_AT_ONCE = 4_096
# As many services as are changed one by one; more are changed all at once.
_FEW = 20


def write(connection: sa.Connection, held: Mapping[int, Collection[str]]) -> None:
    """Set the bits of services, given by number: those of their "filter:value" and no others."""
    if not held:
        return
    _make_room(connection, max(held), {flag for flags in held.values() for flag in flags})
    if len(held) > _FEW:
        _write_many(connection, held)
        return
    for number, flags in held.items():
        connection.exec_driver_sql(
            "UPDATE search.flag SET held = set_bit(held, %(number)s::integer, 1 - get_bit(held, %(number)s::integer)) "
            "WHERE get_bit(held, %(number)s::integer) "
            "<> CASE WHEN filter || ':' || value = ANY (%(flags)s::text[]) THEN 1 ELSE 0 END",
            {"number": number, "flags": list(flags)},
        )


def read_numbers(connection: sa.Connection) -> NDArray[np.int64]:
    """Return the numbers of all services."""
    found = connection.scalar(sa.text("SELECT held::text FROM search.flag WHERE filter = 'all'"))
    return np.flatnonzero(_bits(found or "")).astype(np.int64)


def read_bits(name: str, value: str) -> NDArray[np.int64]:
    """Return the numbers of the services that bear a value of a filter, or an area."""
    asked = "SELECT held::text FROM search.flag WHERE filter = %(name)s AND value = %(value)s"
    rows = rows_of(asked, {"name": name, "value": value})
    return np.flatnonzero(_bits(rows[0][0] if rows else "")).astype(np.int64)


def read_counts(connection: sa.Connection, name: str) -> dict[str, int]:
    """Return how many services bear each value of a filter on the service, those that none bears left out."""
    asked = "SELECT value, bit_count(held) AS services FROM search.flag WHERE filter = %(name)s AND value <> ''"
    return {row.value: row.services for row in connection.exec_driver_sql(asked, {"name": name}) if row.services}


def _make_room(connection: sa.Connection, highest: int, flags: Collection[str]) -> None:
    """See to it that there is a row for each of some values, and in each row a bit for every number up to one."""
    rows = connection.exec_driver_sql("SELECT filter || ':' || value AS flag, length(held) AS length FROM search.flag")
    lengths = {row.flag: row.length for row in rows}
    length = max(lengths.values(), default=0)
    if highest >= length:
        more = (highest // _AT_ONCE + 1) * _AT_ONCE - length
        connection.exec_driver_sql(
            "UPDATE search.flag SET held = held || repeat('0', %(more)s::integer)::bit varying", {"more": more}
        )
        length += more
    fresh = sorted(flags - lengths.keys())
    copy(connection, FLAG, [(*flag.split(":", 1), "0" * length) for flag in fresh])


def _write_many(connection: sa.Connection, held: Mapping[int, Collection[str]]) -> None:
    numbers_of: dict[str, list[int]] = {}
    for number, flags in held.items():
        for flag in flags:
            numbers_of.setdefault(flag, []).append(number)
    touched = list(held)
    found = connection.exec_driver_sql("SELECT filter, value, held::text AS held FROM search.flag").all()
    rows = []
    for row in found:
        bits = _bits(row.held)
        bits[touched] = 0
        bits[numbers_of.get(f"{row.filter}:{row.value}", [])] = 1
        rows.append((row.filter, row.value, (bits + ord("0")).tobytes().decode()))
    connection.execute(sa.delete(FLAG))
    copy(connection, FLAG, rows)


def _bits(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8) - np.uint8(ord("0"))
