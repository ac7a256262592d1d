"""What has to be known of the directory and of the world to read a question, looked up only when it is needed."""

from collections.abc import Sequence
from functools import cached_property, reduce

import numpy as np

from portal.core import clock
from portal.directory import calendar
from portal.directory.languages import NAMES
from portal.geo.areas import AreaIndex, area_index
from portal.geo.place import Place
from portal.geo.queries import find_known_place
from portal.search.constants import ORGANISATION
from portal.search.crisis import speaks_of_crisis
from portal.search.engine import engine
from portal.search.state import State
from portal.search.text.sources import Form
from portal.search.understanding.shapes import Known

# Where names stand among the folded fields of a service: its own, and its organisation's.
_NAMES = (0, 2)


class _Lookup:
    """Lookups for one question."""

    def __init__(self, state: State) -> None:
        self._state = state

    @cached_property
    def areas(self) -> AreaIndex:
        """The areas, read once."""
        return area_index()

    def knows(self, name: str, value: str) -> bool:
        """Say whether a filter has a value; a language counts when it is one at all."""
        if name == "language":
            return value in NAMES
        return self._state.columns.vocabulary.knows(name, value)

    def find_place(self, text: str, is_bare: bool) -> Place | None:
        """Return the place that a text surely names."""
        return find_known_place(text, self.areas, is_bare=is_bare)

    def is_phrase(self, words: Sequence[str]) -> bool:
        """Say whether words, each as one or several, stand side by side in the name of a service or its organisation.

        Only names in which all of them stand are read. A phrase of the words people use ("free food") is one as well:
        what moderators say of it counts for more than its parts.
        """
        if self._state.synonyms.find(tuple(words)):
            return True
        columns = self._state.columns
        rows = reduce(np.intersect1d, (self._rows_of(word) for word in words))
        wanted = f" {' '.join(map(_single, words))} "
        return any(
            wanted in f" {' '.join(map(_single, columns.texts[row][field].split()))} "
            for row in rows.tolist()
            if columns.alive[row]
            for field in _NAMES
        )

    def _rows_of(self, word: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        found = [np.empty(0, np.int64)]
        for form in {_single(word), f"{_single(word)}s"}:
            for source in self._state.sources:
                rows, weights = source.find(Form.EXACT, form)
                found.append(rows[weights >= ORGANISATION])
        return np.concatenate(found)


def _single(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def known_now(*, has_where: bool) -> Known:
    """Return what is known at this moment. Needs an application context. `has_where`: a place was chosen already."""
    state = engine().state()
    lookup = _Lookup(state)
    return Known(
        today=clock.today(),
        calendar=calendar.current(),
        knows=lookup.knows,
        label=state.columns.vocabulary.label,
        find_place=lookup.find_place,
        is_phrase=lookup.is_phrase,
        is_crisis=speaks_of_crisis,
        has_where=has_where,
    )
