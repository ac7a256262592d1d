"""Short phrases of the seeds and the template."""

import datetime as dt
from collections.abc import Callable

import pytest

from portal.directory import facts_in_words as facts
from portal.directory.languages import code_of, language_name
from portal.directory.models import Capacity, CostKind, ServiceStatus


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("60+", (60, None)),
        ("16 to 25", (16, 25)),
        ("16–25", (16, 25)),
        ("under 5", (None, 4)),
        ("all ages", (None, None)),
    ],
)
def test_ages(text: str, ages: tuple[int | None, int | None]) -> None:
    assert facts.parse_ages(text) == ages


@pytest.mark.parametrize(
    ("texts", "kind", "prices"),
    [
        (["free"], CostKind.FREE, []),
        (["pay what you can"], CostKind.DONATION, []),
        (["£2"], CostKind.PAID, [(200, "")]),
        (["£3", "£1.50 on benefits or a pension"], CostKind.PAID, [(300, ""), (150, "on benefits or a pension")]),
        (["£5", "helpers free"], CostKind.PAID, [(500, ""), (0, "helpers")]),
        (["£9 for free groups"], CostKind.PAID, [(900, "for free groups")]),
        (["50p"], CostKind.PAID, [(50, "")]),
        ([], None, []),
    ],
)
def test_costs(texts: list[str], kind: CostKind | None, prices: list[tuple[int, str]]) -> None:
    found, costs = facts.parse_costs(texts)
    assert (found, [(cost.amount_pence, cost.about) for cost in costs]) == (kind, prices)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("yes", (Capacity.PLACES, None, None)),
        ("6 left", (Capacity.PLACES, 6, None)),
        ("waiting list, 3 weeks", (Capacity.WAITING_LIST, None, 3)),
        ("waiting list, 10 days", (Capacity.WAITING_LIST, None, 2)),
        ("full", (Capacity.FULL, None, None)),
        ("", (None, None, None)),
    ],
)
def test_places(text: str, places: tuple[Capacity | None, int | None, int | None]) -> None:
    assert facts.parse_places(text) == places


def test_answers_states_days_and_money() -> None:
    assert facts.parse_answer("yes, ask at the desk") == (True, "ask at the desk")
    assert facts.parse_answer("No") == (False, "")
    assert facts.parse_state("closed") is ServiceStatus.DEFUNCT
    assert facts.parse_day("2026-11-23") == facts.parse_day("23/11/2026") == dt.date(2026, 11, 23)
    assert facts.parse_money("£24.50") == 2450


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (facts.parse_ages, "old"),
        (facts.parse_ages, "under 0"),
        (facts.parse_money, "24.50"),
        (facts.parse_places, "some"),
        (facts.parse_answer, "perhaps"),
        (facts.parse_state, "asleep"),
        (facts.parse_day, "2026-02-30"),
        (facts.parse_day, "23.11.26"),
        (facts.parse_language, "Klingon"),
        (lambda text: facts.parse_costs([text]), "cheap"),
        (lambda text: facts.parse_costs([text]), "£2 to £4"),
        (lambda text: facts.parse_costs(["pay what you can", text]), "£4"),
    ],
)
def test_what_is_not_understood_is_an_error(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(facts.PhraseError, match=r"\w"):
        parse(text)


def test_languages_are_known_by_code_and_by_name() -> None:
    assert [code_of(text) for text in ("en", "EN-gb", "Polish", "bsl", "Dari", "Klingon", "")] == [
        "en", "en", "pl", "bfi", "fa", None, None,
    ]  # fmt: skip
    assert language_name("yo") == "Yoruba"
    assert language_name("xyz") == "XYZ"
