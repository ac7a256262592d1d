"""The answers of the search, as the pages ask for them. All need an application context."""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from markupsafe import Markup

from portal.core.text import clean
from portal.geo.areas import area_index
from portal.geo.gazetteer import folded_names
from portal.search.alike import similar
from portal.search.answering import answer
from portal.search.engine import engine
from portal.search.guides import suggest_guides
from portal.search.rescuing import rescue
from portal.search.results import Pins, Results, SearchRequest, Suggestion
from portal.search.suggesting import LEAST_LETTERS, Names, entries_of
from portal.search.text.marking import marker
from portal.search.text.words import tokens

__all__ = [
    "Suggestion",
    "count_by_category",
    "find",
    "known_words",
    "knows_words",
    "list_pins",
    "matching_words",
    "rescue",
    "similar",
    "suggest",
]

_LONGEST_BEGINNING = 60
_MOST_OF_A_KIND = 2


def find(request: SearchRequest) -> Results:
    """Return one page of what answers a question, the number in all, and counts beside every filter."""
    return answer(request).page()


def list_pins(request: SearchRequest, limit: int = 1000) -> Pins:
    """Return every venue that answers a question and may stand on a map, at most `limit`, best services first."""
    return answer(request).pins(limit)


def count_by_category() -> dict[str, int]:
    """Return how many services are shown under each category, by slug, in the order of the categories."""
    return engine().known().count_by_category()


def matching_words(request: SearchRequest) -> Callable[[str], Markup]:
    """Return a function that escapes a text and marks the words in it that the question found, in any form."""
    return marker(answer(request).meaning)


def knows_words(words: Sequence[str]) -> bool:
    """Say whether each of these folded words stands in the directory: in a service that is shown, or in a term."""
    return known_words(words) >= set(words)


def known_words(words: Collection[str]) -> frozenset[str]:
    """Return those of folded words that stand in the directory: in a service that is shown, or in a term."""
    known = engine().known()
    in_terms = {word for term in known.vocabulary.terms.values() for word in tokens(f"{term.name} {term.plain_name}")}
    return frozenset(in_terms.intersection(words) | known.words_held(set(words) - in_terms))


def suggest(text: str, limit: int = 8) -> list[Suggestion]:
    """Return what begins like the letters typed, from the second letter on: terms, guides, places, services."""
    prefix = " ".join(tokens(clean(text, limit=_LONGEST_BEGINNING)))
    if len(prefix) < LEAST_LETTERS:
        return []
    names = engine().known().suggestions
    terms = names.terms.beginning(prefix, limit)
    found = [
        *[one for one in terms if one.kind == "need"][:_MOST_OF_A_KIND],
        *[one for one in terms if one.kind == "category"][:_MOST_OF_A_KIND],
        *suggest_guides(prefix, 1),
        *_places().beginning(prefix, _MOST_OF_A_KIND),
    ]
    return (found + names.services.beginning(prefix, limit))[:limit]


def _places() -> Names:
    """The names of areas and of the gazetteer's places."""
    areas = [area.name for area in area_index().areas if area.position is not None]
    spots = [spot.name for spot in folded_names().values()]
    return _sorted_places(tuple(dict.fromkeys((*areas, *spots))))


@lru_cache(maxsize=4)
def _sorted_places(names: tuple[str, ...]) -> Names:
    return Names(
        entry for name in names for entry in entries_of(Suggestion(kind="place", text=name, target=name), (name,))
    )
