"""Reads the whole directory into a first state, without keeping anybody from saving."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from portal.core import clock
from portal.core.database import reading
from portal.directory import calendar
from portal.directory import index_queries as directory
from portal.search import state as states
from portal.search.documents import Document, Shared, read_documents
from portal.search.state import State

# Services that are read in one go.
_AT_ONCE = 500


def load() -> State:
    """Read everything, a few hundred services at a time: whoever reads for long may keep others from saving.

    What changes meanwhile is noted after the watermark that was read first, so it is read again when catching up.
    """
    documents: list[Document] = []
    shared: Shared = {}
    with _without_collecting():
        with reading() as connection:
            watermark, known = directory.read_watermark(connection), calendar.read(connection)
            ids, terms = directory.list_public_ids(connection), directory.read_terms(connection)
        for start in range(0, len(ids), _AT_ONCE):
            with reading() as connection:
                # A service may have got a term that was not there a moment ago.
                terms = directory.read_terms(connection)
                documents += read_documents(connection, terms, ids[start : start + _AT_ONCE], shared)
        return states.first_state(documents, terms.values(), watermark, clock.today(), known)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Hundreds of thousands of objects are made that stay; looking for cycles among them takes a third of the time."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()
