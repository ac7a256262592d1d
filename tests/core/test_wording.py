"""Dates, times, money and distances in words."""

import datetime as dt

import pytest

from portal.core import wording


def test_days() -> None:
    today = dt.date(2026, 11, 23)
    assert wording.day_in_words(dt.date(2026, 11, 24), today=today) == "Tuesday 24 November"
    assert wording.day_in_words(dt.date(2027, 1, 5), today=today) == "Tuesday 5 January"
    assert wording.day_in_words(dt.date(2027, 9, 1), today=today) == "Wednesday 1 September 2027"
    assert wording.day_in_words(dt.date(2026, 1, 5), today=today) == "Monday 5 January 2026"
    assert wording.date_in_words(dt.date(2026, 11, 12)) == "12 November 2026"


@pytest.mark.parametrize(
    ("time", "words"),
    [("10:30", "10.30am"), ("12:00", "12 noon"), ("18:00", "6pm"), ("00:00", "midnight"), ("12:15", "12.15pm")],
)
def test_times(time: str, words: str) -> None:
    assert wording.time_in_words(dt.time.fromisoformat(time)) == words


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [
        ("10:30", "13:00", "10.30am to 1pm"),
        ("14:00", "16:00", "2 to 4pm"),
        ("11:00", "12:00", "11am to 12 noon"),
        ("12:00", "14:00", "12 noon to 2pm"),
        ("09:45", "11:15", "9.45 to 11.15am"),
        ("19:00", "23:59", "7pm to midnight"),
        ("10:00", "", "10am"),
        ("", "", ""),
    ],
)
def test_spans(opens: str, closes: str, words: str) -> None:
    first = dt.time.fromisoformat(opens) if opens else None
    last = dt.time.fromisoformat(closes) if closes else None
    assert wording.span_in_words(first, last) == words


@pytest.mark.parametrize(("pence", "words"), [(0, "free"), (50, "50p"), (200, "£2"), (1250, "£12.50"), (105, "£1.05")])
def test_money(pence: int, words: str) -> None:
    assert wording.money_in_words(pence) == words


@pytest.mark.parametrize(
    ("miles", "words"),
    [(0.02, "less than 0.1 miles"), (0.34, "0.3 miles"), (1.04, "1 mile"), (2.0, "2 miles"), (12.36, "12.4 miles")],
)
def test_miles(miles: float, words: str) -> None:
    assert wording.miles_in_words(miles) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "yesterday"),
        (11, "11 days ago"),
        (35, "5 weeks ago"),
        (214, "7 months ago"),
        (1000, "2 years ago"),
    ],
)
def test_ago(days: int, words: str) -> None:
    assert wording.ago_in_words(days) == words


def test_lists_and_counts() -> None:
    assert wording.list_in_words(["a", "b", "c"]) == "a, b and c"
    assert wording.list_in_words(["a", "b"], last="or") == "a or b"
    assert wording.list_in_words([]) == ""
    assert wording.count_in_words(1, "thing") == "1 thing"
    assert wording.count_in_words(1400, "thing") == "1,400 things"
