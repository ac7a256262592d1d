"""The search to compare with: what somebody writes with SQLite's FTS5 in an hour, over the same texts."""

import re
import sqlite3
from collections.abc import Collection, Iterable, Sequence

from portal.search.constants import FIELD_WEIGHTS
from portal.search.text.words import tokens

FIELDS = ("name", "terms", "organisation", "summary", "places", "description")
_PIECE = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')


class PlainSearch:
    """A table of texts with SQLite's stemmer (Porter), ranked by bm25 with the same weights of fields as ours."""

    def __init__(self, texts: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Take the key and the folded fields of every service, in the order of FIELDS."""
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            f"CREATE VIRTUAL TABLE listing USING fts5(key UNINDEXED, {', '.join(FIELDS)}, "
            "tokenize = 'porter unicode61 remove_diacritics 2')"
        )
        marks = ", ".join("?" * (len(FIELDS) + 1))
        self._database.executemany(f"INSERT INTO listing VALUES ({marks})", [(key, *fields) for key, fields in texts])

    def find(self, question: str, allowed: Collection[str], most: int = 20) -> list[str]:
        """Return the keys of the best services among those that the filters let through.

        All words have to be there; if that finds nothing, any of them is enough. "Phrases" and -without are passed on.
        """
        asked, barred = _pieces(question)
        for joined in (" AND ", " OR "):
            found = self._rank(joined.join(asked), barred) if asked else []
            shown = [key for key in found if key in allowed]
            if shown:
                return shown[:most]
        return []

    def _rank(self, asked: str, barred: Sequence[str]) -> list[str]:
        match = f"({asked})" + "".join(f" NOT {piece}" for piece in barred)
        weights = ", ".join(f"{weight:g}" for weight in (0, *FIELD_WEIGHTS))
        ranked = f"SELECT key FROM listing WHERE listing MATCH ? ORDER BY bm25(listing, {weights}), key"
        return [key for (key,) in self._database.execute(ranked, (match,))]


def _pieces(question: str) -> tuple[list[str], list[str]]:
    """Return (wanted, barred) words and phrases, each quoted, so that nothing in them is read as an operator."""
    wanted: list[str] = []
    barred: list[str] = []
    for minus, phrase, word in _PIECE.findall(question):
        words = " ".join(tokens(phrase or word))
        if words:
            (barred if minus else wanted).append(f'"{words}"')
    return wanted, barred
