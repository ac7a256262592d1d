"""The judged questions are sound, their measures are right, and the search answers them no worse than it did."""

import math
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.relevance.__main__ import outcomes_over
from benchmarks.relevance.asking import Outcome
from benchmarks.relevance.demonstration import demonstration
from benchmarks.relevance.judged import HALVES, KINDS, Judged, read_judged
from benchmarks.relevance.measures import ndcg, recall, success
from benchmarks.relevance.plain import FIELDS, PlainSearch
from benchmarks.relevance.table import faults, mean_ndcg, table
from benchmarks.site import Site
from tests.conftest import _empty

# What the half to tune with reaches, and by how much it is above the plain search, rounded down. Whoever makes the
# search better lifts them.
FLOOR = 0.89
LEAST_ABOVE_PLAIN = 0.25
# By how much the two engines may differ.
MOST_APART = 0.03

GRADES = {"a": 3, "b": 2, "c": 1}


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return read_judged()


@pytest.fixture(scope="module")
def outcomes(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    folder = tmp_path_factory.mktemp("relevance")
    site = Site(folder)
    shutil.copy(migrated_sqlite, site.database_file)
    return outcomes_over(site)


def test_there_are_questions_of_every_kind_in_both_halves(judged: Sequence[Judged]) -> None:
    assert len(judged) >= 200
    counted = Counter((one.kind, one.half) for one in judged)
    assert {kind for kind, _half in counted} == set(KINDS)
    for kind in KINDS:
        in_each = [counted[kind, half] for half in HALVES]
        assert min(in_each) >= 5
        assert max(in_each) - min(in_each) <= 1


def test_halves_take_turns_within_a_kind(judged: Sequence[Judged]) -> None:
    for kind in KINDS:
        halves = [one.half for one in judged if one.kind == kind]
        assert halves == [HALVES[place % 2] for place in range(len(halves))]


def test_no_question_stands_twice(judged: Sequence[Judged]) -> None:
    assert len({one.id for one in judged}) == len(judged)
    assert len({(tuple(sorted(one.ask.items())), one.at) for one in judged}) == len(judged)


def test_everything_judged_is_in_the_demonstration(judged: Sequence[Judged]) -> None:
    known = demonstration()
    shown = {key for service_id, key in known.key_of.items() if service_id not in known.closed}
    for one in judged:
        assert set(one.grades) <= shown, one.id
        assert set(one.never) <= set(known.key_of.values()), one.id
        assert not set(one.never) & set(one.grades), one.id
        assert bool(one.grades) is (one.kind != "nothing to be found"), one.id
        assert one.kind != "words of crisis" or one.is_urgent, one.id


def test_ndcg_by_hand() -> None:
    best = 7 + 3 / math.log2(3) + 1 / 2
    assert ndcg(["a", "b", "c"], GRADES) == 1
    assert ndcg(["b", "x", "a"], GRADES) == pytest.approx((3 + 7 / 2) / best)
    assert ndcg(["x", "y"], GRADES) == 0
    # What stands below the tenth place counts for nothing, and no more than ten are wanted.
    assert ndcg([*"0123456789", "a"], GRADES) == 0
    many = {str(number): 3 for number in range(30)}
    assert ndcg([str(number) for number in range(10)], many) == pytest.approx(1)
    with pytest.raises(ValueError, match="graded"):
        ndcg(["a"], {})


def test_recall_and_success_by_hand() -> None:
    assert recall(["c", "a"], GRADES) == 0.5
    assert recall(["x"] * 20 + ["a"], GRADES) == 0
    assert recall([str(number) for number in range(20)], {str(number): 2 for number in range(40)}) == 1
    assert success(["x", "c", "b"], GRADES) == 1
    assert success(["x", "c", "y", "a"], GRADES) == 0


def test_plain_search_takes_all_words_and_then_any() -> None:
    def texts(name: str, description: str) -> list[str]:
        return [name, *[""] * (len(FIELDS) - 2), description]

    plain = PlainSearch(
        [
            ("walk", texts("slow walks", "round the park with tea")),
            ("tea", texts("tea dance", "waltz")),
            ("shed", texts("mens shed", "tools near the park")),
        ]
    )
    everything = {"walk", "tea", "shed"}
    assert plain.find("walking park", everything) == ["walk"]
    assert plain.find("tea", everything) == ["tea", "walk"]
    assert plain.find("shed waltz", everything) == ["shed", "tea"]
    assert plain.find("park -tools", everything) == ["walk"]
    assert plain.find('"tea dance"', everything) == ["tea"]
    assert plain.find("tea", {"shed"}) == []
    assert plain.find('" ) -', everything) == []


def test_search_is_as_good_as_it_was(outcomes: Sequence[Outcome]) -> None:
    tuned = [one for one in outcomes if one.judged.half == "tune"]
    assert mean_ndcg(tuned) >= FLOOR, table(tuned)
    assert mean_ndcg(tuned) - mean_ndcg(tuned, plain=True) >= LEAST_ABOVE_PLAIN, table(tuned)


def test_nothing_is_shown_that_must_not_be(outcomes: Sequence[Outcome]) -> None:
    assert faults(outcomes) == []


def test_the_engine_in_postgresql_is_as_good(
    outcomes: Sequence[Outcome],
    judged: Sequence[Judged],
    migrated_postgres: str,
    tmp_path: Path,
    proof: Callable[..., int],
) -> None:
    engine = sa.create_engine(migrated_postgres)
    with engine.begin() as connection:
        _empty(connection)
    every = len(judged) // proof("judged questions to both engines", sample=30, full=len(judged))
    some = judged[::every]
    theirs = outcomes_over(Site(tmp_path, migrated_postgres), some)
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM search.document")), "The tables did not answer."
        _empty(connection)
    engine.dispose()
    asked = {one.id for one in some}
    ours = [one for one in outcomes if one.judged.id in asked]
    for half in HALVES:
        of_half = [mean_ndcg([one for one in found if one.judged.half == half]) for found in (ours, theirs)]
        assert abs(of_half[0] - of_half[1]) <= MOST_APART, (half, of_half)
    assert faults(theirs) == []
