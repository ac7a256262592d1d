"""Both engines agree with a plain reading of the rules: what is found, in what order, how far, when next, counts."""

import datetime as dt
import math
from collections.abc import Callable, Sequence

import pytest
import time_machine

from portal.core import clock
from portal.core.clock import today
from portal.search.documents import Document
from portal.search.results import SearchRequest
from portal.search.text.synonyms import Synonyms
from tests.search.contract import both
from tests.search.made_up import AREAS, SAID, Lot
from tests.search.oracle import Oracle

SEED = 20261124
Make = Callable[[Sequence[Document], Synonyms], both.Ask]
SYNONYMS = Synonyms(SAID)


@pytest.fixture(params=["embedded", "postgresql"])
def make(request: pytest.FixtureRequest) -> Make:
    """One of the engines, to be filled with documents."""
    if request.param == "embedded":
        return both.embedded
    request.getfixturevalue("in_postgresql")
    return both.in_postgres


def check(ask: both.Ask, documents: Sequence[Document], request: SearchRequest, covering: both.Covering) -> int:
    """Compare one answer in every respect; returns the number found."""
    found = ask(request, covering)
    oracle = Oracle(documents, request, found.now, covering, SAID)
    expected = oracle.ordered()
    assert found.total == len(expected), request
    hits = found.hits(0, len(expected))
    assert [hit.service_id for hit in hits] == [one.document.id for one in expected], request
    for hit, one in zip(hits, expected, strict=True):
        assert hit.at_number == one.venue.number
        assert hit.miles == (None if math.isinf(one.miles) else pytest.approx(one.miles, abs=1e-6))
        assert hit.score == pytest.approx(one.score, abs=1e-8)
        assert hit.starts_at == (one.session.starts_at if one.session else None)
        assert hit.ends_at == (one.session.ends_at if one.session else None)
    return len(expected)


def check_facets(ask: both.Ask, documents: Sequence[Document], request: SearchRequest, covering: both.Covering) -> None:
    found = ask(request, covering)
    oracle = Oracle(documents, request, found.now, covering, SAID)
    for name, counts in found.page().facets.items():
        assert counts == {value: oracle.count(name, value) for value in counts}, (name, request)


def test_requests_drawn_by_lot(make: Make, proof: Callable[..., int]) -> None:
    lot = Lot(SEED, clock.today())
    documents = lot.documents(90)
    ask = make(documents, SYNONYMS)
    count = proof("random requests to both engines agree with the oracle", sample=120, full=3_000)
    covered = [frozenset(area for area in AREAS if lot.random.random() < 0.4) for _ in range(count)]
    totals = [check(ask, documents, lot.request(), covering) for covering in covered]
    assert sum(total > 0 for total in totals) > count / 3, "Too few requests find anything for the test to mean much."


def test_counts_beside_every_filter(make: Make, proof: Callable[..., int]) -> None:
    lot = Lot(SEED + 1, clock.today())
    documents = lot.documents(40)
    ask = make(documents, SYNONYMS)
    for _ in range(proof("random requests whose counts agree in both engines", sample=30, full=1_000)):
        check_facets(ask, documents, lot.request(), frozenset(AREAS[:1]))


@pytest.mark.parametrize("moment", ["2026-12-24T23:30", "2026-10-24T22:45", "2027-03-27T23:59", "2026-07-06T11:00"])
def test_other_moments(make: Make, clock: time_machine.Traveller, moment: str) -> None:
    """Around Christmas, both changes of the clock, and in summer time."""
    clock.move_to(dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC))
    lot = Lot(SEED + 2, dt.date.fromisoformat(moment[:10]))
    documents = lot.documents(40)
    ask = make(documents, SYNONYMS)
    for _ in range(30):
        check(ask, documents, lot.request(), frozenset(AREAS[1:]))


@pytest.mark.usefixtures("in_postgresql")
def test_until_the_new_day_is_worked_out(clock: time_machine.Traveller) -> None:
    """Just after midnight, what happens is looked up among the sessions themselves."""
    clock.move_to(dt.datetime(2026, 11, 25, 0, 5, tzinfo=dt.UTC))
    lot = Lot(SEED + 3, today())
    documents = lot.documents(40)
    ask = both.in_postgres(documents, SYNONYMS, days_old=1)
    for _ in range(30):
        check(ask, documents, lot.request(), frozenset(AREAS[1:]))
    for _ in range(5):
        check_facets(ask, documents, lot.request(), frozenset(AREAS[:1]))
