"""The chain of hashes: what is hashed, and how a chain is checked.

A row's hash is SHA-256 over all its columns but the hash itself, `previous_hash` among them. Each column becomes
`<letter><length>:<bytes>,` in a fixed order, so that no two rows have the same text; docs/audit.md has the letters.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

COLUMNS = (
    "number", "at", "actor", "address", "session", "act", "about", "about_id", "before", "after", "shown",
    "previous_hash",
)  # fmt: skip
PREFIX = b"hereabouts audit entry 1\n"
# What the first row names as the hash before it.
START = "0" * 64


def _field(value: Any) -> bytes:
    """Return one column's value with its kind and length, so that neither can be mistaken."""
    if value is None:
        return b"~0:,"
    if isinstance(value, str):
        letter, text = b"s", value.encode("utf-8", "surrogatepass")
    elif isinstance(value, (bytes, memoryview)):
        letter, text = b"b", bytes(value)
    elif isinstance(value, int):
        letter, text = b"i", str(value).encode()
    else:  # nothing that was written here; kept apart from all that is
        letter, text = b"?", repr(value).encode()
    return b"%s%d:%s," % (letter, len(text), text)


def _plain(name: str, value: Any) -> Any:
    """Return an instant and an id as text, whichever way a database gives them."""
    if name == "at":
        if isinstance(value, dt.datetime):
            aware = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)
            return aware.strftime("%Y-%m-%d %H:%M:%S.%f")
        return value
    return value.hex if isinstance(value, uuid.UUID) else value


def hash_of(row: Mapping[str, Any]) -> str:
    """Return the hash (64 hex digits) that belongs to a row's columns as they stand in the database."""
    fields = b"".join(_field(_plain(name, row[name])) for name in COLUMNS)
    return hashlib.sha256(PREFIX + fields).hexdigest()


@dataclass(frozen=True)
class Finding:
    """One fault of the chain: the number of the row it is about, and what is wrong in one sentence."""

    number: int
    text: str


@dataclass
class Walk:
    """What was met on the way through a chain: its last row, and the hash of one row that was asked for."""

    count: int = 0
    number: int = 0
    hash: str = START
    watched: int | None = None
    hash_of_watched: str | None = None


def faults(rows: Iterable[Mapping[str, Any]], walk: Walk) -> Iterator[Finding]:
    """Yield every fault of a chain whose rows come ordered by number; `walk` is brought forward on the way."""
    fits = {START}
    for row in rows:
        number, right = row["number"], hash_of(row)
        if number < 1:
            yield Finding(number, f"Row {number} was put in: the first row has number 1.")
            continue
        if number != walk.number + 1:
            yield _gap(walk.number + 1, number)
        elif row["previous_hash"] not in fits:
            yield Finding(number, f"Row {number} does not follow row {number - 1}: one of the two was exchanged.")
        if right != row["hash"]:
            yield Finding(number, f"Row {number} was changed or moved: its contents do not fit its hash.")
        # A row whose hash alone was changed is one fault, not two.
        fits = {right, row["hash"]}
        walk.count, walk.number, walk.hash = walk.count + 1, number, row["hash"]
        if number == walk.watched:
            walk.hash_of_watched = row["hash"]


def _gap(wanted: int, found: int) -> Finding:
    if found == wanted + 1:
        return Finding(wanted, f"Row {wanted} is missing.")
    return Finding(wanted, f"Rows {wanted} to {found - 1} are missing ({found - wanted}).")
