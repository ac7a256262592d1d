"""The columns agree with a plain reading of the rules: what is found, in what order, how far, when next, and counts."""

import datetime as dt
import math
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import time_machine

from portal.core import clock
from portal.directory.index_queries import Watermark
from portal.search import state as states
from portal.search.answering import Answer
from portal.search.columns.facets import count_facets
from portal.search.columns.filters import Filters
from portal.search.columns.question import Question
from portal.search.documents import Document
from portal.search.results import SearchRequest
from portal.search.state import State
from portal.search.text.synonyms import Synonyms
from tests.search.made_up import AREAS, SAID, TERMS, Lot
from tests.search.oracle import Oracle

SEED = 20261123


def make_state(documents: Sequence[Document]) -> State:
    state = states.first_state(documents, TERMS.values(), Watermark(1, ""), clock.today())
    return replace(states.from_memory(state), synonyms=Synonyms(SAID))


def answered(state: State, request: SearchRequest, covering: frozenset[uuid.UUID]) -> Answer:
    found = Answer(state, request, clock.now())
    question = Question(
        request=request,
        now=found.now,
        scores=found.scoring.score(found.query) if found.query else None,
        is_ranked=found.query.asks,
        covering=covering,
    )
    found.__dict__["filters"] = Filters(state.columns, question)
    return found


def assert_agrees(
    state: State, documents: Sequence[Document], request: SearchRequest, covering: frozenset[uuid.UUID]
) -> int:
    """Compare one answer in every respect; returns the number found."""
    found = answered(state, request, covering)
    oracle = Oracle(documents, request, found.now, covering, SAID)
    expected = oracle.ordered()
    hits = found.hits(0, found.total)
    assert [hit.service_id for hit in hits] == [one.document.id for one in expected], request
    for hit, one in zip(hits, expected, strict=True):
        assert hit.at_number == one.venue.number
        assert hit.miles == (None if math.isinf(one.miles) else pytest.approx(one.miles, abs=1e-6))
        assert hit.score == pytest.approx(one.score, abs=1e-8)
        assert hit.starts_at == (one.session.starts_at if one.session else None)
        assert hit.ends_at == (one.session.ends_at if one.session else None)
    return len(expected)


def assert_agrees_facets(
    state: State, documents: Sequence[Document], request: SearchRequest, covering: frozenset[uuid.UUID]
) -> None:
    found = answered(state, request, covering)
    oracle = Oracle(documents, request, found.now, covering, SAID)
    for name, counts in count_facets(found.filters).items():
        assert counts == {value: oracle.count(name, value) for value in counts}, (name, request)


def test_requests_drawn_by_lot(proof: Callable[..., int]) -> None:
    lot = Lot(SEED, clock.today())
    documents = lot.documents(90)
    state = make_state(documents)
    totals = []
    count = proof("random requests agree with the oracle: ids, distances, order", sample=300, full=10_000)
    for _ in range(count):
        covering = frozenset(area for area in AREAS if lot.random.random() < 0.4)
        totals.append(assert_agrees(state, documents, lot.request(), covering))
    assert sum(total > 0 for total in totals) > count / 3, "Too few requests find anything for the test to mean much."


def test_counts_beside_every_filter(proof: Callable[..., int]) -> None:
    lot = Lot(SEED + 1, clock.today())
    documents = lot.documents(40)
    state = make_state(documents)
    for _ in range(proof("random requests whose counts beside every filter agree", sample=60, full=1_000)):
        assert_agrees_facets(state, documents, lot.request(), frozenset(AREAS[:1]))


@pytest.mark.parametrize("moment", ["2026-12-24T23:30", "2026-10-24T22:45", "2027-03-27T23:59", "2026-07-06T11:00"])
def test_other_moments(clock: time_machine.Traveller, moment: str) -> None:
    """Around Christmas, both changes of the clock, and in summer time."""
    clock.move_to(dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC))
    lot = Lot(SEED + 2, dt.date.fromisoformat(moment[:10]))
    documents = lot.documents(40)
    state = make_state(documents)
    for _ in range(40):
        assert_agrees(state, documents, lot.request(), frozenset(AREAS[1:]))


def test_one_state_at_many_minutes(clock: time_machine.Traveller) -> None:
    """What is worked out once for a minute is not taken for another, forwards or back."""
    lot = Lot(SEED + 5, dt.date(2026, 11, 23))
    documents = lot.documents(40)
    state = make_state(documents)
    for _ in range(12):
        clock.move_to(dt.datetime(2026, 11, 23, tzinfo=dt.UTC) + dt.timedelta(seconds=lot.random.randrange(86_400)))
        for _ in range(4):
            assert_agrees(state, documents, lot.request(), frozenset(AREAS[:1]))
        assert_agrees_facets(state, documents, lot.request(), frozenset(AREAS[:1]))


def test_after_changes_too() -> None:
    """Services come, change and go; columns that were patched answer like those built from the start."""
    lot = Lot(SEED + 3, clock.today())
    documents = {document.id: document for document in lot.documents(40)}
    state = make_state(list(documents.values()))
    for step in range(12):
        gone = lot.random.sample(sorted(documents), 2)
        fresh = [lot.document(1000 + step * 10 + number) for number in range(2)]
        again = lot.document(2000 + step)
        changed_id = next(key for key in sorted(documents) if key not in gone)
        again = Document(**{name: getattr(again, name) for name in Document.__slots__} | {"id": changed_id})
        for key in gone:
            del documents[key]
        documents |= {document.id: document for document in (*fresh, again)}
        touched = {*gone, again.id, *(document.id for document in fresh)}
        state = states.with_changes(state, [*fresh, again], touched, Watermark(step + 2, ""))
        for _ in range(5):
            assert_agrees(state, list(documents.values()), lot.request(), frozenset(AREAS[:2]))
        assert_agrees_facets(state, list(documents.values()), lot.request(), frozenset(AREAS[:2]))
    assert len(state.columns.documents) > state.columns.count


def test_over_midnight() -> None:
    """Sessions that were expanded yesterday still answer rightly for today, but for the last day of the five weeks."""
    lot = Lot(SEED + 4, clock.today() - dt.timedelta(days=1))
    documents = lot.documents(40)
    yesterday = clock.today() - dt.timedelta(days=1)
    first = states.first_state(documents, TERMS.values(), Watermark(1, ""), yesterday)
    state = replace(states.from_memory(first), synonyms=Synonyms(SAID))
    random_requests = [lot.request() for _ in range(60)]
    lot.random = random.Random(1)
    for request in random_requests:
        if not (request.days or request.times or request.on):
            assert_agrees(state, documents, request, frozenset())
