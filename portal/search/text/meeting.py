"""How services answer one thing that is asked: by its own words, by other words for it, or by their terms."""

import enum
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from portal.search.constants import (
    AGREEING,
    APART,
    KNOWN_WELL_FROM,
    LITTLE_SAID,
    MEANT_TERM,
    MOST_SIDE_BY_SIDE,
    ONE_SLIP,
    ONLY_WORD,
    SPELLING,
    STEM,
    SYNONYM,
    TWO_SLIPS,
)
from portal.search.index.stems import stem
from portal.search.text.lookup import Found, Lookup, Scores
from portal.search.text.sources import Form
from portal.search.text.spelling import spellings
from portal.search.text.synonyms import Meant, Phrase, telling
from portal.search.text.units import Unit
from portal.search.text.words import SAYS_LITTLE

_SLIPS = {1: ONE_SLIP, 2: TWO_SLIPS}
# Scores that are kept for one state; beyond it they are forgotten and worked out again.
_KEPT_ROWS = 2_000_000
_ROWS_FOR_ENTRY = 64


class How(enum.Enum):
    """In which way something was met."""

    EXACT = "exact"
    STEM = "stem"
    SPELLING = "spelling"
    JOINED = "joined"
    SPLIT = "split"
    NEAR = "near"
    ONE_BY_ONE = "one by one"
    OTHER_WORDS = "other words"
    NEED = "need"
    CATEGORY = "category"


# What answers in two of these groups answers a little better than in one.
_GROUPS = {How.OTHER_WORDS: 1, How.NEED: 2, How.CATEGORY: 2}


@dataclass(frozen=True)
class Way:
    """One way in which something is met: by which words or slug, and how well by each service.

    `quality` is what the weight of the field was multiplied by, None where several fields may be concerned.
    """

    how: How
    by: str
    scores: Scores
    quality: float | None = None

    @property
    def group(self) -> int:
        """Own words 0, other words 1, terms 2."""
        return _GROUPS.get(self.how, 0)


@dataclass
class Meaning:
    """What a question was taken for: words as they stand, stems, and groups of stems that count only together."""

    words: set[str] = field(default_factory=set)
    stems: set[str] = field(default_factory=set)
    together: set[frozenset[str]] = field(default_factory=set)

    def add(self, other: "Meaning") -> None:
        """Take in what something else was taken for."""
        self.words |= other.words
        self.stems |= other.stems
        self.together |= other.together


@dataclass(frozen=True)
class Met:
    """How well each service answers one thing, how rare that is, what was taken for it, and whether it is more than a
    near spelling."""

    found: Found
    rarity: float
    meaning: Meaning
    is_known: bool


