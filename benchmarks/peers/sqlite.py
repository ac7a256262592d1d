"""SQLite's full text index with its tree of boxes."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from benchmarks.peers.shapes import BEST, FIELDS, Answered, Listing, Wanted
from portal.search.constants import FIELD_WEIGHTS

_TABLES = f"""
CREATE VIRTUAL TABLE words USING fts5({", ".join(FIELDS)}, content='', tokenize='porter unicode61');
CREATE VIRTUAL TABLE spot USING rtree(id, south, north, west, east, +listing);
CREATE TABLE value (listing INTEGER, value TEXT, PRIMARY KEY (listing, value)) WITHOUT ROWID;
"""
_FOUND = f"""
CREATE TEMP TABLE found AS
WITH near AS MATERIALIZED (
    SELECT DISTINCT listing FROM spot
    WHERE north >= :south AND south <= :north AND east >= :west AND west <= :east
      AND ((south - :latitude) / :height) * ((south - :latitude) / :height)
        + ((west - :longitude) / :width) * ((west - :longitude) / :width) <= 1
)
SELECT rowid AS listing, bm25(words, {", ".join(map(str, FIELD_WEIGHTS))}) AS score FROM words
WHERE words MATCH :match AND rowid IN (SELECT listing FROM near)
"""
_COUNTS = "SELECT value, count(*) FROM found JOIN value USING (listing) GROUP BY value"


class FullTextSqlite:
    """FTS5 with the stemmer that it ships, R*Tree, and a table of values."""

    name: ClassVar[str] = "SQLite FTS5 with R*Tree"

    def begin(self, listings: Iterable[Listing], folder: Path) -> None:
        """Build the tables."""
        self._path = folder / "peer.sqlite3"
        self._connection = sqlite3.connect(self._path)
        self._connection.executescript(_TABLES)
        spots = 0
        for one in listings:
            self._connection.execute(
                f"INSERT INTO words (rowid, {', '.join(FIELDS)}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (one.number, *one.texts),
            )
            for latitude, longitude in one.positions:
                spots += 1
                row = (spots, latitude, latitude, longitude, longitude, one.number)
                self._connection.execute("INSERT INTO spot VALUES (?, ?, ?, ?, ?, ?)", row)
            self._connection.executemany("INSERT INTO value VALUES (?, ?)", [(one.number, held) for held in one.values])
        self._connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        self._connection.commit()
        self._connection.execute("ANALYZE")

    def ask(self, wanted: Wanted) -> Answered:
        """Answer one question: what is found goes to a temporary table, from which it is listed and counted."""
        height, width = wanted.spans
        asked = {
            "match": " ".join(f'"{word}"' for word in wanted.words),
            "latitude": wanted.latitude,
            "longitude": wanted.longitude,
            "south": wanted.latitude - height,
            "north": wanted.latitude + height,
            "west": wanted.longitude - width,
            "east": wanted.longitude + width,
            "height": height,
            "width": width,
        }
        run = self._connection.execute
        run(_FOUND, asked)
        best = run("SELECT listing FROM found ORDER BY score LIMIT ?", (BEST,)).fetchall()
        total = run("SELECT count(*) FROM found").fetchone()[0]
        counts = dict(run(_COUNTS).fetchall())
        run("DROP TABLE found")
        return Answered(total, [row[0] for row in best], counts)

    def forget(self) -> None:
        """Open the file anew."""
        self._connection.close()
        self._connection = sqlite3.connect(self._path)

    def end(self) -> None:
        """Close the file."""
        self._connection.close()
