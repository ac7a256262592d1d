"""Looks words up in PostgreSQL for the same rules of meaning that the embedded engine follows.

The rules (portal.search.text.meeting) ask where a word stands and with what weight. Here that is asked of the
tsvectors; slips of the finger are looked up among the words by pg_trgm. Rows are the numbers of the
services. What was looked up is kept until anything changes.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from portal.search.constants import FIELD_WEIGHTS, LEAST_PART
from portal.search.index.stems import stem
from portal.search.postgres.lexemes import anywhere, in_field
from portal.search.postgres.reading import patiently
from portal.search.postgres.tables import FLAG, WORD
from portal.search.postgres.writing import BETWEEN
from portal.search.state import CATEGORY_WEIGHT, NEED_WEIGHTS
from portal.search.text.lexicon import Lexicon, slips_allowed
from portal.search.text.lookup import Found, Lookup, Scores, Terms
from portal.search.text.sources import Form, Rows, Weights
from portal.search.text.spelling import spellings
from portal.search.text.units import Unit

_WEIGHTS = np.array(FIELD_WEIGHTS)
# As many terms as are asked for in one statement.
_TERMS_AT_ONCE = 40
# A slip changes at most so many of a word's trigrams: those that two swapped letters belong to.
_TRIGRAMS_OF_A_SLIP = 4

Term = tuple[Form, str]


class TableSource:
    """The tsvectors of all services as a source of words."""

    def __init__(self, count: int) -> None:
        """Services with the number `count` or a higher one have come since, and are left out."""
        self._count = count
        self._found: dict[Term, tuple[Rows, Weights]] = {}

    def find(self, form: Form, term: str) -> tuple[Rows, Weights]:
        """Return the numbers of the services that hold a term, and how much it weighs there."""
        if (form, term) not in self._found:
            self.look_up([(form, term)])
        return self._found[form, term]

    def look_up(self, terms: Iterable[Term]) -> None:
        """Find terms that will be asked for, many in one statement."""
        fresh = [term for term in dict.fromkeys(terms) if term not in self._found]
        for start in range(0, len(fresh), _TERMS_AT_ONCE):
            part = fresh[start : start + _TERMS_AT_ONCE]
            with patiently() as connection:
                rows = connection.exec_driver_sql(*_postings(part)).all()
            for place, numbers, fields in rows:
                held = np.array(numbers or (), np.int64)
                weights = _WEIGHTS[np.array(fields or (), np.int64)]
                self._found[part[place]] = held[held < self._count], weights[held < self._count]

    def lexicon(self) -> Lexicon:
        """Return no words: the tables know them."""
        return Lexicon(())


def _postings(terms: Sequence[Term]) -> tuple[str, dict[str, str]]:
    parts, values = [], {}
    for place, (form, term) in enumerate(terms):
        values[f"q{place}"] = anywhere(form, term)
        whens = []
        for field in range(len(FIELD_WEIGHTS) - 1):
            values[f"q{place}_{field}"] = in_field(form, term, field)
            whens.append(f"WHEN words @@ %(q{place}_{field})s::tsquery THEN {field}")
        grade = f"CASE {' '.join(whens)} ELSE {len(FIELD_WEIGHTS) - 1} END"
        parts.append(
            f"SELECT {place}, array_agg(number), array_agg({grade}) "
            f"FROM search.document WHERE words @@ %(q{place})s::tsquery"
        )
    return " UNION ALL ".join(parts), values


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
        self._bearing: dict[str, Scores] = {}
        self._near: dict[str, list[tuple[int, str]]] = {}

    def bearing(self, terms: Terms, slug: str) -> Scores:
        """Return how much a need or a category counts for each service, 0 where it does not bear it."""
        is_need = terms is self._needs
        flag = f"{'need' if is_need else 'category'}:{slug}"
        if flag not in self._bearing:
            scores = self.nothing()
            asked = "SELECT number, flags FROM search.document WHERE flags @> ARRAY[%(flag)s]::text[]"
            for number, flags in _rows(asked, flag=flag):
                if number < self.count:
                    needs = [one for one in flags if one.startswith("need:")]
                    place = min(needs.index(flag) + 1, len(NEED_WEIGHTS) - 1) if is_need else 0
                    scores[number] = NEED_WEIGHTS[place] if is_need else CATEGORY_WEIGHT
            self._bearing[flag] = scores
        return self._bearing[flag]

    def side_by_side(self, words: Sequence[str], among: Rows) -> Found:
        """Return which of some rows hold words side by side within one field, with the weight of the best field."""
        wanted = f" {' '.join(words)} "
        asked = (
            "SELECT number, texts FROM search.document "
            "WHERE number = ANY (%(among)s::integer[]) AND strpos(texts, %(wanted)s) > 0 ORDER BY number"
        )
        rows, values = [], []
        for number, texts in _rows(asked, among=among.tolist(), wanted=wanted) if len(among) else ():
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
        self._learn([form for half in halves for form in (half, half.removesuffix("s"), f"{half}s")])
        return super().splits(word)

    def near(self, word: str) -> list[tuple[int, str]]:
        """Return at most 20 (slips, word) near to a word, nearest first."""
        most = slips_allowed(word)
        if not most:
            return []
        if word not in self._near:
            self._near[word] = Lexicon(_candidates(word, most)).near(word)
        return self._near[word]

    def _learn(self, words: Iterable[str]) -> None:
        fresh = [word for word in dict.fromkeys(words) if word not in self._known]
        if fresh:
            asked = "SELECT term FROM search.term WHERE form = %(form)s AND term = ANY (%(words)s::text[])"
            known = {term for (term,) in _rows(asked, form=WORD, words=fresh)}
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


def read_numbers(connection: sa.Connection) -> NDArray[np.int64]:
    """Return the numbers of all services in the tables."""
    found = connection.exec_driver_sql("SELECT coalesce(array_agg(number), '{}') FROM search.document").scalar_one()
    return np.array(found, np.int64)


def read_flags(connection: sa.Connection, name: str) -> dict[str, int]:
    """Return how many services bear each value of a filter on the service, those that none bears left out."""
    asked = (
        "SELECT substr(term, %(length)s + 2) AS value, services FROM search.term "
        "WHERE form = %(form)s AND term LIKE %(like)s"
    )
    rows = connection.exec_driver_sql(asked, {"length": len(name), "form": FLAG, "like": f"{name}:%"})
    return {row.value: row.services for row in rows}


def _candidates(word: str, most: int) -> list[str]:
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
        if word.isascii() and _has_trigrams(connection):
            connection.exec_driver_sql(
                "SELECT set_config('pg_trgm.similarity_threshold', %(least)s, true)",
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


def _has_trigrams(connection: sa.Connection) -> bool:
    asked = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')"
    return bool(connection.exec_driver_sql(asked).scalar_one())


def _rows(statement: str, **values: Any) -> Sequence[Any]:
    with patiently() as connection:
        return connection.exec_driver_sql(statement, values).all()
