"""The values that each filter knows, in their order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portal.directory.index_queries import Term
from portal.directory.models import ServiceKind, Taxonomy
from portal.search.documents import Document
from portal.search.results import COST_CHOICES

_TAXONOMIES = {
    "category": Taxonomy.CATEGORY,
    "need": Taxonomy.NEED,
    "for": Taxonomy.AUDIENCE,
    "access": Taxonomy.ACCESS,
}
# What a small whole number holds; nothing is told apart so far down.
_LAST_ORDER = 100
# Filters of the address on what stands on the service itself, with the document's field.
SERVICE_FILTERS = {
    "category": "categories",
    "need": "needs",
    "kind": "kind",
    "cost": "costs",
    "for": "audiences",
    "language": "languages",
}


@dataclass(frozen=True)
class Vocabulary:
    """Values by filter name, and the terms behind them."""

    values: Mapping[str, Sequence[str]]
    terms: Mapping[tuple[Taxonomy, str], Term]

    @cached_property
    def places(self) -> Mapping[str, Mapping[Any, int]]:
        """The place of each value in its filter's order."""
        return {name: {value: place for place, value in enumerate(values)} for name, values in self.values.items()}

    def knows(self, name: str, value: str) -> bool:
        """Say whether a filter has a value."""
        return value in self.places[name]

    def is_offered(self, name: str, value: str) -> bool:
        """Say whether a value of a filter that is made of terms is one that can be chosen for new things."""
        term = self.terms.get((_TAXONOMIES[name], value))
        return term is not None and term.is_offered

    def label(self, name: str, value: str) -> str:
        """Return what a resident reads for a value of a filter that is made of terms."""
        term = self.terms.get((_TAXONOMIES[name], value))
        return value if term is None else term.plain_name or term.name


def vocabulary_of(terms: Iterable[Term], documents: Iterable[Document]) -> Vocabulary:
    """Return all terms, and the languages and areas that the documents use."""
    terms = tuple(terms)
    values: dict[str, list[Any]] = {
        name: [term.slug for term in terms if term.taxonomy is taxonomy] for name, taxonomy in _TAXONOMIES.items()
    }
    languages: set[str] = set()
    areas: set[Any] = set()
    for document in documents:
        languages |= document.languages
        areas |= document.areas
    values["kind"] = [kind.value for kind in ServiceKind]
    values["cost"] = list(COST_CHOICES)
    values["language"] = sorted(languages)
    values["area"] = sorted(areas)
    return Vocabulary(values, {(term.taxonomy, term.slug): term for term in terms})


def orders(lists: Iterable[Sequence[str]], places: Mapping[str, int]) -> NDArray[np.int8]:
    """Return for each list a row that says at the place of each value whether it is the first (1), second and so on."""
    rows = list(lists)
    found = np.zeros((len(rows), len(places)), np.int8)
    for row, values in enumerate(rows):
        for order, value in enumerate(values, start=1):
            if value in places:
                found[row, places[value]] = min(order, _LAST_ORDER)
    return found


def fits(vocabulary: Vocabulary, documents: Iterable[Document], terms: Iterable[Term]) -> bool:
    """Say whether documents can be added to columns of this vocabulary."""
    if dict(vocabulary.terms) != {(term.taxonomy, term.slug): term for term in terms}:
        return False
    places = vocabulary.places
    return all(
        document.languages <= places["language"].keys() and document.areas <= places["area"].keys()
        for document in documents
    )
