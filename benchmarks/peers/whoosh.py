"""Whoosh as it comes: its own scoring, its own filters and its own counting."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from whoosh import fields, index, qparser, query, sorting
from whoosh.analysis import StemmingAnalyzer

from benchmarks.peers.shapes import BEST, FIELDS, Answered, Listing, Wanted
from portal.search.constants import FIELD_WEIGHTS


class PlainWhoosh:
    """BM25F over stemmed fields, numeric ranges, and facets by value."""

    name: ClassVar[str] = "Whoosh's own searcher"
    _searcher: Any = None

    def begin(self, listings: Iterable[Listing], folder: Path) -> None:
        """Build the index."""
        self._path = folder / "peer-whoosh"
        self._path.mkdir()
        weights = zip(FIELDS, FIELD_WEIGHTS, strict=True)
        texts = {
            name: fields.TEXT(analyzer=StemmingAnalyzer(), field_boost=weight, phrase=False) for name, weight in weights
        }
        spots = {name: fields.NUMERIC(float) for name in ("latitude", "longitude")}
        values = fields.KEYWORD(commas=True, sortable=True)
        schema = fields.Schema(number=fields.STORED(), value=values, **texts, **spots)
        writer = index.create_in(str(self._path), schema).writer(limitmb=64)
        for one in listings:
            # It takes one number for each document: the first venue stands for all.
            spot = dict(zip(("latitude", "longitude"), one.positions[0], strict=True)) if one.positions else {}
            named = dict(zip(FIELDS, one.texts, strict=True))
            writer.add_document(number=one.number, value=",".join(one.values), **named, **spot)
        writer.commit()
        self.forget()

    def ask(self, wanted: Wanted) -> Answered:
        """Answer one question."""
        words = self._parser.parse(" ".join(wanted.words))
        height, width = wanted.spans
        near = [
            query.NumericRange("latitude", wanted.latitude - height, wanted.latitude + height),
            query.NumericRange("longitude", wanted.longitude - width, wanted.longitude + width),
        ]
        by_value = sorting.FieldFacet("value", allow_overlap=True, maptype=sorting.Count)
        found: Any = self._searcher.search(words, filter=query.And(near), limit=BEST, groupedby={"value": by_value})
        counts: dict[str, int] = found.groups("value")
        return Answered(len(found), [hit["number"] for hit in found], counts)

    def forget(self) -> None:
        """Open the index anew."""
        if self._searcher is not None:
            self._searcher.close()
        opened = index.open_dir(str(self._path))
        self._searcher = opened.searcher()
        self._parser = qparser.MultifieldParser(list(FIELDS), opened.schema, group=qparser.AndGroup)

    def end(self) -> None:
        """Close the index."""
        self._searcher.close()
