"""What has to be known of the directory and of the world to read a question, looked up only when it is needed."""

from collections.abc import Sequence
from functools import cached_property

from portal.core import clock
from portal.directory import calendar
from portal.directory.languages import NAMES
from portal.geo.areas import AreaIndex, area_index
from portal.geo.place import Place
from portal.geo.queries import find_known_place
from portal.search.crisis import speaks_of_crisis
from portal.search.engine import engine
from portal.search.postgres.known import Known
from portal.search.state import State
from portal.search.understanding.shapes import Known as Shapes


class _Lookup:
    """Lookups for one question."""

    def __init__(self, directory: State | Known) -> None:
        self._directory = directory

    @cached_property
    def areas(self) -> AreaIndex:
        """The areas, read once."""
        return area_index()

    def knows(self, name: str, value: str) -> bool:
        """Say whether a filter has a value; a language counts when it is one at all."""
        if name == "language":
            return value in NAMES
        return self._directory.vocabulary.knows(name, value)

    def find_place(self, text: str, is_bare: bool) -> Place | None:
        """Return the place that a text surely names."""
        return find_known_place(text, self.areas, is_bare=is_bare)

    def is_phrase(self, words: Sequence[str]) -> bool:
        """Say whether words, each as one or several, stand side by side in the name of a service or its organisation.

        Only names in which all of them stand are read. A phrase of the words people use ("free food") is one as well:
        what moderators say of it counts for more than its parts.
        """
        return bool(self._directory.synonyms.find(tuple(words))) or self._directory.is_in_names(words)


def known_now(*, has_where: bool) -> Shapes:
    """Return what is known at this moment. Needs an application context. `has_where`: a place was chosen already."""
    directory = engine().known()
    lookup = _Lookup(directory)
    return Shapes(
        today=clock.today(),
        calendar=calendar.current(),
        knows=lookup.knows,
        label=directory.vocabulary.label,
        find_place=lookup.find_place,
        is_phrase=lookup.is_phrase,
        is_crisis=speaks_of_crisis,
        has_where=has_where,
    )
