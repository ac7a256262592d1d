"""Reads the index on disk: which documents it holds, and where a word stands in them."""

import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.filedb.filestore import RamStorage
from whoosh.filedb.structfile import BufferFile
from whoosh.index import TOC
from whoosh.reading import SegmentReader

from portal.directory.index_queries import Watermark
from portal.search.index.folder import DamagedIndexError, IndexFolder
from portal.search.index.schema import STATE
from portal.search.text.lexicon import Lexicon
from portal.search.text.sources import NO_ROWS, NO_WEIGHTS, Form, Rows, Weights

# Decoded postings that are kept for one segment; beyond it they are forgotten and read again.
_KEPT_POSTINGS = 2_000_000
# The library's name for an index that was given none.
_NAME = "MAIN"
# What it costs to remember a term, also one that stands nowhere, in postings.
_ROWS_FOR_TERM = 16


class _Files(RamStorage):
    """Files in memory that are read where they are: the library's own storage copies each of them once more."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.files = files

    def open_file(self, name: str, **options: Any) -> BufferFile:
        """Open a file that is there. Raises KeyError."""
        return BufferFile(self.files[name], name=name, **options)


class Segment:
    """One segment, which never changes but for documents that are taken out of it; so what was read is kept."""

    def __init__(self, leaf: Any) -> None:
        self.leaf = leaf
        names = [leaf.stored_fields(number)["id"] for number in range(leaf.doc_count_all())]
        self.ids: Sequence[int | None] = [None if name == STATE else uuid.UUID(name).int for name in names]
        # Where the segment says which change the index holds, if it does.
        self.state_at = names.index(STATE) if STATE in names else None
        self._postings: dict[tuple[Form, str], tuple[Rows, Weights]] = {}
        self._kept = 0
        self._words: frozenset[str] | None = None
        # A segment's files share one reading position.
        self._reading = threading.Lock()

    def words(self) -> frozenset[str]:
        """Return every word as it is written."""
        if self._words is None:
            with self._reading:
                self._words = frozenset(term.decode() for term in self.leaf.lexicon(Form.EXACT.value))
        return self._words

    def find(self, form: Form, term: str) -> tuple[Rows, Weights]:
        """Return (numbers of documents, weights) of a term. Documents that were taken out may still be there."""
        key = (form, term)
        if key not in self._postings:
            with self._reading:
                found = _decode(self.leaf, form.value, term.encode())
            if self._kept > _KEPT_POSTINGS:
                self.forget()
            self._postings[key] = found
            self._kept += len(found[0]) + _ROWS_FOR_TERM
        return self._postings[key]

    def forget(self) -> None:
        """Forget the postings that were decoded."""
        self._postings, self._kept = {}, 0


def _decode(leaf: Any, field: str, term: bytes) -> tuple[Rows, Weights]:
    if (field, term) not in leaf:
        return NO_ROWS, NO_WEIGHTS
    numbers, weights = [], []
    matcher = leaf.postings(field, term)
    while matcher.is_active():
        numbers.append(matcher.id())
        weights.append(matcher.weight())
        matcher.next()
    # The disk keeps single precision; rounding gives back the very figure that was written.
    rounded: Weights = np.asarray(np.round(np.array(weights, np.float64), 6), np.float64)
    return np.array(numbers, np.int64), rounded


class IndexReader:
    """The index as it was at one commit. `watermark` is the last change of the directory that it holds.

    `ids` are the services it holds by position, as whole numbers, None where there is none (any more).
    """

    def __init__(self, folder: IndexFolder, generation: Path, before: "IndexReader | None" = None) -> None:
        """Load and open a generation; segments that an earlier reader of the same process had open are taken over.

        Raises DamagedIndexError.
        """
        self.files: dict[str, bytes] = folder.load(generation, before.files if before is not None else {})
        storage = _Files(self.files)
        contents = TOC.read(storage, _NAME)
        known = before._segments if before is not None else {}
        self._segments: dict[str, Segment] = {}
        ids: list[int | None] = []
        watermark = None
        for found in contents.segments:
            name = found.segment_id()
            # What an earlier reader has open is not opened again: only new segments cost anything.
            segment = known.get(name) or Segment(SegmentReader(storage, contents.schema, found))
            self._segments[name] = segment
            first = len(ids)
            ids += segment.ids
            for number in found.deleted_docs():
                ids[first + number] = None
            if segment.state_at is not None and not found.is_deleted(segment.state_at):
                watermark = _as_watermark(segment.leaf.stored_fields(segment.state_at))
        if watermark is None:
            raise DamagedIndexError("it does not say which change it holds")
        self.ids: Sequence[int | None] = ids
        self.watermark = watermark
        self.generation = generation
        self._lexicon: Lexicon | None = None

    def find(self, form: Form, term: str) -> tuple[NDArray[np.int64], Weights]:
        """Return (positions in `ids`, weights) of a term."""
        offset, positions, weights = 0, [], []
        for segment in self._segments.values():
            found = segment.find(form, term)
            positions.append(found[0] + offset)
            weights.append(found[1])
            offset += len(segment.ids)
        if not positions:
            return NO_ROWS, NO_WEIGHTS
        return np.concatenate(positions), np.concatenate(weights)

    def lexicon(self) -> Lexicon:
        """Return the words that stand in the index."""
        if self._lexicon is None:
            self._lexicon = Lexicon(frozenset().union(*(segment.words() for segment in self._segments.values())))
        return self._lexicon

    def forget(self) -> None:
        """Forget the postings that were decoded; they are read again when they are asked for."""
        for segment in self._segments.values():
            segment.forget()

    def digests(self) -> dict[uuid.UUID, str]:
        """Return the digest of each service that the index holds."""
        found: dict[uuid.UUID, str] = {}
        position = 0
        for segment in self._segments.values():
            for number in range(len(segment.ids)):
                service_id = self.ids[position]
                position += 1
                if service_id is not None:
                    found[uuid.UUID(int=service_id)] = segment.leaf.stored_fields(number)["digest"]
        return found


def read_state(reader: Any) -> Watermark:
    """Return the last change that an open index holds."""
    return _as_watermark(reader.stored_fields(reader.postings("id", STATE.encode()).id()))


def _as_watermark(stored: Mapping[str, Any]) -> Watermark:
    return Watermark(stored["state"]["sequence"], stored["state"]["mark"])


class IndexSource:
    """The index as a source for some rows of the columns."""

    def __init__(self, reader: IndexReader, rows: Rows) -> None:
        """`rows` gives the row of each position of the reader, -1 for those to be passed over."""
        self._reader = reader
        self._rows = rows

    def find(self, form: Form, term: str) -> tuple[Rows, Weights]:
        """Return the rows that hold a term and its weight there."""
        positions, weights = self._reader.find(form, term)
        rows = self._rows[positions]
        counts = rows >= 0
        return rows[counts], weights[counts]

    def lexicon(self) -> Lexicon:
        """Return the words that stand in the index."""
        return self._reader.lexicon()
