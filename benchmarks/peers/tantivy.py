"""Tantivy, the search library written in Rust, which only the bench installs."""

import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from benchmarks.peers.shapes import BEST, FIELDS, Answered, Listing, Wanted
from portal.search.constants import FIELD_WEIGHTS

_MOST_VALUES = 500


class Tantivy:
    """Stemmed fields, ranges over positions, and its own counting of values."""

    name: ClassVar[str] = "Tantivy"

    def begin(self, listings: Iterable[Listing], folder: Path) -> None:
        """Build the index. Raises ImportError when the library is not here."""
        self._library: Any = importlib.import_module("tantivy")
        fields = self._library.SchemaBuilder()
        for name in FIELDS:
            fields.add_text_field(name, tokenizer_name="en_stem")
        fields.add_integer_field("number", stored=False, fast=True, indexed=False)
        for name in ("latitude", "longitude"):
            fields.add_float_field(name, stored=False, fast=True, indexed=False)
        fields.add_text_field("value", fast=True, tokenizer_name="raw", index_option="basic")
        self._schema = fields.build()
        path = folder / "peer-tantivy"
        path.mkdir()
        self._index = self._library.Index(self._schema, path=str(path))
        writer = self._index.writer(200_000_000, 1)
        for one in listings:
            document = self._library.Document()
            for name, text in zip(FIELDS, one.texts, strict=True):
                document.add_text(name, text)
            document.add_integer("number", one.number)
            for latitude, longitude in one.positions:
                document.add_float("latitude", latitude)
                document.add_float("longitude", longitude)
            for held in one.values:
                document.add_text("value", held)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self.forget()

    def ask(self, wanted: Wanted) -> Answered:
        """Answer one question. It knows no circles: a box around it stands in, which is a little less work."""
        query = self._query(wanted)
        found = self._searcher.search(query, BEST, count=True)
        best = self._searcher.fast_field_values("number", [address for _score, address in found.hits])
        asked = {"values": {"terms": {"field": "value", "size": _MOST_VALUES}}}
        buckets = self._searcher.aggregate(query, asked)["values"]["buckets"]
        return Answered(found.count, best, {bucket["key"]: bucket["doc_count"] for bucket in buckets})

    def _query(self, wanted: Wanted) -> Any:
        library = self._library
        weights = dict(zip(FIELDS, FIELD_WEIGHTS, strict=True))
        text = " ".join(f'"{word}"' for word in wanted.words)
        words = self._index.parse_query(text, list(FIELDS), field_boosts=weights, conjunction_by_default=True)
        height, width = wanted.spans
        kind, must = library.FieldType.Float, library.Occur.Must
        spans = {
            "latitude": (wanted.latitude - height, wanted.latitude + height),
            "longitude": (wanted.longitude - width, wanted.longitude + width),
        }
        near = [library.Query.range_query(self._schema, name, kind, *ends) for name, ends in spans.items()]
        quiet = [library.Query.const_score_query(one, 0.0) for one in near]
        return library.Query.boolean_query([(must, words), *((must, one) for one in quiet)])

    def forget(self) -> None:
        """Open the index anew."""
        self._index.reload()
        self._searcher = self._index.searcher()

    def end(self) -> None:
        """Let go of the index."""
        del self._searcher, self._index
