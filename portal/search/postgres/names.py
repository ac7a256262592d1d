"""The names of services as the tables hold them: for suggestions, and for reading what was typed."""

from collections.abc import Sequence
from functools import cached_property, reduce

import numpy as np

from portal.search.columns.vocabulary import Vocabulary
from portal.search.constants import ORGANISATION
from portal.search.postgres.lookup import TableLookup
from portal.search.postgres.reading import rows_of
from portal.search.postgres.writing import BETWEEN
from portal.search.results import Suggestion
from portal.search.suggesting import AFTER_ALL, LOOKED_AT, Entry, Names, best_of, term_names
from portal.search.text.names import numbers_of, stand_in_name
from portal.search.text.sources import NO_ROWS, Form, Rows


class TableNames:
    """Services by the beginning of any word of their names."""

    def beginning(self, prefix: str, limit: int) -> list[Suggestion]:
        """Return at most `limit` suggestions, those whose name begins so before those with such a word within."""
        asked = (
            "SELECT words, starts_name, name, service_id FROM search.beginning "
            "WHERE words >= %(first)s AND words < %(end)s ORDER BY words LIMIT %(most)s::bigint"
        )
        rows = rows_of(asked, {"first": prefix, "end": prefix + AFTER_ALL, "most": LOOKED_AT})
        return best_of(
            (
                Entry(row.words, row.starts_name, Suggestion(kind="service", text=row.name, target=str(row.service_id)))
                for row in rows
            ),
            limit,
        )


class TableSuggestions:
    """What can be suggested: terms from memory, services from the tables."""

    services = TableNames()

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    @cached_property
    def terms(self) -> Names:
        """Needs and categories."""
        return term_names(self._vocabulary)


class NamesHeld:
    """Whether words stand side by side in a name. What was asked is kept until anything changes."""

    def __init__(self, lookup: TableLookup) -> None:
        self._lookup = lookup
        self._known: dict[tuple[str, ...], bool] = {}

    def hold(self, words: Sequence[str]) -> bool:
        """Say whether words, each as one or several, stand side by side in the name of a service or its group."""
        key = tuple(words)
        if key not in self._known:
            self._known = {} if len(self._known) >= _MOST_KEPT else self._known
            self._known[key] = self._are_side_by_side(key)
        return self._known[key]

    def _are_side_by_side(self, words: Sequence[str]) -> bool:
        self._lookup.source.look_up((Form.EXACT, form) for word in words for form in numbers_of(word))
        numbers = reduce(np.intersect1d, (self._named(word) for word in words))
        if not len(numbers):
            return False
        asked = "SELECT texts FROM search.document WHERE number = ANY (%(numbers)s::integer[])"
        rows = rows_of(asked, {"numbers": numbers.tolist()})
        return any(stand_in_name(words, texts[1:-1].split(BETWEEN)) for (texts,) in rows)

    def _named(self, word: str) -> Rows:
        found = [NO_ROWS]
        for form in numbers_of(word):
            rows, weights = self._lookup.source.find(Form.EXACT, form)
            found.append(rows[weights >= ORGANISATION])
        return np.concatenate(found)


_MOST_KEPT = 5_000
