"""Where the services that hold a word are looked up: the index on disk, or the documents in memory."""

import enum
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from portal.search.text.lexicon import Lexicon
from portal.search.text.words import weigh

Rows: TypeAlias = NDArray[np.int64]
Weights: TypeAlias = NDArray[np.float64]

NO_ROWS: Rows = np.empty(0, np.int64)
NO_WEIGHTS: Weights = np.empty(0, np.float64)


class Form(enum.Enum):
    """What is looked up: the word as it is written, or its stem."""

    EXACT = "exact"
    STEM = "stem"


class Source(Protocol):
    """A part of all services. Each service stands in one source only."""

    def find(self, form: Form, term: str) -> tuple[Rows, Weights]:
        """Return the rows of the services that hold a term, each once, and how much it weighs there."""

    def lexicon(self) -> Lexicon:
        """Return the words that stand in this part."""


class MemorySource:
    """Looks words up in the documents themselves: what the index does not know yet, or all while it is rebuilt."""

    def __init__(self, documents: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Take (row, folded fields) of each service."""
        found: dict[Form, dict[str, tuple[list[int], list[float]]]] = {Form.EXACT: {}, Form.STEM: {}}
        for row, texts in documents:
            for form, weights in zip(Form, weigh(texts), strict=True):
                terms = found[form]
                for term, weight in weights.items():
                    rows, values = terms.setdefault(term, ([], []))
                    rows.append(row)
                    values.append(weight)
        self._terms = found
        self._lexicon: Lexicon | None = None

    def find(self, form: Form, term: str) -> tuple[Rows, Weights]:
        """Return the rows that hold a term and its weight there."""
        rows, weights = self._terms[form].get(term, ((), ()))
        return np.array(rows, np.int64), np.array(weights, np.float64)

    def lexicon(self) -> Lexicon:
        """Return the words of these documents."""
        if self._lexicon is None:
            self._lexicon = Lexicon(self._terms[Form.EXACT])
        return self._lexicon
