"""Calendar months, quiet hours, and the choice of a way."""

import datetime as dt

import pytest

from portal.listings.ageing import add_months, months_between, next_opening
from portal.listings.asking import CALL, NO_WAY, Reach, choose_way, is_mobile
from portal.messages.models import Channel

D = dt.date


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (D(2025, 8, 31), 6, D(2026, 2, 28)), (D(2027, 8, 31), 6, D(2028, 2, 29)), (D(2026, 8, 31), 7, D(2027, 3, 31)),
        (D(2026, 5, 12), 6, D(2026, 11, 12)), (D(2026, 12, 31), 2, D(2027, 2, 28)),
        (D(2024, 2, 29), 12, D(2025, 2, 28)),
        (D(2026, 11, 23), -6, D(2026, 5, 23)),
    ],
)  # fmt: skip
def test_months_of_the_calendar(day: dt.date, months: int, later: dt.date) -> None:
    assert add_months(day, months) == later
    if months > 0:
        assert months_between(day, later) == months
        assert months_between(day, later - dt.timedelta(days=1)) == months - 1


def test_no_month_has_passed_before_it_began() -> None:
    assert months_between(D(2026, 11, 23), D(2026, 11, 1)) == 0


@pytest.mark.parametrize(
    ("at", "leaves"),
    [
        ("2026-11-23T00:00+00:00", "2026-11-23T08:00+00:00"),  # midnight, when the job runs
        ("2026-11-23T09:00+00:00", "2026-11-23T09:00+00:00"),
        ("2026-11-23T19:59+00:00", "2026-11-23T19:59+00:00"),
        ("2026-11-23T20:00+00:00", "2026-11-24T08:00+00:00"),
        ("2026-11-28T20:30+00:00", "2026-11-30T08:00+00:00"),  # Saturday evening: not on Sunday
        ("2026-11-29T12:00+00:00", "2026-11-30T08:00+00:00"),
        ("2026-07-06T00:00+00:00", "2026-07-06T07:00+00:00"),  # summer time
        ("2026-07-06T19:30+00:00", "2026-07-07T07:00+00:00"),
        ("2026-12-24T21:00+00:00", "2026-12-29T08:00+00:00"),  # Christmas, Boxing Day, Sunday, and Monday for Saturday
    ],
)
def test_nothing_leaves_in_quiet_hours(at: str, leaves: str) -> None:
    holidays = {D(2026, 12, 25), D(2026, 12, 26), D(2026, 12, 28)}
    assert next_opening(dt.datetime.fromisoformat(at), holidays.__contains__) == dt.datetime.fromisoformat(leaves)


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        ("07700 900123", True), ("+44 7700 900123", True), ("+44 (0)7700 900123", True), ("0044 7700900123", True),
        ("020 7946 0100", False), ("07000 123456", False), ("07600 123456", False), ("07700 9001", False), ("", False),
    ],
)  # fmt: skip
def test_which_numbers_take_text_messages(number: str, is_one: bool) -> None:
    assert is_mobile(number) is is_one


def test_the_way_is_the_best_that_still_works() -> None:
    everything = Reach(emails=["a@example.org"], phones=["020 7946 0100", "07700 900123"], postal="Hall\nSE13 7UZ")
    assert choose_way(everything).channel is Channel.EMAIL
    assert choose_way(everything, {Channel.EMAIL}).address == "07700 900123"
    assert choose_way(everything, {Channel.EMAIL, Channel.SMS}).name == CALL
    landline = Reach(phones=["020 7946 0100"], postal="Hall\nSE13 7UZ")
    assert (choose_way(landline).name, choose_way(landline).phone) == (CALL, "020 7946 0100")
    assert choose_way(Reach(postal="Hall\nSE13 7UZ")).channel is Channel.LETTER
    assert choose_way(Reach(postal="Hall\nSE13 7UZ"), {Channel.LETTER}).name == NO_WAY
