"""Suggestions while somebody types: services, needs and categories by the beginning of any of their words."""

import heapq
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from portal.directory.models import Taxonomy
from portal.search.columns.build import Columns
from portal.search.columns.vocabulary import Vocabulary
from portal.search.results import Suggestion
from portal.search.text.words import tokens

_KINDS = {Taxonomy.NEED: "need", Taxonomy.CATEGORY: "category"}
LEAST_LETTERS = 2
# As many entries with the right beginning as are compared; after two letters there may be thousands.
LOOKED_AT = 400
AFTER_ALL = "\U0010ffff"


@dataclass(frozen=True)
class Entry:
    """Something that can be suggested, under the words from one of its words on."""

    words: str
    starts_name: bool
    suggestion: Suggestion


def entries_of(suggestion: Suggestion, names: Iterable[str]) -> Iterator[Entry]:
    """Yield an entry for each word of each name."""
    for name in names:
        words = tokens(name)
        for place in range(len(words)):
            yield Entry(" ".join(words[place:]), place == 0, suggestion)


class Names:
    """Entries in the order of their words, found by their beginning."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.words)
        self._words = [entry.words for entry in self._entries]

    def changed(self, gone: Collection[str], fresh: Iterable[Entry]) -> "Names":
        """Return the names without some targets and with more entries."""
        stay = (entry for entry in self._entries if entry.suggestion.target not in gone)
        return Names([*stay, *fresh])

    def beginning(self, prefix: str, limit: int) -> list[Suggestion]:
        """Return at most `limit` suggestions, those whose name begins so before those with such a word within."""
        start = bisect_left(self._words, prefix)
        end = bisect_left(self._words, prefix + AFTER_ALL, lo=start)
        return best_of(self._entries[start : min(end, start + LOOKED_AT)], limit)


def term_names(vocabulary: Vocabulary) -> Names:
    """Return needs and categories that can be chosen, by the field's name and by the plain one."""
    entries: list[Entry] = []
    for term in vocabulary.terms.values():
        if term.taxonomy in _KINDS and term.is_offered:
            shown = term.plain_name or term.name
            suggestion = Suggestion(kind=_KINDS[term.taxonomy], text=shown, target=term.slug)
            entries.extend(entries_of(suggestion, dict.fromkeys((shown, term.name))))
    return Names(entries)


def best_of(entries: Iterable[Entry], limit: int) -> list[Suggestion]:
    """Return at most `limit` suggestions, those whose name begins so before those with such a word within."""
    ranked = heapq.nsmallest(limit * 4, entries, key=lambda entry: (not entry.starts_name, entry.suggestion.text))
    return list(islice(dict.fromkeys(entry.suggestion for entry in ranked), limit))


class Suggestions:
    """The names of one state of the directory. They are sorted when the first letters come in."""

    def __init__(self, columns: Columns, before: "Suggestions | None" = None) -> None:
        """`before` are those of an earlier state, of which these columns are the continuation."""
        self._columns = columns
        self._before = before if before is not None and "services" in before.__dict__ else None

    @cached_property
    def terms(self) -> Names:
        """Needs and categories."""
        return term_names(self._columns.vocabulary)

    @cached_property
    def services(self) -> Names:
        """Services, by name."""
        columns, before = self._columns, self._before
        if before is None:
            return Names(_entries(columns, range(len(columns.documents))))
        self._before = None
        known = before._columns
        fresh = _entries(columns, range(len(known.documents), len(columns.documents)))
        gone = np.flatnonzero(known.alive & ~columns.alive[: len(known.documents)]).tolist()
        return before.services.changed({str(columns.documents[row].id) for row in gone}, fresh)


def _entries(columns: Columns, rows: Iterable[int]) -> Iterator[Entry]:
    for row in rows:
        if columns.alive[row]:
            document = columns.documents[row]
            suggestion = Suggestion(kind="service", text=document.name, target=str(document.id))
            yield from entries_of(suggestion, (document.name,))
