"""Words people use, and what they mean in the directory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from portal.search.index.stems import stem
from portal.search.text.lexicon import Lexicon
from portal.search.text.spelling import canonical
from portal.search.text.words import STOP_WORDS

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Meant:
    """What one word or phrase that people say means besides itself. All are folded (`tokens`).

    `phrases` are other words for it, each to be met as a whole; `needs` and `categories` are slugs of terms.
    """

    phrases: tuple[Phrase, ...] = ()
    needs: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stretch:
    """A known phrase in a row of words: it ends before the place `end`."""

    end: int
    meant: Meant


@dataclass(frozen=True)
class _Known:
    """A phrase as it is compared: the roots of its words, without small words where enough others are left."""

    roots: Phrase
    phrase: Phrase
    meant: Meant


@lru_cache(maxsize=20_000)
def root(word: str) -> str:
    """Return what all forms and spellings of a folded word have in common: the stem of one of its spellings."""
    return stem(canonical(word))


def telling(phrase: Iterable[str]) -> Phrase:
    """Return the words of a phrase that say something, or all of them when none does."""
    words = tuple(phrase)
    return tuple(word for word in words if word not in STOP_WORDS) or words


class Synonyms:
    """What each phrase means. Two-way entries stand in it in both directions."""

    def __init__(self, meant: dict[Phrase, Meant]) -> None:
        self.meant = meant
        self.longest = max((len(phrase) for phrase in meant), default=0)
        self._by_first: dict[str, list[_Known]] = {}
        for phrase, means in meant.items():
            words = telling(phrase)
            compared = words if len(words) > 1 else phrase
            self._know(_Known(tuple(map(root, compared)), phrase, means))
            if len(compared) == 2:
                self._know(_Known((root("".join(compared)),), phrase, means))

    def _know(self, known: _Known) -> None:
        if known.roots:
            self._by_first.setdefault(known.roots[0], []).append(known)

    @cached_property
    def lexicon(self) -> Lexicon:
        """Every word of every known phrase."""
        return Lexicon({word for phrase in self.meant for word in phrase})

    def find(self, phrase: Phrase) -> Meant | None:
        """Return what a folded phrase means besides itself, None when nothing is known of it."""
        return self.meant.get(phrase)

    def longest_at(self, words: Sequence[str], start: int) -> Stretch | None:
        """Return the longest known phrase that begins at a place in a row of folded words, None when none does.

        Singular and plural are the same, and so are British and American spelling, and "foodbank" and "food bank".
        Small words may stand in between ("my gran keeps on falling"), and those of the phrase may be missing ("mum
        baby"). Of several phrases with the same roots the one that was typed counts, else all of them.
        """
        found = list(self._beginning(words, start))
        if not found:
            return None
        most = max(length for length, _end, _known in found)
        end = min(end for length, end, _known in found if length == most)
        longest = [known for length, until, known in found if (length, until) == (most, end)]
        exact = [known.meant for known in longest if known.phrase == tuple(words[start:end])]
        return Stretch(end, exact[0] if exact else _together([known.meant for known in longest]))

    def _beginning(self, words: Sequence[str], start: int) -> Iterator[tuple[int, int, _Known]]:
        """Yield (words that were met, end, phrase) of every known phrase that begins at a place."""
        for known in self._by_first.get(root(words[start]), ()):
            end = _end_of(known.roots, words, start)
            if end is not None:
                yield len(known.roots), end, known
        if start + 1 < len(words):
            for known in self._by_first.get(root(words[start] + words[start + 1]), ()):
                if len(known.phrase) == 1:
                    yield 2, start + 2, known


def _end_of(roots: Phrase, words: Sequence[str], start: int) -> int | None:
    """Return where a phrase ends that begins at `start`, with only small words in between; None if it does not."""
    place = start
    for wanted in roots[1:]:
        place += 1
        while place < len(words) and root(words[place]) != wanted and words[place] in STOP_WORDS:
            place += 1
        if place >= len(words) or root(words[place]) != wanted:
            return None
    return place + 1


def _together(meant: Sequence[Meant]) -> Meant:
    if len(meant) == 1:
        return meant[0]
    return Meant(
        tuple(dict.fromkeys(phrase for one in meant for phrase in one.phrases)),
        tuple(dict.fromkeys(need for one in meant for need in one.needs)),
        tuple(dict.fromkeys(category for one in meant for category in one.categories)),
    )
