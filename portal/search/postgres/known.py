"""What one process knows of the tables: the small things that every question needs, until anything changes."""

import datetime as dt
import threading
from collections.abc import Collection, Hashable, Mapping, Sequence
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
from portal.search.postgres.bits import read_counts, read_numbers
from portal.search.postgres.lookup import TableLookup
from portal.search.postgres.names import NamesHeld, TableSuggestions
from portal.search.postgres.reading import patiently, rows_of
from portal.search.postgres.tables import ACCESS
from portal.search.state import Pages, need_names_of
from portal.search.text.meeting import Meeting
from portal.search.text.synonyms import Synonyms
from portal.search.wordlists import read_synonyms

# Asked by every page, so it is one statement.
_MARKS = """
    SELECT xmin::text AS written_by, sessions_from,
        (SELECT string_agg(concat_ws(' ', name, changes, changed_at), ',' ORDER BY name) FROM word_list_mark) AS lists,
        sequence = (SELECT coalesce(max(sequence), 0) FROM change) AS is_level
    FROM search.state
"""


@dataclass(frozen=True)
class Marks:
    """What tells one moment of the tables from another: who wrote them last (a transaction), as of which day, and the
    lists of words."""

    written_by: str
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
    access: Mapping[int, Sequence[str]]

    def access_of(self, combinations: Sequence[int]) -> Collection[str]:
        """Return what helps in getting in and taking part, of combinations given by number, all taken together."""
        if len(combinations) == 1:
            return self.access.get(combinations[0], ())
        return {value for one in combinations for value in self.access.get(one, ())}

    def count_by_category(self) -> dict[str, int]:
        """Return how many services are shown under each category, by slug, in the order of the categories."""
        with patiently() as connection:
            counts = read_counts(connection, "category")
        return {slug: counts.get(slug, 0) for slug in self.vocabulary.values["category"]}

    def words_held(self, words: Collection[str]) -> set[str]:
        """Return those of folded words that stand in a service that is shown."""
        asked = "SELECT term FROM search.term WHERE form = 'word' AND term = ANY (%(words)s::text[])"
        return {term for (term,) in rows_of(asked, {"words": list(words)})} if words else set()

    def is_in_names(self, words: Sequence[str]) -> bool:
        """Say whether words, each as one or several, stand side by side in the name of a service or its group."""
        return self._names.hold(words)

    @cached_property
    def _names(self) -> NamesHeld:
        lookup = self.meeting.lookup
        assert isinstance(lookup, TableLookup)
        return NamesHeld(lookup)

    @cached_property
    def suggestions(self) -> TableSuggestions:
        """What can be suggested while somebody types."""
        return TableSuggestions(self.vocabulary)

    @cached_property
    def pages(self) -> Pages:
        """The pages of results that were worked out last, as of these marks."""
        return Pages()

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
                self._known = _read(self._known)
            return self._known


def read_access(connection: sa.Connection) -> dict[int, Sequence[str]]:
    """Return the combinations of what helps in getting in and taking part, by number."""
    return {row.id: row.held for row in connection.execute(sa.select(ACCESS))}


def _look() -> tuple[Marks | None, bool]:
    """Return the marks, None where there are none, and whether the tables hold the newest change."""
    with patiently() as connection:
        row = connection.exec_driver_sql(_MARKS).first()
    return (None, False) if row is None else (Marks(row.written_by, row.sessions_from, row.lists), row.is_level)


def _catch_up() -> bool:
    """Bring the tables level, unless somebody is changing services just now, who does that anyway."""
    with db.engine.begin() as connection:
        return try_order(connection) and keeping.catch_up(connection)


def _read(before: Known | None) -> Known | None:
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        row = connection.exec_driver_sql(_MARKS).first()
        if row is None:
            return None
        marks = Marks(row.written_by, row.sessions_from, row.lists)
        vocabulary = vocabulary_of(directory.read_terms(connection).values(), ())
        values = {**vocabulary.values, "language": sorted(read_counts(connection, "language"))}
        has_lists = before is not None and before.marks.lists == marks.lists
        return Known(
            marks=marks,
            vocabulary=replace(vocabulary, values=values),
            # To tell what the words people use mean takes longer than all the rest, and they seldom change.
            synonyms=before.synonyms if before is not None and has_lists else read_synonyms(connection),
            calendar=calendar.read(connection),
            meeting=Meeting(TableLookup(read_numbers(connection))),
            access=read_access(connection),
        )
