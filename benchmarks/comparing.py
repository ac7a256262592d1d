"""The product beside other engines: the same listings, the same questions, warm and after a start."""

import gc
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from werkzeug.datastructures import MultiDict

from benchmarks.peers import FullTextSqlite, Listing, Peer, PlainWhoosh, Tantivy, Wanted
from benchmarks.peers.postgres import Postgres
from benchmarks.peers.shapes import KILOMETRES, UnavailableError
from benchmarks.questions import ask_plainly
from benchmarks.timing import Spread, spread
from portal.core import clock
from portal.geo.distance import MILES_IN_KILOMETRE
from portal.search.answering import Answer
from portal.search.asking import read_request
from portal.search.columns.vocabulary import SERVICE_FILTERS
from portal.search.documents import Document
from portal.search.engine import engine
from portal.search.results import SearchRequest
from portal.search.state import State

PEERS: Sequence[type[Peer]] = (FullTextSqlite, Tantivy, Postgres, PlainWhoosh)
OURS = "Hereabouts"
QUESTIONS, WARM_UP, COLD = 200, 20, 20
MOST_SECONDS = 20.0
_SEED = 61


@dataclass(frozen=True)
class Compared:
    """One engine: seconds to build, warm and cold times, and the listings found in all; or why it was left out."""

    name: str
    built: float = 0.0
    warm: Spread | None = None
    cold: Spread | None = None
    found: int = 0
    why_not: str = ""


def compare(folder: Path) -> Iterator[Compared]:
    """Yield what each engine needed, the product first. Needs an application context and an index that is level."""
    state = engine().state()
    if not isinstance(state, State):
        raise TypeError("The bench compares the embedded engine.")
    rng = Random(_SEED)
    wanted = [Wanted(*ask_plainly(rng)) for _ in range(WARM_UP + QUESTIONS + COLD)]
    requests = {one: _request(one) for one in wanted}
    yield _measured(OURS, 0.0, lambda one: _answered(state, requests[one]), lambda: _forget(state), wanted)
    for kind in PEERS:
        print(f"  {kind.name}", file=sys.stderr, flush=True)
        yield _of_peer(kind(), _listings(state), folder, wanted)


def _of_peer(peer: Peer, listings: Iterator[Listing], folder: Path, wanted: Sequence[Wanted]) -> Compared:
    began = time.perf_counter()
    try:
        peer.begin(listings, folder)
    except (ImportError, UnavailableError) as error:
        return Compared(peer.name, why_not=str(error))
    try:
        return _measured(peer.name, time.perf_counter() - began, lambda one: peer.ask(one).total, peer.forget, wanted)
    finally:
        peer.end()


def _measured(
    name: str, built: float, ask: Callable[[Wanted], int], forget: Callable[[], None], wanted: Sequence[Wanted]
) -> Compared:
    """Ask everything once to warm up and then again; then some questions, each after forgetting everything."""
    gc.collect()
    warm: list[float] = []
    found, until = 0, time.perf_counter() + MOST_SECONDS
    for one in wanted[:WARM_UP]:
        ask(one)
    for one in wanted[WARM_UP : WARM_UP + QUESTIONS]:
        seconds, total = _timed(ask, one)
        warm.append(seconds)
        found += total
        if time.perf_counter() > until:
            break
    cold, until = [], time.perf_counter() + MOST_SECONDS
    for one in wanted[-COLD:]:
        forget()
        cold.append(_timed(ask, one)[0])
        if time.perf_counter() > until:
            break
    return Compared(name, built, spread(warm), spread(cold), found)


def _timed(ask: Callable[[Wanted], int], one: Wanted) -> tuple[float, int]:
    before = time.perf_counter()
    total = ask(one)
    return time.perf_counter() - before, total


def _request(wanted: Wanted) -> SearchRequest:
    where = f"{wanted.latitude},{wanted.longitude}"
    near = read_request(MultiDict([("where", where)]))
    return replace(near, q=" ".join(wanted.words), radius=KILOMETRES * MILES_IN_KILOMETRE)


def _answered(state: State, request: SearchRequest) -> int:
    return Answer(state, request, clock.now()).page().total


def _forget(state: State) -> None:
    """Forget what was looked up for earlier questions: the postings that were decoded, and how words were met."""
    state.__dict__.pop("meeting", None)
    if state.reader is not None:
        state.reader.forget()


def _listings(state: State) -> Iterator[Listing]:
    columns = state.columns
    documents = (columns.documents[row] for row in sorted(columns.row_by_number.values()))
    numbers = itertools.count(1)
    for number, one in zip(numbers, documents, strict=False):
        spots = [venue.position for venue in one.venues if venue.position]
        positions = [(north / 1_000_000, east / 1_000_000) for north, east in spots]
        yield Listing(number, one.texts, positions, list(_values(one)))


def _values(document: Document) -> Iterator[str]:
    for name, attribute in SERVICE_FILTERS.items():
        held = getattr(document, attribute)
        for value in (held,) if isinstance(held, str) else held:
            yield f"{name}:{value}"
