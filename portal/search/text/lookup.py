"""Looks words up in all sources of one state at once. What was found is kept as long as the state lasts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from portal.search.constants import (
    EXACT,
    FIELD_WEIGHTS,
    LEAST_PART,
    MOST_SIDE_BY_SIDE,
    MOST_SPLITS,
    NEAR_SPELLINGS,
    SPELLING,
    STEM,
)
from portal.search.index.stems import stem
from portal.search.text.lexicon import Lexicon
from portal.search.text.sources import Form, Rows, Source, Weights
from portal.search.text.spelling import spellings
from portal.search.text.words import STOP_WORDS

Scores: TypeAlias = NDArray[np.float64]

# So many words of which the near ones are kept.
_KEPT_NEAR = 500


@dataclass(frozen=True)
class Terms:
    """How much the terms of one list count for services.

    `places` gives the place of each slug, `held` is a matrix of services × terms of small whole numbers, and `weights`
    says how much each number counts; numbers beyond its end count as the last.
    """

    places: Mapping[str, int]
    held: NDArray[np.integer[Any] | np.bool_]
    weights: Weights

    def weighed(self, place: int) -> Weights:
        """Return how much the term at a place counts for each service."""
        found: Weights = self.weights[np.minimum(self.held[:, place], len(self.weights) - 1, dtype=np.int8)]
        return found


@dataclass(frozen=True)
class Found:
    """The services that hold something, each once, and how much it counts there."""

    rows: Rows
    values: Weights

    def at(self, row: int) -> float:
        """Return how much it counts in one service, 0 where it is not held."""
        here = self.values[self.rows == row]
        return float(here[0]) if len(here) else 0.0


class Lookup:
    """The words of all services that count. `alive` says which rows do, `texts` are their folded fields."""

    def __init__(
        self,
        sources: Sequence[Source],
        alive: NDArray[np.bool_],
        texts: Sequence[Sequence[str]],
        needs: Terms,
        categories: Terms,
    ) -> None:
        self.alive = alive
        self.count = len(alive)
        self.needs = needs
        self.categories = categories
        self._sources = sources
        self._texts = texts
        self._near: dict[str, list[tuple[int, str]]] = {}

    @cached_property
    def alive_count(self) -> int:
        """The number of services that count."""
        return int(np.count_nonzero(self.alive))

    @cached_property
    def lexicons(self) -> Sequence[Lexicon]:
        """The words of each source."""
        return [source.lexicon() for source in self._sources]

    def found(self, scores: Scores) -> Found:
        """Return the services with a score."""
        rows = np.flatnonzero(scores)
        return Found(rows, scores[rows])

    def nothing(self) -> Scores:
        """Return a score of 0 for every row."""
        return np.zeros(self.count)

    def raise_term(self, scores: Scores, form: Form, term: str, quality: float) -> None:
        """Raise the scores of the services that hold a term to its weight there times a quality."""
        for source in self._sources:
            rows, weights = source.find(form, term)
            scores[rows] = np.maximum(scores[rows], np.where(self.alive[rows], quality * weights, 0.0))

    def raise_stem(self, scores: Scores, word_root: str, quality: float) -> None:
        """Raise the scores of the services that hold any word with a stem."""
        self.raise_term(scores, Form.STEM, word_root, quality)
        if stem(word_root) == word_root:
            self.raise_term(scores, Form.EXACT, word_root, quality)

    def exactly(self, word: str) -> Scores:
        """Return where a word stands as it is written."""
        scores = self.nothing()
        self.raise_term(scores, Form.EXACT, word, EXACT)
        return scores

    def by_stem(self, word: str, quality: float = STEM) -> Scores:
        """Return where a word stands in any form."""
        scores = self.nothing()
        self.raise_stem(scores, stem(word), quality)
        return scores

    def plainly(self, word: str) -> Scores:
        """Return where a word stands: as it is written, in any form, or in its other spelling."""
        scores = self.exactly(word)
        self.raise_stem(scores, stem(word), STEM)
        for other in spellings(word):
            self.raise_term(scores, Form.EXACT, other, SPELLING)
            self.raise_stem(scores, stem(other), SPELLING * STEM)
        return scores

    def bearing(self, terms: Terms, slug: str) -> Scores:
        """Return how much a need or a category counts for each service, 0 where it does not bear it."""
        place = terms.places.get(slug)
        return self.nothing() if place is None else np.where(self.alive, terms.weighed(place), 0.0)

    def side_by_side(self, words: Sequence[str], among: Rows) -> Found:
        """Return which of some rows hold words side by side within one field, with the weight of the best field."""
        bare = " ".join(words)
        wanted = f" {bare} "
        rows, values = [], []
        for row in among.tolist():
            for text, weight in zip(self._texts[row], FIELD_WEIGHTS, strict=True):
                if bare in text and wanted in f" {text} ":
                    rows.append(row)
                    values.append(weight)
                    break
        return Found(np.array(rows, np.int64), np.array(values, np.float64))

    def holding_all(self, words: Sequence[str]) -> Rows:
        """Return the rows that hold each of some words as it is written."""
        held = self.alive
        for word in words:
            held = held & (self.exactly(word) > 0)
        return np.flatnonzero(held)

    def knows(self, word: str) -> bool:
        """Say whether a word stands in a source as it is written, though perhaps in a service that is gone."""
        return any(word in lexicon for lexicon in self.lexicons)

    def splits(self, word: str) -> dict[tuple[str, str], Found]:
        """Return the pairs of known words that make up a word and stand side by side somewhere, singular or plural.

        At most three pairs are looked for, and none that half the directory might hold.
        """
        found: dict[tuple[str, str], Found] = {}
        tried = 0
        for cut in range(LEAST_PART, len(word) - LEAST_PART + 1):
            first = word[:cut]
            if not self.knows(first):
                continue
            for second in _numbers(word[cut:]):
                if tried == MOST_SPLITS or {first, second} <= STOP_WORDS or not self.knows(second):
                    continue
                tried += 1
                rows = self.holding_all((first, second))
                if len(rows) <= MOST_SIDE_BY_SIDE:
                    together = self.side_by_side((first, second), rows)
                    found |= {(first, second): together} if len(together.rows) else {}
        return found

    def near(self, word: str) -> list[tuple[int, str]]:
        """Return at most 20 (slips, word) near to a word, nearest first."""
        if word not in self._near:
            if len(self._near) >= _KEPT_NEAR:
                self._near = {}
            self._near[word] = nearest(self.lexicons, word)
        return self._near[word]


def nearest(lexicons: Iterable[Lexicon], word: str) -> list[tuple[int, str]]:
    """Return at most 20 (slips, word) of several lexicons near to a word, nearest first."""
    found = {near: slips for lexicon in lexicons for slips, near in lexicon.near(word)}
    # People rarely get the first letter wrong.
    ordered = sorted(found.items(), key=lambda item: (item[1], item[0][:1] != word[:1], item[0]))
    return [(slips, near) for near, slips in ordered[:NEAR_SPELLINGS]]


def _numbers(word: str) -> tuple[str, ...]:
    """Return a word and what may be its singular or plural."""
    return word, word.removesuffix("s") if word.endswith("s") else f"{word}s"
