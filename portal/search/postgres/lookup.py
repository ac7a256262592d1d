"""Looks words up in PostgreSQL for the same rules of meaning that the embedded engine follows.

The rules (portal.search.text.meeting) ask where a word stands and with what weight. Here that is asked of the
tsvectors; slips of the finger are looked up among the words by pg_trgm. Rows are the numbers of the
services. What was looked up is kept until anything changes.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portal.search.constants import FIELD_WEIGHTS, LEAST_PART
from portal.search.index.stems import stem
from portal.search.postgres.bits import NEED_PLACES, read_bits
from portal.search.postgres.postings import TableSource, Term
from portal.search.postgres.reading import patiently, rows_of
from portal.search.postgres.tables import WORD
from portal.search.postgres.writing import BETWEEN
from portal.search.state import CATEGORY_WEIGHT, NEED_WEIGHTS
from portal.search.text.lexicon import Lexicon, slips_allowed
from portal.search.text.lookup import Found, Lookup, Scores, Terms
from portal.search.text.sources import Form, Rows
from portal.search.text.spelling import spellings
from portal.search.text.units import Unit

# A slip changes at most so many of a word's trigrams: those that two swapped letters belong to.
_TRIGRAMS_OF_A_SLIP = 4


class TableLookup(Lookup):
    """The words of all services of the tables as they were at one change."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        """`numbers` are those of all services."""
        alive = np.zeros(int(numbers.max(initial=-1)) + 1, bool)
        alive[numbers] = True
        self._needs, self._categories = (Terms({}, np.zeros((0, 0), bool), np.zeros(1)) for _ in range(2))
        self.source = TableSource(len(alive))
        super().__init__((self.source,), alive, (), self._needs, self._categories)
        self._known: dict[str, bool] = {}
        self._bearing: dict[tuple[str, str], Scores] = {}
        self._near: dict[str, list[tuple[int, str]]] = {}

    def bearing(self, terms: Terms, slug: str) -> Scores:
        """Return how much a need or a category counts for each service, 0 where it does not bear it."""
        name = "need" if terms is self._needs else "category"
        if (name, slug) not in self._bearing:
            scores = self.nothing()
            # Of a need from the least to the most: further on in the list of the service, second, first.
            weights = zip(("need", *NEED_PLACES), NEED_WEIGHTS[:0:-1].tolist(), strict=True)
            for held_as, weight in weights if name == "need" else [(name, CATEGORY_WEIGHT)]:
                held = read_bits(held_as, slug)
                scores[held[held < self.count]] = weight
            self._bearing[name, slug] = scores
        return self._bearing[name, slug]

    def side_by_side(self, words: Sequence[str], among: Rows) -> Found:
        """Return which of some rows hold words side by side within one field, with the weight of the best field."""
        wanted = f" {' '.join(words)} "
        asked = (
            "SELECT number, texts FROM search.document "
            "WHERE number = ANY (%(among)s::integer[]) AND strpos(texts, %(wanted)s) > 0 ORDER BY number"
        )
        rows, values = [], []
        for number, texts in rows_of(asked, {"among": among.tolist(), "wanted": wanted}) if len(among) else ():
            fields = texts[1:-1].split(BETWEEN)
            best = next((field for field, text in enumerate(fields) if wanted in f" {text} "), None)
            if best is not None:
                rows.append(number)
                values.append(FIELD_WEIGHTS[best])
        return Found(np.array(rows, np.int64), np.array(values, np.float64))

    def knows(self, word: str) -> bool:
        """Say whether a word stands in a service as it is written."""
        if word not in self._known:
            self._learn([word])
        return self._known[word]

    def splits(self, word: str) -> dict[tuple[str, str], Found]:
        """Return the pairs of known words that make up a word and stand side by side somewhere."""
        cuts = range(LEAST_PART, len(word) - LEAST_PART + 1)
        halves = [half for cut in cuts for half in (word[:cut], word[cut:])]
        # The singular or plural of a half may be asked for as well.
        forms = [form for half in halves for form in (half, half.removesuffix("s"), f"{half}s")]
        self._learn(forms)
        self.source.look_up((Form.EXACT, form) for form in forms if self._known[form])
        return super().splits(word)

    @cached_property
    def _has_trigrams(self) -> bool:
        asked = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')"
        return bool(rows_of(asked, {})[0][0])

    def near(self, word: str) -> list[tuple[int, str]]:
        """Return at most 20 (slips, word) near to a word, nearest first."""
        most = slips_allowed(word)
        if not most:
            return []
        if word not in self._near:
            found = Lexicon(_candidates(word, most, has_trigrams=self._has_trigrams)).near(word)
            # Each of them will be looked for.
            self.source.look_up(terms_of(other for _slips, other in found))
            self._near[word] = found
        return self._near[word]

    def _learn(self, words: Iterable[str]) -> None:
        fresh = [word for word in dict.fromkeys(words) if word not in self._known]
        if fresh:
            asked = "SELECT term FROM search.term WHERE form = %(form)s AND term = ANY (%(words)s::text[])"
            known = {term for (term,) in rows_of(asked, {"form": WORD, "words": fresh})}
            self._known |= {word: word in known for word in fresh}


def words_of(unit: Unit) -> set[str]:
    """Return all words by which a unit may be met as they are: its own, joined ones, and those of other phrases."""
    words = {*unit.words, *unit.joined}
    for phrase in unit.meant.phrases if unit.meant else ():
        words |= {*phrase, "".join(phrase)} if len(phrase) == 2 else set(phrase)
    return words.union(*(words_of(part) for part in unit.parts))


def terms_of(words: Iterable[str]) -> list[Term]:
    """Return what is looked up for words and for their other spellings."""
    every = {form for word in words for form in (word, *spellings(word))}
    return sorted({(Form.EXACT, word) for word in every} | {(Form.STEM, stem(word)) for word in every}, key=str)


def _candidates(word: str, most: int, *, has_trigrams: bool) -> list[str]:
    """Return all words of the tables that may be within so many slips of a word.

    Each slip leaves all but four of a word's trigrams as they are, so that words with too little in common are left
    out by an index. Words that are not plain letters are compared by length alone, for what a letter is there
    depends on the settings of the database.
    """
    asked = (
        "SELECT term FROM search.term WHERE form = 'word' "
        "AND char_length(term) BETWEEN %(length)s - %(most)s AND %(length)s + %(most)s"
    )
    values: dict[str, Any] = {"length": len(word), "most": most}
    with patiently() as connection:
        if word.isascii() and has_trigrams:
            connection.exec_driver_sql(
                "SELECT set_config('pg_trgm.similarity_threshold', %(least)s, false)",
                {"least": f"{_least(word, most):.4f}"},
            )
            asked, values = f"{asked} AND term %% %(word)s", values | {"word": word}
        return [term for (term,) in connection.exec_driver_sql(asked, values)]


def _least(word: str, most: int) -> float:
    """Return the least similarity (shared trigrams among all of both) of words within so many slips."""
    padded = f"  {word} "
    own = len({padded[place : place + 3] for place in range(len(padded) - 2)})
    shared = max(1, own - _TRIGRAMS_OF_A_SLIP * most)
    return max(0.0, shared / (own + len(word) + most + 1 - shared) - 0.001)
