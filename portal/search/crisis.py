"""Words of crisis: what people type when they cannot wait. Moderators edit the list (`portal.search.words`)."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from flask import Flask, current_app

from portal.core.remembered import Remembered
from portal.directory.changes import changed
from portal.search.text.synonyms import Phrase
from portal.search.text.words import tokens
from portal.search.wordlists import read_crisis_phrases, read_lists_mark
from portal.search.words.entries import shipped_crisis_phrases

# Needs that are urgent in themselves.
URGENT_NEEDS = frozenset({"domestic-abuse"})
# From so many letters on, a word with one slip is still this word and no other.
LONG = 7
# The list changes a few times a year. What this process changed itself it knows at once.
LOOK_EVERY = 5.0


@dataclass(frozen=True)
class CrisisWords:
    """The phrases of crisis, folded, as they were when the lists had this mark."""

    phrases: frozenset[Phrase]
    mark: Hashable = None

    def are_in(self, text: str) -> bool:
        """Say whether what somebody typed holds one of the phrases; long single words with one slip count."""
        words = tokens(text)
        if any(_is_near(word, other) for word in words if len(word) >= LONG for other in self._long_words):
            return True
        return any(
            tuple(words[start:end]) in self.phrases
            for start in range(len(words))
            for end in range(start + 1, min(start + self._longest, len(words)) + 1)
        )

    @cached_property
    def _longest(self) -> int:
        return max(len(phrase) for phrase in self.phrases)

    @cached_property
    def _long_words(self) -> tuple[str, ...]:
        return tuple(sorted(phrase[0] for phrase in self.phrases if len(phrase) == 1 and len(phrase[0]) >= LONG))


def init_app(app: Flask) -> None:
    """Give an application its words of crisis. Until the database was asked, and while it is away, those count that
    ship, or those that were known last."""
    remembered = Remembered(
        CrisisWords(shipped_crisis_phrases()), is_current=_is_current, read=_read, seconds=LOOK_EVERY
    )
    app.extensions["crisis_words"] = remembered
    # The signal keeps only a weak reference; a site that is gone is forgotten.
    changed.connect(remembered.forget)


def is_urgent(text: str, needs: Sequence[str] = ()) -> bool:
    """Say whether urgent help belongs above the results, from what was typed and the needs (slugs) that were chosen."""
    return speaks_of_crisis(text) or not URGENT_NEEDS.isdisjoint(needs)


def speaks_of_crisis(text: str) -> bool:
    """Say whether what somebody typed holds a word or phrase of crisis. Needs an application context."""
    remembered: Remembered[CrisisWords] = current_app.extensions["crisis_words"]
    return remembered.value().are_in(text)


def _is_current(connection: sa.Connection, known: CrisisWords) -> bool:
    return read_lists_mark(connection) == known.mark


def _read(connection: sa.Connection) -> CrisisWords:
    mark = read_lists_mark(connection)
    return CrisisWords(read_crisis_phrases(connection), mark)


def _is_near(word: str, other: str) -> bool:
    """Say whether two words differ by at most one letter more, less, wrong or swapped with its neighbour."""
    if abs(len(word) - len(other)) > 1:
        return False
    start = next((place for place, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), None)
    if start is None:
        return True
    rest, rest_of_other = word[start:], other[start:]
    return (
        rest[1:] == rest_of_other[1:]
        or rest[1:] == rest_of_other
        or rest == rest_of_other[1:]
        or (rest[1:2] + rest[:1] + rest[2:] == rest_of_other)
    )
