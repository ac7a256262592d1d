"""What was typed, as words with their places, and which of them may be read at all."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from portal.search.text.words import fold
from portal.search.understanding.phrases import FIXED, LONGEST

# "Quoted" and -left-out parts are asked for as they are written.
_KEPT = re.compile(r'(?:(?<!\S)-)?"[^"]*"?|(?<!\S)-\S+')
_WORD = re.compile(r"£?[^\W_]+(?:['’ʼ][^\W_]+|(?<=\d)[./:]\d[^\W_]*)*\+?")
_QUOTES = str.maketrans("“”„«»", '"""""')
# What stands in the place of a word that is not to be read; no pattern knows it.
KEPT = "|"


@dataclass(frozen=True)
class Word:
    """One word: where it stands in what was typed, and how it is compared."""

    start: int
    end: int
    key: str


class Typed:
    """A question as words. `keys` are folded words, `|` for what is to be left alone."""

    def __init__(self, q: str, as_words: Iterable[str]) -> None:
        self.q = q
        self.words = _words_of(q)
        self.keys = [word.key for word in self.words]
        wanted = {keys_of(piece) for piece in as_words if len(piece) <= len(q)}
        whole = tuple(self.keys)
        longest = max((len(phrase) for phrase in wanted), default=0)
        for start in range(len(whole)):
            for length in range(1, max(LONGEST, longest) + 1):
                phrase = whole[start : start + length]
                if phrase in FIXED or phrase in wanted:
                    self.keys[start : start + length] = [KEPT] * len(phrase)

    @cached_property
    def line(self) -> str:
        """All keys on one line: a hyphen between words that are written with one, else a space."""
        return "".join(
            key if not place else f"{'-' if self._is_tied(place) else ' '}{key}" for place, key in enumerate(self.keys)
        )

    @cached_property
    def starts(self) -> Sequence[int]:
        """Where each word begins on the line."""
        found, at = [], 0
        for key in self.keys:
            found.append(at)
            at += len(key) + 1
        return found

    @cached_property
    def place_of_end(self) -> dict[int, int]:
        """The number of words up to each place on the line at which a word ends."""
        return {
            start + len(key): place + 1 for place, (start, key) in enumerate(zip(self.starts, self.keys, strict=True))
        }

    def begins_free(self, place: int) -> bool:
        """Say whether a reading may begin with a word: it is not kept, nor the second half of "gluten-free"."""
        return self.keys[place] != KEPT and not self._is_tied(place)

    def ends_free(self, place: int) -> bool:
        """Say whether a reading may end before a word."""
        return not self._is_tied(place)

    def text(self, start: int, end: int) -> str:
        """Return the words from one place to another as they were typed."""
        return self.q[self.words[start].start : self.words[end - 1].end]

    def _is_tied(self, place: int) -> bool:
        """Say whether a hyphen alone stands between a word and the one before."""
        if not 0 < place < len(self.words):
            return False
        return self.q[self.words[place - 1].end : self.words[place].start] in {"-", "‐", "‑", "–"}


def keys_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared, `|` for what is quoted or left out."""
    return tuple(word.key for word in _words_of(text))


def _words_of(q: str) -> list[Word]:
    plain = q.translate(_QUOTES)
    words: list[Word] = []
    at = 0
    for kept in _KEPT.finditer(plain):
        words += (_word(match) for match in _WORD.finditer(plain, at, kept.start()))
        words.append(Word(kept.start(), kept.end(), KEPT))
        at = kept.end()
    return words + [_word(match) for match in _WORD.finditer(plain, at)]


def _word(match: re.Match[str]) -> Word:
    # A sign that gives several when it is folded would not be found again on the line of keys.
    return Word(match.start(), match.end(), fold(match[0]).replace(" ", "") or KEPT)
