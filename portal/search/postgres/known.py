"""What one process knows of the tables: the small things that every question needs, until anything changes."""

import datetime as dt
import threading
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property

import sqlalchemy as sa

from portal.core.database import db
from portal.directory import calendar
from portal.directory import index_queries as directory
from portal.directory.calendar import Calendar
from portal.directory.changes import try_order
from portal.search.columns.vocabulary import Vocabulary, vocabulary_of
from portal.search.postgres import keeping
from portal.search.postgres.lookup import TableLookup, read_flags, read_numbers
from portal.search.postgres.reading import patiently
from portal.search.state import need_names_of
from portal.search.text.meeting import Meeting
from portal.search.text.synonyms import Synonyms
from portal.search.wordlists import read_lists_mark, read_synonyms


@dataclass(frozen=True)
class Marks:
    """What tells one moment of the tables from another: change, day of the sessions, and the lists of words."""

    sequence: int
    sessions_from: dt.date
    lists: Hashable


@dataclass(frozen=True)
class Known:
    """The values of the filters, the words people use, the calendar, and what was looked up, as of some marks."""

    marks: Marks
    vocabulary: Vocabulary
    synonyms: Synonyms
    calendar: Calendar
    meeting: Meeting

    def count_by_category(self) -> dict[str, int]:
        """Return how many services are shown under each category, by slug, in the order of the categories."""
        with patiently() as connection:
            counts = read_flags(connection, "category")
        return {slug: counts.get(slug, 0) for slug in self.vocabulary.values["category"]}

    @cached_property
    def need_names(self) -> Synonyms:
        """What the names of needs mean: the need."""
        return need_names_of(self.vocabulary)


class Tables:
    """The tables as one process sees them. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: Known | None = None
        self._lock = threading.Lock()

    def known(self) -> Known | None:
        """Return what is known now; None when the tables cannot answer, since nobody has filled them yet.

        Asks the database each time how far they are, and brings them level when somebody changed services past them.
        Needs an application context.
        """
        marks, is_level = _look()
        if not is_level and _catch_up():
            marks, is_level = _look()
        if marks is None or not is_level:
            return None
        with self._lock:
            if self._known is None or self._known.marks != marks:
                self._known = _read()
            return self._known


def _look() -> tuple[Marks | None, bool]:
    """Return the marks, None where there are none, and whether the tables hold the newest change."""
    with db.engine.connect() as connection:
        return _marks(connection), connection.exec_driver_sql(
            "SELECT EXISTS (SELECT FROM search.state WHERE sequence = (SELECT coalesce(max(sequence), 0) FROM change))"
        ).scalar_one()


def _marks(connection: sa.Connection) -> Marks | None:
    progress = keeping.find_progress(connection)
    if progress is None:
        return None
    return Marks(progress.watermark.sequence, progress.sessions_from, read_lists_mark(connection))


def _catch_up() -> bool:
    """Bring the tables level, unless somebody is changing services just now, who does that anyway."""
    with db.engine.begin() as connection:
        return try_order(connection) and keeping.catch_up(connection)


def _read() -> Known | None:
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        marks = _marks(connection)
        if marks is None:
            return None
        vocabulary = vocabulary_of(directory.read_terms(connection).values(), ())
        values = {**vocabulary.values, "language": sorted(read_flags(connection, "language"))}
        return Known(
            marks=marks,
            vocabulary=replace(vocabulary, values=values),
            synonyms=read_synonyms(connection),
            calendar=calendar.read(connection),
            meeting=Meeting(TableLookup(read_numbers(connection))),
        )
