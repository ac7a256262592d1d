"""A guard that is taken away turns the suite red: every guard in the list, tried one by one in a copy."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.core.settings import ROOT
from tests.house.mutation import Mutation, copy_project, is_noticed, mutated, run_tests
from tests.house.mutations import every_mutation

MUTATIONS = every_mutation()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_the_place_of_every_guard_is_there(mutation: Mutation) -> None:
    text = (ROOT / mutation.file).read_text()
    assert mutated(text, mutation) != text


PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_guards_that_are_taken_away_are_missed(part: int, tmp_path: Path, proof: Callable[..., int]) -> None:
    mine = MUTATIONS[part::PARTS]
    count = proof("guards taken away in a copy", sample=1, full=len(mine))
    copy = copy_project(tmp_path)
    unnoticed = []
    for mutation in random.Random(20261123).sample(mine, count):
        path = copy / mutation.file
        text = path.read_text()
        path.write_text(mutated(text, mutation))
        done = run_tests(copy, mutation.tests)
        path.write_text(text)
        if not is_noticed(done):
            unnoticed.append(f"{mutation}: {done.stdout[-600:]}")
    assert unnoticed == []
