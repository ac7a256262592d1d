"""All words that stand in the directory, and which of them are near to one that somebody typed."""

from bisect import bisect_left
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from portal.search.constants import (
    LONGEST_WORD,
    NEAR_CANDIDATES,
    NEAR_SPELLINGS,
    ONE_SLIP_FROM,
    TWO_SLIPS_FROM,
)

_SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789"
_PLACES = {sign: place for place, sign in enumerate(_SIGNS)}
_OTHERS = len(_SIGNS)


def slips_allowed(word: str) -> int:
    """Return how many slips of the finger are forgiven: one from four letters, two from eight, none with digits."""
    if any(sign.isdigit() for sign in word) or len(word) < ONE_SLIP_FROM:
        return 0
    return 1 if len(word) < TWO_SLIPS_FROM else 2


def slips_between(one: str, other: str, most: int) -> int:
    """Return the number of slips (a letter more, less, wrong, or two neighbours swapped), or `most` + 1 when more.

    The "optimal string alignment" distance (F. J. Damerau 1964, with each part edited once). Rows whose least value
    is over `most` end the work at once.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        above, row_before = row, before
        row = [i] + [0] * len(other)
        for j, right in enumerate(other, start=1):
            least = above[j - 1] if left == right else 1 + min(above[j - 1], above[j], row[j - 1])
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                least = min(least, row_before[j - 2] + 1)
            row[j] = least
        if min(row) > most and min(above) > most:
            return most + 1
        before = above
    return min(row[-1], most + 1)


class Lexicon:
    """The words of one text source, with counts of their letters beside them."""

    def __init__(self, words: Collection[str]) -> None:
        self.words: Sequence[str] = sorted(words)
        self._lengths = np.fromiter((len(word) for word in self.words), np.int16, len(self.words))
        self._letters = _count_letters(self.words)

    def __contains__(self, word: str) -> bool:
        place = bisect_left(self.words, word)
        return place < len(self.words) and self.words[place] == word

    def near(self, word: str) -> list[tuple[int, str]]:
        """Return at most 20 (slips, word) near to a folded word, nearest first, the word itself left out.

        One slip changes the counts of letters by at most two, so that counting throws nearly all words out before
        any is compared letter by letter; of what is left, 400 at most are.
        """
        most = slips_allowed(word)
        if not most or not self.words:
            return []
        asked = _count_letters([word])[0]
        fits = np.flatnonzero(np.abs(self._lengths - len(word)) <= most)
        apart = np.abs(self._letters[fits] - asked).sum(axis=1)
        near = np.flatnonzero(apart <= 2 * most)
        nearest = fits[near[np.argsort(apart[near], kind="stable")[:NEAR_CANDIDATES]]]
        found = []
        for place in nearest.tolist():
            other = self.words[place]
            slips = slips_between(word, other, most)
            if 0 < slips <= most:
                found.append((slips, other))
        # People rarely get the first letter wrong.
        return sorted(found, key=lambda item: (item[0], item[1][:1] != word[:1], item[1]))[:NEAR_SPELLINGS]


def _count_letters(words: Sequence[str]) -> NDArray[np.int8]:
    counts = np.zeros((len(words), _OTHERS + 1), np.int8)
    places = np.fromiter((_PLACES.get(sign, _OTHERS) for word in words for sign in word[:LONGEST_WORD]), np.int16)
    rows = np.repeat(np.arange(len(words)), [min(len(word), LONGEST_WORD) for word in words])
    np.add.at(counts, (rows, places), 1)
    return counts
