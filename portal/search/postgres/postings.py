"""In which services words stand, and in which field: asked of the tsvectors, and kept until anything changes."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from portal.search.constants import FIELD_WEIGHTS
from portal.search.postgres.lexemes import end_of
from portal.search.postgres.reading import rows_of
from portal.search.postgres.tables import STEM, WORD
from portal.search.text.lexicon import Lexicon
from portal.search.text.sources import NO_ROWS, NO_WEIGHTS, Form, Rows, Weights

_FORMS = {Form.EXACT: WORD, Form.STEM: STEM}
# The index is asked once for each field. Words that stand nowhere are left out before anything is looked for.
_POSTINGS = f"""
    SELECT asked.place, field, numbers
    FROM unnest(%(forms)s::text[], %(terms)s::text[], %(ends)s::text[]) WITH ORDINALITY
        AS asked (form, term, rest, place)
    CROSS JOIN generate_series(0, {len(FIELD_WEIGHTS) - 1}) AS field
    CROSS JOIN LATERAL (
        SELECT array_agg(number) AS numbers FROM search.document WHERE words @@ ('''' || field || rest)::tsquery
    ) AS held
    WHERE (SELECT services FROM search.term WHERE term.form = asked.form AND term.term = asked.term) > 0
        AND numbers IS NOT NULL
"""

# Rows that are kept; beyond it all are forgotten and looked up again.
_MOST_KEPT = 2_000_000

Term = tuple[Form, str]


class TableSource:
    """The tsvectors of all services as a source of words."""

    def __init__(self, count: int) -> None:
        """Services with the number `count` or a higher one have come since, and are left out."""
        self._count = count
        self._found: dict[Term, tuple[Rows, Weights]] = {}
        self._kept = 0

    def find(self, form: Form, term: str) -> tuple[Rows, Weights]:
        """Return the numbers of the services that hold a term, and how much it weighs there."""
        if (form, term) not in self._found:
            self.look_up([(form, term)])
        return self._found[form, term]

    def look_up(self, terms: Iterable[Term]) -> None:
        """Find terms that will be asked for, all in one statement."""
        fresh = [term for term in dict.fromkeys(terms) if term not in self._found]
        if not fresh:
            return
        if self._kept > _MOST_KEPT:
            self._found, self._kept = {}, 0
        found: dict[int, list[tuple[NDArray[np.int64], float]]] = {}
        values = {
            "forms": [_FORMS[form] for form, _term in fresh],
            "terms": [term for _form, term in fresh],
            "ends": [end_of(form, term) for form, term in fresh],
        }
        for place, field, numbers in rows_of(_POSTINGS, values):
            held = np.array(numbers, np.int64)
            found.setdefault(place - 1, []).append((held[held < self._count], FIELD_WEIGHTS[field]))
        for place, term in enumerate(fresh):
            parts = found.get(place, [])
            rows = np.concatenate([NO_ROWS, *(held for held, _weight in parts)])
            weights = np.concatenate([NO_WEIGHTS, *(np.full(len(held), weight) for held, weight in parts)])
            self._found[term] = rows, weights
            self._kept += len(rows)

    def lexicon(self) -> Lexicon:
        """Return no words: the tables know them."""
        return Lexicon(())
