"""Recurrence rules become real London dates."""

import datetime as dt

import pytest

from portal.core.clock import LONDON
from portal.directory.models import Frequency, Schedule
from portal.directory.schedule_words import in_words
from portal.directory.schedules import Session, next_sessions, sessions
from tests.factories import once, weekly

MONDAY = dt.date(2026, 11, 23)


def days(schedule: Schedule, start: dt.date = MONDAY, span: int = 40) -> list[str]:
    return [session.day.isoformat() for session in sessions(schedule, start, start + dt.timedelta(days=span))]


def test_weekly_on_two_days() -> None:
    assert days(weekly("MO,TH"), span=10) == ["2026-11-23", "2026-11-26", "2026-11-30", "2026-12-03"]


def test_fortnightly_counts_from_its_anchor() -> None:
    rule = weekly("TU", interval=2, starts_on=dt.date(2026, 11, 17))
    assert days(rule) == ["2026-12-01", "2026-12-15", "2026-12-29"]


def test_first_tuesday_and_last_friday() -> None:
    assert days(weekly("1TU", frequency=Frequency.MONTHLY)) == ["2026-12-01"]
    assert days(weekly("-1FR", frequency=Frequency.MONTHLY)) == ["2026-11-27", "2026-12-25"]


def test_not_on_bank_holidays() -> None:
    # Boxing Day 2026 is a Saturday, so Monday 28 December is the substitute day.
    assert "2026-12-28" in days(weekly("MO"))
    assert "2026-12-28" not in days(weekly("MO", not_on_bank_holidays=True))


def test_term_time() -> None:
    assert days(weekly("WE", term_time_only=True), span=50) == [
        "2026-11-25", "2026-12-02", "2026-12-09", "2026-12-16", "2027-01-06",
    ]  # fmt: skip


def test_exceptions_and_extra_days() -> None:
    rule = weekly("TH", except_on=["2026-12-03"], also_on=["2026-12-05"])
    assert days(rule, span=14) == ["2026-11-26", "2026-12-05"]


def test_validity() -> None:
    rule = weekly("MO", valid_from=dt.date(2026, 12, 1), valid_to=dt.date(2026, 12, 14))
    assert days(rule) == ["2026-12-07", "2026-12-14"]


def test_once() -> None:
    assert days(once(dt.date(2026, 12, 12))) == ["2026-12-12"]
    assert days(once(dt.date(2026, 11, 1))) == []


def test_the_clocks_change_but_the_hour_does_not() -> None:
    rule = weekly("SU", "10:00", "11:00")
    before, after = sessions(rule, dt.date(2027, 3, 21), dt.date(2027, 3, 28))
    assert before.starts_at.astimezone(dt.UTC).hour == 10
    assert after.starts_at.astimezone(dt.UTC).hour == 9
    assert before.starts_at.hour == after.starts_at.hour == 10


def test_the_plain_weekly_way_agrees_with_the_general_one() -> None:
    plain = weekly("TU,SA", starts_on=dt.date(2026, 11, 25))
    from dateutil import rrule

    expected = rrule.rrule(
        rrule.WEEKLY, dtstart=dt.datetime(2026, 11, 25), byweekday=(rrule.TU, rrule.SA), until=dt.datetime(2027, 1, 2)
    )
    assert days(plain) == [moment.date().isoformat() for moment in expected]


def test_next_sessions_hold_the_one_that_is_going_on() -> None:
    during = dt.datetime(2026, 11, 23, 11, 0, tzinfo=LONDON)
    found = next_sessions([weekly("MO,TH", "10:30", "13:00")], during, 2)
    assert found == [
        Session(dt.date(2026, 11, 23), dt.time(10, 30), dt.time(13)),
        Session(dt.date(2026, 11, 26), dt.time(10, 30), dt.time(13)),
    ]


def test_next_sessions_look_beyond_the_first_weeks() -> None:
    found = next_sessions([once(dt.date(2027, 9, 1))], dt.datetime(2026, 11, 23, 9, tzinfo=LONDON), 5)
    assert [session.day for session in found] == [dt.date(2027, 9, 1)]


def test_past_midnight() -> None:
    late = Session(dt.date(2026, 11, 27), dt.time(22), dt.time(2))
    assert late.ends_at == dt.datetime(2026, 11, 28, 2, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (weekly("MO,TH", "10:30", "13:00"), "Every Monday and Thursday, 10.30am to 1pm"),
        (weekly("TU", "14:00", "16:00", interval=2), "Every second Tuesday, 2 to 4pm"),
        (weekly("MO,TU,WE,TH,FR", "09:00", "17:00"), "Monday to Friday, 9am to 5pm"),
        (weekly("MO,TU,WE,TH,FR,SA,SU", "09:00", "12:00"), "Every day, 9am to 12 noon"),
        (
            weekly("1TU,3TU", "11:00", "12:30", frequency=Frequency.MONTHLY),
            "First and third Tuesday of the month, 11am to 12.30pm",
        ),
        (weekly("-1FR", "", "", frequency=Frequency.MONTHLY), "Last Friday of the month"),
        (once(dt.date(2026, 12, 12), "13:00", "16:00"), "Saturday 12 December 2026, 1 to 4pm"),
        (weekly("WE", "10:00", "11:00", term_time_only=True), "Every Wednesday, 10 to 11am, in term time"),
        (weekly("MO", "", "", not_on_bank_holidays=True), "Every Monday, not on bank holidays"),
    ],
)
def test_in_words(schedule: Schedule, words: str) -> None:
    assert in_words(schedule) == words