class Meeting:
    """All things that were asked of one state. Safe to use from several threads."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self._met: dict[Unit, Met] = {}
        self._held: dict[Phrase, Found] = {}
        self._kept = 0

    def met(self, unit: Unit) -> Met:
        """Return how well each service answers a unit."""
        met = self._met.get(unit)
        if met is None:
            ways = self.ways(unit)
            meaning = _meaning(unit, ways)
            for part in unit.parts:
                meaning.add(self.met(part).meaning)
            is_known = any(way.how is not How.NEAR for way in ways)
            found = self.lookup.found(_combined(ways, self.lookup))
            own = [way for way in ways if not way.group]
            # Other words and needs make a thing easier to find and no less telling.
            known = _count(own) if own and unit.meant is not None else len(found.rows)
            met = Met(found, self.rarity(known), meaning, is_known)
            self._make_room(met.found)
            self._met[unit] = met
        return met

    def held(self, phrase: Phrase) -> Found:
        """Return which services hold words side by side within one field, as they are written."""
        found = self._held.get(phrase)
        if found is None:
            found = self.lookup.side_by_side(phrase, self.lookup.holding_all(phrase))
            self._make_room(found)
            self._held[phrase] = found
        return found

    def rarity(self, known: int) -> float:
        """Return how much something that so many services hold tells them from the others.

        The inverse document frequency of BM25 (S. Robertson, H. Zaragoza 2009, eq. 3.15), with a floor so that what
        stands everywhere still counts.
        """
        return 0.1 + math.log(1 + max(0.0, self.lookup.alive_count - known + 0.5) / (known + 0.5))

    def ways(self, unit: Unit) -> list[Way]:
        """Return every way in which services answer a unit, those that nobody answers in left out."""
        own = [way for way in self._own(unit) if way.scores.any()]
        if len(unit.words) == 1 and _count(own) < KNOWN_WELL_FROM:
            own += self._split(unit.words[0])
            if unit.is_forgiven and _count(own) < KNOWN_WELL_FROM:
                own += [way for way in self._near(unit.words[0]) if way.scores.any()]
        meant = [] if unit.meant is None else [way for way in self._meant(unit.meant) if way.scores.any()]
        return own + meant

    def respellings(self, word: str) -> list[str]:
        """Return the words near to one that stand in services that count: by slips, then how common they are."""
        counted = [
            (slips, -int(np.count_nonzero(self.lookup.exactly(near))), near) for slips, near in self.lookup.near(word)
        ]
        return [near for _slips, count, near in sorted(counted) if count]

    def _make_room(self, found: Found) -> None:
        self._kept += len(found.rows) + _ROWS_FOR_ENTRY
        if self._kept > _KEPT_ROWS:
            self._met, self._held, self._kept = {}, {}, 0

    def _own(self, unit: Unit) -> Iterator[Way]:
        lookup = self.lookup
        if unit.parts:
            yield Way(How.ONE_BY_ONE, unit.text, self._one_by_one(unit))
        else:
            (word,) = unit.words
            yield Way(How.EXACT, word, lookup.exactly(word), 1.0)
            yield Way(How.STEM, word, lookup.by_stem(word), STEM)
            for other in spellings(word):
                yield self._spelling(How.SPELLING, other)
        for joined in unit.joined:
            yield self._spelling(How.JOINED, joined)

    def _spelling(self, how: How, word: str) -> Way:
        scores = self.lookup.nothing()
        self.lookup.raise_term(scores, Form.EXACT, word, SPELLING)
        self.lookup.raise_stem(scores, stem(word), SPELLING * STEM)
        return Way(how, word, scores, SPELLING)

    def _split(self, word: str) -> list[Way]:
        ways = []
        for pair, found in self.lookup.splits(word).items():
            scores = self.lookup.nothing()
            scores[found.rows] = SPELLING * found.values
            ways.append(Way(How.SPLIT, " ".join(pair), scores, SPELLING))
        return ways

    def _near(self, word: str) -> Iterator[Way]:
        for slips, near in self.lookup.near(word):
            yield Way(How.NEAR, near, self.lookup.by_stem(near, _SLIPS[slips]), _SLIPS[slips])

    def _one_by_one(self, unit: Unit) -> Scores:
        """Return the mean of all telling words of a phrase, weighed by how rare they are."""
        total, rarities = self.lookup.nothing(), 0.0
        for part in unit.parts:
            met = self.met(part)
            found, rarity = met.found, met.rarity * (LITTLE_SAID if part.says_little else 1.0)
            held = self.lookup.nothing()
            held[found.rows] = rarity * found.values
            total = np.where((held > 0) & ((total > 0) | (rarities == 0.0)), total + held, 0.0)
            rarities += rarity
        apart = APART if sum(not part.says_little for part in unit.parts) > 1 else ONLY_WORD
        return self._weighed(total / rarities, unit.words, apart)

    def _weighed(self, scores: Scores, phrase: Phrase, apart: float) -> Scores:
        """Lower the scores of the services in which the words of a phrase do not stand side by side."""
        rows = np.flatnonzero(scores)
        weighed = scores * apart
        if len(rows) <= MOST_SIDE_BY_SIDE:
            together = self.lookup.side_by_side(phrase, rows).rows
            weighed[together] = scores[together]
        return weighed

    def _meant(self, meant: Meant) -> Iterator[Way]:
        lookup = self.lookup
        for phrase in meant.phrases:
            yield Way(How.OTHER_WORDS, " ".join(phrase), self._other_words(phrase))
        for how, terms, slugs in (
            (How.NEED, lookup.needs, meant.needs),
            (How.CATEGORY, lookup.categories, meant.categories),
        ):
            for slug in slugs:
                yield Way(how, slug, MEANT_TERM * lookup.bearing(terms, slug))

    def _other_words(self, phrase: Phrase) -> Scores:
        """Return how well other words answer: the mean of the telling ones, lower where they stand apart.

        A phrase with one telling word ("out and about", "art group") has to stand side by side, since that word alone
        says too little, or too much.
        """
        words = telling(phrase)
        is_told = sum(word not in SAYS_LITTLE for word in words) > 1
        values = np.array([self.lookup.plainly(word) for word in words])
        scores = np.where(values.all(axis=0), values.mean(axis=0), 0.0)
        if len(phrase) > 1:
            scores = self._weighed(scores, phrase, APART if is_told else 0.0)
        if len(phrase) == 2:
            scores = np.maximum(scores, self._spelling(How.JOINED, "".join(phrase)).scores)
        return np.asarray(SYNONYM * scores, np.float64)


def _count(ways: Sequence[Way]) -> int:
    return int(np.count_nonzero(np.any([way.scores for way in ways], axis=0))) if ways else 0


def _combined(ways: Sequence[Way], lookup: Lookup) -> Scores:
    """Return the best way of each service; every further group of ways adds a tenth of its best, up to 1 in all."""
    best: dict[int, Scores] = {}
    for way in ways:
        before = best.get(way.group)
        best[way.group] = way.scores if before is None else np.maximum(before, way.scores)
    if not best:
        return lookup.nothing()
    groups = list(best.values())
    if len(groups) == 1:
        return groups[0]
    top: Scores = np.max(groups, axis=0)
    combined: Scores = np.minimum(top + AGREEING * (np.sum(groups, axis=0) - top), 1.0)
    return combined


def _meaning(unit: Unit, ways: Sequence[Way]) -> Meaning:
    """Return which words of a page were meant. Other words of several count only where they stand together."""
    words = set(telling(unit.words)) | set(unit.joined)
    meaning = Meaning(words, set(map(stem, words)))
    for way in ways:
        if way.how in {How.NEED, How.CATEGORY}:
            continue
        by = set(map(stem, telling(way.by.split())))
        if way.how in {How.OTHER_WORDS, How.SPLIT} and len(by) > 1:
            meaning.together.add(frozenset(by))
        else:
            meaning.stems |= by
    return meaning
