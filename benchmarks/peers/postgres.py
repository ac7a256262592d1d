"""PostgreSQL's full text search, as one would write it by hand: indexes of words and of points, and one statement."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import psycopg

from benchmarks.peers.shapes import BEST, Answered, Listing, UnavailableError, Wanted

_TABLES = """
CREATE TABLE listing (number integer PRIMARY KEY, words tsvector NOT NULL, labels text[] NOT NULL);
CREATE TABLE spot (number integer NOT NULL, at point NOT NULL);
"""
_INDEXES = """
CREATE INDEX ON listing USING gin (words);
CREATE INDEX ON spot USING gist (at);
CREATE INDEX ON spot (number);
ANALYZE;
"""
_WEIGHTS = ("A", "B", "B", "C", "C", "D")
_INSERT = "INSERT INTO listing VALUES (%s, {}, %s)".format(
    " || ".join(f"setweight(to_tsvector('english', %s), '{weight}')" for weight in _WEIGHTS)
)
_ASK = """
WITH near AS MATERIALIZED (
    SELECT DISTINCT number FROM spot WHERE at <@ box(point(%(south)s, %(west)s), point(%(north)s, %(east)s))
      AND ((at[0] - %(latitude)s) / %(height)s) ^ 2 + ((at[1] - %(longitude)s) / %(width)s) ^ 2 <= 1
), found AS MATERIALIZED (
    SELECT number, labels, ts_rank('{0.3, 0.45, 0.7, 1.0}', words, asked) AS score
    FROM listing JOIN near USING (number), plainto_tsquery('english', %(words)s) AS asked WHERE words @@ asked
)
SELECT (SELECT count(*) FROM found),
  ARRAY(SELECT number FROM found ORDER BY score DESC, number LIMIT %(best)s),
  (SELECT json_object_agg(label, times) FROM
    (SELECT label, count(*) AS times FROM found CROSS JOIN unnest(labels) AS label GROUP BY label) AS counted)
"""


class Postgres:
    """A tsvector with weights under GIN, points under GiST."""

    name: ClassVar[str] = "PostgreSQL"

    def begin(self, listings: Iterable[Listing], folder: Path) -> None:  # noqa: ARG002
        """Start a server of its own and fill it. Raises UnavailableError when PostgreSQL is not installed."""
        from tests import postgres

        programs = postgres.find_programs()
        if programs is None:
            raise UnavailableError(postgres.INSTALL)
        self._held = ExitStack()
        address = self._held.enter_context(postgres.serve(programs)).replace("postgresql+psycopg", "postgresql")
        self._address = address
        self._connection = psycopg.connect(address, autocommit=True)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(_TABLES)
            for one in listings:
                cursor.execute(_INSERT.encode(), (one.number, *one.texts, list(one.values)))
                for latitude, longitude in one.positions:
                    cursor.execute("INSERT INTO spot VALUES (%s, point(%s, %s))", (one.number, latitude, longitude))
        self._connection.execute(_INDEXES)

    def ask(self, wanted: Wanted) -> Answered:
        """Answer one question."""
        height, width = wanted.spans
        asked = {
            "words": " ".join(wanted.words),
            "latitude": wanted.latitude,
            "longitude": wanted.longitude,
            "south": wanted.latitude - height,
            "north": wanted.latitude + height,
            "west": wanted.longitude - width,
            "east": wanted.longitude + width,
            "height": height,
            "width": width,
            "best": BEST,
        }
        row = self._connection.execute(_ASK, asked).fetchone()
        total, best, counts = row or (0, [], None)
        return Answered(total, best, counts or {})

    def forget(self) -> None:
        """Ask over a new connection. What the server keeps in memory stays."""
        self._connection.close()
        self._connection = psycopg.connect(self._address, autocommit=True)

    def end(self) -> None:
        """Stop the server and remove it."""
        self._connection.close()
        self._held.close()
