"""What a question speaks of, one thing after the other: a phrase that the list knows, or else a single word."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from portal.search.text.language import Query
from portal.search.text.synonyms import Meant, Phrase, Synonyms, telling
from portal.search.text.words import SAYS_LITTLE


@dataclass(frozen=True)
class Unit:
    """One thing that has to be answered.

    `words` are its words as typed; `meant` is what the list says of them. `parts` are the telling words of a phrase
    alone; `joined` are words that it makes with a neighbour. `is_forgiven` says whether near spellings may answer it:
    a word that the list knows is spelt as it was meant.
    """

    words: Phrase
    meant: Meant | None = None
    parts: "tuple[Unit, ...]" = ()
    joined: Phrase = ()
    is_forgiven: bool = True

    @property
    def says_little(self) -> bool:
        """Whether it is a single word that says little while there are others ("group", "somebody")."""
        return len(self.words) == 1 and self.words[0] in SAYS_LITTLE

    @property
    def text(self) -> str:
        """The words in one line."""
        return " ".join(self.words)


def units_of(query: Query, synonyms: Synonyms) -> tuple[Unit, ...]:
    """Return what the words of a question speak of, in order, each once.

    At each place the longest known phrase counts, small words and all; small words that belong to none are dropped.
    """
    found: dict[Phrase, Unit] = {}
    for run in query.runs:
        for unit in _units_of_run(run, frozenset(query.words), synonyms):
            found.setdefault(unit.words, unit)
    return tuple(found.values())


def _units_of_run(run: Sequence[str], wanted: Collection[str], synonyms: Synonyms) -> list[Unit]:
    units = []
    place = 0
    while place < len(run):
        stretch = synonyms.longest_at(run, place)
        end = place + 1 if stretch is None else stretch.end
        if end > place + 1 and stretch is not None:
            units.append(_phrase(tuple(run[place:end]), stretch.meant, synonyms))
        elif run[place] in wanted:
            meant = None if stretch is None else stretch.meant
            units.append(Unit((run[place],), meant, joined=_joined(run, place), is_forgiven=meant is None))
        place = end
    return units


def _phrase(words: Phrase, meant: Meant, synonyms: Synonyms) -> Unit:
    parts = []
    for word in dict.fromkeys(telling(words)):
        alone = synonyms.longest_at((word,), 0)
        parts.append(Unit((word,), None if alone is None else alone.meant, is_forgiven=False))
    return Unit(words, meant, tuple(parts), ("".join(words),) if len(words) == 2 else (), is_forgiven=False)


def _joined(run: Sequence[str], place: int) -> Phrase:
    """Return the word at a place joined with the one before it and the one after it."""
    pairs = ((place - 1, place), (place, place + 1))
    return tuple(run[one] + run[other] for one, other in pairs if one >= 0 and other < len(run))
