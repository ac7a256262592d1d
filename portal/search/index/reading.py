"""Reads the index on disk: which documents it holds, and where a word stands in them."""

import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh.filedb.filestore import RamStorage

from portal.directory.index_queries import Watermark
from portal.search.index.folder import IndexFolder
from portal.search.index.schema import STATE
from portal.search.text.lexicon import Lexicon
from portal.search.text.sources import NO_ROWS, NO_WEIGHTS, Form, Rows, Weights

# Decoded postings that are kept for one segment; beyond it they are forgotten and read again.
_KEPT_POSTINGS = 2_000_000
# What it costs to remember a term, also one that stands nowhere, in postings.
_ROWS_FOR_TERM = 16


class Segment:
    """One segment, which never changes but for documents that are taken out of it; so what was read is kept."""

    def __init__(self, leaf: Any) -> None:
        self.leaf = leaf
        self.ids: Sequence[int | None] = [_service_id(leaf, number) for number in range(leaf.doc_count_all())]
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


def _service_id(leaf: Any, number: int) -> int | None:
    name = leaf.stored_fields(number)["id"]
    return None if name == STATE else uuid.UUID(name).int


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
        storage = RamStorage()
        storage.files = dict(self.files)
        reader = storage.open_index().reader()
        known = before._segments if before is not None else {}
        self._segments: dict[str, Segment] = {}
        ids: list[int | None] = []
        for leaf, _offset in reader.leaf_readers():
            name = leaf.segment().segment_id()
            segment = self._segments[name] = known.get(name) or Segment(leaf)
            ids.extend(None if leaf.is_deleted(number) else found for number, found in enumerate(segment.ids))
        self.ids: Sequence[int | None] = ids
        self.generation = generation
        self.watermark = read_state(reader)
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
    state = reader.stored_fields(reader.postings("id", STATE.encode()).id())["state"]
    return Watermark(state["sequence"], state["mark"])


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
