"""How well each service answers the words of a question: from 0 (not at all) to 1, and a little over for its name."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from portal.search.constants import EXACT, KNOWN_WELL_FROM, NEAR_SPELLINGS, ONE_SLIP, STEM, TWO_SLIPS
from portal.search.index.stems import stem
from portal.search.text.language import Query
from portal.search.text.sources import Form, Source

Scores: TypeAlias = NDArray[np.float64]

_SLIPS = {1: ONE_SLIP, 2: TWO_SLIPS}


@dataclass
class Meaning:
    """What the words of a question were taken for: words as they stand, and stems with how much each counts."""

    words: set[str] = field(default_factory=set)
    stems: set[str] = field(default_factory=set)


class Scoring:
    """One question's work over all sources. `alive` says which rows count, `texts` are their folded fields."""

    def __init__(self, sources: Sequence[Source], alive: NDArray[np.bool_], texts: Sequence[Sequence[str]]) -> None:
        self._sources = sources
        self._alive = alive
        self._count = len(alive)
        self._texts = texts
        self.meaning = Meaning()

    def score(self, query: Query) -> Scores:
        """Return a score for every row, 0 where the question is not answered.

        Each word gives the best of its forms, weighed by how rare the word is: inverse document frequency as in
        BM25 (S. Robertson, H. Zaragoza 2009, eq. 3.15), with a floor so that a word that stands everywhere
        still counts. All words and phrases have to be there.
        """
        total = np.zeros(self._count)
        rarity_in_all = 0.0
        fits, alive = self._alive.copy(), int(self._alive.sum())
        values = [self._word(word) for word in query.words]
        for phrase in query.phrases:
            held = self._phrase(phrase)
            values.extend(np.where(held, self._exactly(word), 0.0) for word in phrase)
        for value in values:
            held = value > 0
            known = int(held.sum())
            rarity = 0.1 + math.log(1 + max(0.0, alive - known + 0.5) / (known + 0.5))
            total += rarity * value
            rarity_in_all += rarity
            fits &= held
        for part in query.without:
            fits &= ~(self._phrase(part) if len(part) > 1 else self._plainly(part[0]) > 0)
        scores = total / rarity_in_all if values else np.ones(self._count)
        return np.where(fits, scores, 0.0)

    def _word(self, word: str) -> Scores:
        best = self._plainly(word)
        self.meaning.words.add(word)
        self.meaning.stems.add(stem(word))
        if np.count_nonzero(best) < KNOWN_WELL_FROM:
            for slips, near in self._near(word):
                root = stem(near)
                self.meaning.stems.add(root)
                self._raise_stem(best, root, _SLIPS[slips])
        return best

    def _plainly(self, word: str) -> Scores:
        best = self._exactly(word)
        self._raise_stem(best, stem(word), STEM)
        return best

    def _exactly(self, word: str) -> Scores:
        best = np.zeros(self._count)
        self._raise(best, Form.EXACT, word, EXACT)
        return best

    def _raise_stem(self, best: Scores, root: str, quality: float) -> None:
        self._raise(best, Form.STEM, root, quality)
        if stem(root) == root:
            self._raise(best, Form.EXACT, root, quality)

    def _raise(self, best: Scores, form: Form, term: str, quality: float) -> None:
        for source in self._sources:
            rows, weights = source.find(form, term)
            best[rows] = np.maximum(best[rows], np.where(self._alive[rows], quality * weights, 0.0))

    def _near(self, word: str) -> list[tuple[int, str]]:
        found = {near: slips for source in self._sources for slips, near in source.lexicon().near(word)}
        ordered = sorted(found.items(), key=lambda item: (item[1], item[0][:1] != word[:1], item[0]))
        return [(slips, near) for near, slips in ordered[:NEAR_SPELLINGS]]

    def _phrase(self, phrase: Sequence[str]) -> NDArray[np.bool_]:
        """Say which rows hold these words side by side within one field."""
        self.meaning.words.update(phrase)
        held = np.ones(self._count, bool)
        for word in phrase:
            held &= self._exactly(word) > 0
        wanted = f" {' '.join(phrase)} "
        for row in np.flatnonzero(held).tolist():
            held[row] = any(wanted in f" {text} " for text in self._texts[row])
        return held
