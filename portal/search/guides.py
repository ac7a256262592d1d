"""Which guides answer what somebody asks. There are few: they are looked through one by one, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from portal.guides.queries import Shelf, ShelvedGuide
from portal.guides.shelf import shelf
from portal.search.constants import EXACT, NAME, ONE_SLIP, STEM, SUMMARY, TERMS, TWO_SLIPS
from portal.search.index.stems import stem
from portal.search.results import SearchRequest, Suggestion
from portal.search.suggesting import Names, entries_of
from portal.search.text.language import Query, parse
from portal.search.text.lexicon import Lexicon
from portal.search.text.words import tokens

MOST_BESIDE_SERVICES = 2
# A word that stands in the running text only: nobody who looks for a "lunch" wants the page that mentions one.
_IN_TEXT = 0.3
_FOR_NEED = 0.5
_SLIPS = {1: ONE_SLIP, 2: TWO_SLIPS}


@dataclass(frozen=True)
class _Read:
    """A guide taken apart: how much each folded word and each stem counts; those of the running text count little."""

    guide: ShelvedGuide
    words: Mapping[str, float]
    stems: Mapping[str, float]
    running: str

    def is_about(self, words: Sequence[str]) -> bool:
        """Whether one of these words stands elsewhere than in the running text, or several stand side by side there."""
        if any(max(self.words.get(word, 0.0), self.stems.get(stem(word), 0.0)) != _IN_TEXT for word in words):
            return True
        return len(words) > 1 and f" {' '.join(words)} " in self.running

    def value(self, word: str) -> float:
        return max(EXACT * self.words.get(word, 0.0), STEM * self.stems.get(stem(word), 0.0))


@dataclass(frozen=True)
class _Library:
    read: Sequence[_Read]
    lexicon: Lexicon
    names: Names


def guides_for(request: SearchRequest) -> list[ShelvedGuide]:
    """Return at most two guides that answer a question by its words or its needs, the better one first."""
    query = parse(request.words)
    found = []
    for place, read in enumerate(_library(shelf()).read):
        score = _score(read, query) if query.asks else 0.0
        if not query.asks and not set(read.guide.needs).isdisjoint(request.needs):
            score = _FOR_NEED
        if score:
            found.append((-score, place, read.guide))
    return [guide for _score, _place, guide in sorted(found, key=lambda one: one[:2])[:MOST_BESIDE_SERVICES]]


def guides_about(needs: Sequence[str]) -> list[ShelvedGuide]:
    """Return every guide about one of these needs (slugs), in their order."""
    return [guide for guide in shelf().guides if not set(guide.needs).isdisjoint(needs)]


def suggest_guides(prefix: str, limit: int) -> list[Suggestion]:
    """Return guides with a title or a further word that begins with these folded letters."""
    return _library(shelf()).names.beginning(prefix, limit)


def _score(read: _Read, query: Query) -> float:
    """Return the mean over all words, which all have to be there; 0 when one is not, or the guide says little."""
    asked = [*query.words, *(word for phrase in query.phrases for word in phrase)]
    if any(all(read.value(word) for word in part) for part in query.without):
        return 0.0
    values = [read.value(word) or _near(read, word) for word in asked]
    if not all(values) or not read.is_about(asked):
        return 0.0
    return sum(values) / len(values)


def _near(read: _Read, word: str) -> float:
    """Return how much a near spelling counts, for a word that no guide knows as it is written."""
    library = _library(shelf())
    if any(one.value(word) for one in library.read):
        return 0.0
    found = ((slips, read.words.get(near, 0.0)) for slips, near in library.lexicon.near(word))
    return max((_SLIPS[slips] * weight for slips, weight in found if weight > _IN_TEXT), default=0.0)


@lru_cache(maxsize=2)
def _library(held: Shelf) -> _Library:
    read = [_take_apart(guide) for guide in held.guides]
    telling = {word for one in read for word, weight in one.words.items() if weight > _IN_TEXT}
    entries = (entry for guide in held.guides for entry in entries_of(_suggestion(guide), _names_of(guide)))
    return _Library(read, Lexicon(telling), Names(entries))


def _take_apart(guide: ShelvedGuide) -> _Read:
    words: dict[str, float] = {}
    stems: dict[str, float] = {}
    for text, weight in ((guide.title, NAME), (guide.words, TERMS), (guide.summary, SUMMARY), (guide.text, _IN_TEXT)):
        for word in tokens(text):
            words.setdefault(word, weight)
            stems.setdefault(stem(word), weight)
    return _Read(guide, words, stems, f" {' '.join(tokens(guide.text))} ")


def _names_of(guide: ShelvedGuide) -> list[str]:
    return [guide.title, *(part.strip() for part in guide.words.split(",") if part.strip())]


def _suggestion(guide: ShelvedGuide) -> Suggestion:
    return Suggestion(kind="guide", text=guide.title, target=guide.slug)
