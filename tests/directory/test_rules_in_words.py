"""Lines that say when something happens: what each means, and what is said of those not understood."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.directory.models import Frequency
from portal.directory.operations import RuleDraft
from portal.directory.rules_in_words import LONG_AGO, RuleError, parse_rule, parse_span

TODAY = dt.date(2026, 11, 23)
TEN, ONE = dt.time(10, 30), dt.time(13)


def _weekly(**values: object) -> RuleDraft:
    return RuleDraft(**{"starts_on": LONG_AGO, "opens_at": TEN, "closes_at": ONE, **values})  # type: ignore[arg-type]


LINES = [
    ("every Monday and Thursday, 10:30-13:00", _weekly(by_day="MO,TH")),
    ("every Thursday and Monday, 10:30-13:00", _weekly(by_day="MO,TH")),
    ("Every Mondays, 10.30am to 1pm", _weekly(by_day="MO")),
    ("every day, 10:30–13:00", _weekly(by_day="MO,TU,WE,TH,FR,SA,SU")),
    ("every weekday, 10:30-13:00", _weekly(by_day="MO,TU,WE,TH,FR")),
    ("every Tuesday to Thursday, 10:30-13:00", _weekly(by_day="TU,WE,TH")),
    (
        "every second Tuesday, 10:30-13:00, from 2026-11-17",
        _weekly(by_day="TU", interval=2, starts_on=dt.date(2026, 11, 17), valid_from=dt.date(2026, 11, 17)),
    ),
    ("first Tuesday of the month, 10:30-13:00", _weekly(frequency=Frequency.MONTHLY, by_day="1TU")),
    ("first and third Tuesday of the month, 10:30-13:00", _weekly(frequency=Frequency.MONTHLY, by_day="1TU,3TU")),
    ("last Friday of the month, 10:30-13:00", _weekly(frequency=Frequency.MONTHLY, by_day="-1FR")),
    ("on 2026-12-12, 10:30-13:00", _weekly(frequency=Frequency.ONCE, starts_on=dt.date(2026, 12, 12))),
    ("in 12 days, 10:30-13:00", _weekly(frequency=Frequency.ONCE, starts_on=dt.date(2026, 12, 5))),
    ("every Monday, 10:30-13:00, term time", _weekly(by_day="MO", term_time_only=True)),
    ("every Monday, 10:30-13:00, not on bank holidays", _weekly(by_day="MO", not_on_bank_holidays=True)),
    (
        "every Monday, 10:30-13:00, except 2026-12-24, 2026-12-31, until 2027-03-31",
        _weekly(by_day="MO", except_on=(dt.date(2026, 12, 24), dt.date(2026, 12, 31)), valid_to=dt.date(2027, 3, 31)),
    ),
    ("every Monday", RuleDraft(starts_on=LONG_AGO, by_day="MO")),
    ("every Monday, 19:00", RuleDraft(starts_on=LONG_AGO, by_day="MO", opens_at=dt.time(19))),
]


@pytest.mark.parametrize(("line", "rule"), LINES, ids=[line for line, _rule in LINES])
def test_a_line_makes_its_rule(line: str, rule: RuleDraft) -> None:
    assert parse_rule(line, TODAY) == rule


NOT_UNDERSTOOD = [
    ("", "is empty"),
    ("Mondays at ten", "does not say which days"),
    ("every Blursday, 10:00-11:00", "“blursday” is not a day of the week"),
    ("every Monday, 10:00-25:00", "“25:00” is not a time"),
    ("every Monday, 13:00-10:30", "closes before it opens"),
    ("every Monday, 10:00-11:00-12:00", "more than two times"),
    ("every Monday, 10:00-11:00, 12:00-13:00", "says the times twice"),
    ("every Monday and Monday, 10:00-11:00", "names the same day twice"),
    ("every Monday,", "a comma with nothing after it"),
    ("every Monday, if it is dry", "“if it is dry” was not understood"),
    ("every second Tuesday, 10:00-11:00", "needs a date to count from"),
    ("every second Tuesday, 10:00-11:00, from 2026-11-18", "which is another day of the week"),
    ("Tuesday of the month, 10:00-11:00", "does not say which"),
    ("on 2026-02-30, 10:00-11:00", "is not a date"),
    ("on 2026-12-12, 10:00-11:00, until 2027-01-01", "has no meaning for something that happens on one day"),
    ("every Monday, from 2027-01-01, until 2026-01-01", "ends before it begins"),
    ("every " + "Monday " * 100, "at most 400 fit"),
]


@pytest.mark.parametrize(("line", "words"), NOT_UNDERSTOOD)
def test_what_was_not_understood_is_said(line: str, words: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(line, TODAY)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "opens", "closes"),
    [
        ("2-4pm", dt.time(14), dt.time(16)),
        ("10-1pm", dt.time(10), dt.time(13)),
        ("9.30am - noon", dt.time(9, 30), dt.time(12)),
        ("18:00-24:00", dt.time(18), dt.time(23, 59)),
        ("18:00-00:00", dt.time(18), dt.time(23, 59)),
        ("11-12pm", dt.time(11), dt.time(12)),
    ],
)
def test_spans(text: str, opens: dt.time, closes: dt.time) -> None:
    assert parse_span(text) == (opens, closes)


_WORDS = ["every", "on", "first", "in", "Monday", ",", "10:00", "-", "2026-12-24", "and", "of", "the", "month"]


@given(st.text(max_size=60) | st.lists(st.sampled_from(_WORDS)).map(" ".join))
def test_any_text_is_a_rule_or_a_sentence(line: str) -> None:
    try:
        rule = parse_rule(line, TODAY)
    except RuleError:
        return
    assert isinstance(rule, RuleDraft)
