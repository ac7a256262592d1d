"""Sealing everything anew with the newest key while the site runs, and counting what each key still seals.

The columns are found from the models, so that none can be forgotten. Values are re-sealed in small batches: they are
read and sealed without a lock; then the rows are locked, and only a value that still is what was read is replaced.
Rows that somebody else holds are passed over and come again, so that nobody ever waits for the rotation on
PostgreSQL, and on SQLite only as long as one batch takes to be written.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from portal.core.database import Base
from portal.core.sealing import NoKeyOpensError, Sealed, SealedJson, Seals

BATCH = 200
# Rows that were held by others are tried again this often; what is left then is reported.
MOST_PASSES = 5
# The share of the time in which SQLite's only writer's place is left to others.
_REST = 0.5
_PLACES_NAMED = 10

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class SealedTable:
    """One table with sealed columns; every column is read as the bytes that stand there."""

    table: sa.Table
    columns: tuple[str, ...]

    @property
    def key(self) -> list[sa.Column[Any]]:
        """The columns of the primary key."""
        return list(self.table.primary_key.columns)

    def select(self) -> sa.Select[Any]:
        """Return the question for the primary key and the sealed bytes, in the order of the key."""
        raw = [sa.type_coerce(self.table.c[name], sa.LargeBinary).label(f"sealed_{name}") for name in self.columns]
        return sa.select(*self.key, *raw).order_by(*self.key)

    def parts(self, row: sa.Row[Any]) -> tuple[Key, dict[str, bytes]]:
        """Return the primary key and the sealed values of a row, without those that are NULL."""
        length = len(self.key)
        values = zip(self.columns, row[length:], strict=True)
        return tuple(row[:length]), {name: bytes(value) for name, value in values if value is not None}


@dataclass
class Rotation:
    """What one run did: values sealed anew, values that already had the newest key, and what could not be done."""

    resealed: int = 0
    current: int = 0
    left: int = 0
    unopened: list[str] = field(default_factory=list)
    unopened_count: int = 0

    def note_unopened(self, place: str) -> None:
        """Count a value that no key opens, and keep the first places."""
        self.unopened_count += 1
        if len(self.unopened) < _PLACES_NAMED:
            self.unopened.append(place)


@dataclass(frozen=True)
class Holdings:
    """How many values each key seals: by the mark of the key, newest first; and those that no key opens."""

    by_key: Mapping[str, int]
    unopened: int


def sealed_tables(metadata: sa.MetaData = Base.metadata) -> list[SealedTable]:
    """Return every table of the models that has a sealed column, ordered by name."""
    found = []
    for table in sorted(metadata.tables.values(), key=lambda one: one.name):
        names = tuple(column.name for column in table.columns if isinstance(column.type, (Sealed, SealedJson)))
        if names:
            found.append(SealedTable(table, names))
    return found


def count_holdings(engine: sa.Engine, keys: Seals, metadata: sa.MetaData = Base.metadata) -> Holdings:
    """Count how many values each key seals. Reads everything and changes nothing."""
    counts: Counter[str] = Counter()
    unopened = 0
    for sealed in sealed_tables(metadata):
        for batch in _batches(engine, sealed):
            for _key, values in batch:
                for value in values.values():
                    opener = keys.find_key(value)
                    counts.update([opener.mark] if opener else [])
                    unopened += opener is None
    return Holdings({key.mark: counts[key.mark] for key in keys.keys}, unopened)


def rotate(
    engine: sa.Engine, keys: Seals, metadata: sa.MetaData = Base.metadata, progress: Progress = lambda _done, _of: None
) -> Rotation:
    """Seal every value with the newest key; a run that was stopped is taken up again by running it again.

    `progress` is called with the rows looked at and the rows there are. A version counter or the time of a change is
    not touched: to people, nothing has changed. Values that no key opens stay as they are and are reported.
    """
    report = Rotation()
    tables = sealed_tables(metadata)
    with engine.connect() as connection:
        total = sum(connection.scalar(sa.select(sa.func.count()).select_from(one.table)) or 0 for one in tables)
    done = 0
    for number in range(MOST_PASSES):
        before = report.resealed
        report = Rotation(resealed=before)
        for sealed in tables:
            for batch in _batches(engine, sealed):
                _reseal(engine, keys, sealed, batch, report)
                if number == 0:
                    done += len(batch)
                    progress(done, max(total, done))
        # Another round sees to rows that were held or came meanwhile; it ends when a round finds nothing to do.
        if report.resealed == before and not report.left:
            break
    log.info("Sealed %d values anew; %d could not be opened.", report.resealed, report.unopened_count)
    return report


def _batches(engine: sa.Engine, sealed: SealedTable) -> Iterator[list[tuple[Key, dict[str, bytes]]]]:
    """Yield all rows in the order of the primary key, each batch read in a transaction of its own."""
    last: Key | None = None
    while True:
        question = sealed.select().limit(BATCH)
        if last is not None:
            question = question.where(sa.tuple_(*sealed.key) > sa.tuple_(*_bound(sealed, last)))
        with engine.connect() as connection:
            rows = [sealed.parts(row) for row in connection.execute(question)]
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def _bound(sealed: SealedTable, key: Key) -> list[sa.ColumnElement[Any]]:
    return [sa.literal(value, column.type) for value, column in zip(key, sealed.key, strict=True)]


def _reseal(
    engine: sa.Engine,
    keys: Seals,
    sealed: SealedTable,
    batch: list[tuple[Key, dict[str, bytes]]],
    report: Rotation,
) -> None:
    """Seal the values of one batch that older keys sealed, and write those that nobody changed meanwhile."""
    began = time.monotonic()
    wanted: dict[Key, dict[str, tuple[bytes, bytes]]] = {}
    for key, values in batch:
        for name, old in values.items():
            if keys.keys[0].has_sealed(old):
                report.current += 1
                continue
            try:
                wanted.setdefault(key, {})[name] = (old, keys.reseal(old))
            except NoKeyOpensError:
                report.note_unopened(f"{sealed.table.name}.{name} of {', '.join(str(part) for part in key)}")
    if not wanted:
        return
    written = _write(engine, sealed, wanted)
    report.resealed += written
    report.left += sum(len(changes) for changes in wanted.values()) - written
    if engine.dialect.name == "sqlite":
        # Writers that wait ask again at intervals; without a rest they might ask in vain for long.
        time.sleep((time.monotonic() - began) * _REST)


def _write(engine: sa.Engine, sealed: SealedTable, wanted: dict[Key, dict[str, tuple[bytes, bytes]]]) -> int:
    """Lock the rows that nobody holds, replace each value that still is what was read, and return how many."""
    # Only rows that were locked without waiting are written: the rotation can take part in no deadlock.
    question = (
        sealed.select().where(sa.tuple_(*sealed.key).in_(wanted)).with_for_update(skip_locked=True, key_share=True)
    )
    # An update would also set the columns that note when people changed a row.
    kept = {column.name: column for column in sealed.table.columns if column.onupdate is not None}
    written = 0
    with engine.connect().execution_options(sqlite_write=True) as connection, connection.begin():
        for row in connection.execute(question).all():
            key, present = sealed.parts(row)
            changes = {name: new for name, (old, new) in wanted[key].items() if present.get(name) == old}
            if not changes:
                continue
            raw = {name: sa.literal(new, sa.LargeBinary) for name, new in changes.items()}
            this = [column == value for column, value in zip(sealed.key, key, strict=True)]
            connection.execute(sa.update(sealed.table).where(*this).values({**kept, **raw}))
            written += len(changes)
    return written
