"""What a group said about when, as rules that can be expanded, in words, and as the next days.

It works on a content that nobody has published, so that a group sees at once what residents will read.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.core import clock
from portal.core.wording import date_in_words, list_in_words, span_in_words
from portal.directory.calendar import Calendar, current, known_holidays
from portal.directory.models import Frequency, Schedule
from portal.directory.rules_in_words import LONG_AGO
from portal.directory.schedule_words import exceptions_in_words, in_words
from portal.directory.schedules import LOOK_AHEAD, Session, sessions
from portal.listings.content import Venue, When

NEXT = 5


@dataclass(frozen=True)
class NextDay:
    """One of the next days, with its times in words; `why_not` says why it is not on, "" when it is."""

    day: dt.date
    times: str
    why_not: str = ""


def schedule_of(rule: When) -> Schedule:
    """Return a rule as a schedule of the directory that no session knows of, to be expanded or put into words."""
    repeats = rule.frequency is not Frequency.ONCE
    return Schedule(
        frequency=rule.frequency,
        interval=rule.interval,
        by_day=rule.by_day,
        starts_on=rule.starts_on or LONG_AGO,
        # A first day that has gone by is nothing to read about.
        valid_from=rule.starts_on if repeats and rule.starts_on and rule.starts_on > clock.today() else None,
        valid_to=rule.ends_on if repeats else None,
        opens_at=rule.opens_at,
        closes_at=rule.closes_at,
        except_on=[day.isoformat() for day in rule.except_on],
        also_on=[day.isoformat() for day in rule.also_on],
        not_on_bank_holidays=rule.not_on_bank_holidays,
        term_time_only=rule.term_time_only,
    )


def rule_in_words(rule: When, venues: Sequence[Venue] = ()) -> str:
    """Return a rule as a sentence without its stop, with extra days, breaks and the venue if there are several."""
    schedule = schedule_of(rule)
    today = clock.today()
    parts = [in_words(schedule)]
    extra = [date_in_words(day) for day in sorted(rule.also_on) if day >= today]
    if extra:
        parts.append(f"also on {list_in_words(extra)}")
    left_out = exceptions_in_words(schedule, today_iso=today.isoformat())
    if left_out:
        parts.append(f"not on {list_in_words(left_out)}")
    names = {venue.id: venue.name or venue.postcode for venue in venues} if len(venues) > 1 else {}
    if rule.venue in names:
        parts.append(f"at {names[rule.venue]}")
    return ", ".join(parts)


def next_days(rules: Sequence[When], *, after: dt.datetime, limit: int = NEXT) -> list[NextDay]:
    """Return the days after an aware instant until `limit` of them are on, with those that fall out in between.

    Looks at most 400 days ahead, as residents' pages do.
    """
    calendar = current()
    today = after.astimezone(clock.LONDON).date()
    days = (today - dt.timedelta(days=1), today + LOOK_AHEAD)
    held: set[Session] = set()
    left_out: dict[Session, str] = {}
    for rule in rules:
        schedule = schedule_of(rule)
        on = set(sessions(schedule, *days, calendar=calendar))
        held |= on
        for session in sessions(_without_limits(rule), *days):
            if session not in on:
                left_out[session] = _why_not(rule, session.day, calendar)
    found: list[NextDay] = []
    for session in sorted(held | set(left_out), key=lambda one: (one.starts_at, one.ends_at)):
        if session.ends_at <= after:
            continue
        times = span_in_words(session.opens_at, session.closes_at)
        found.append(NextDay(session.day, times, "" if session in held else left_out[session]))
        if sum(not one.why_not for one in found) == limit:
            break
    while found and found[-1].why_not:
        found.pop()
    return found


def _without_limits(rule: When) -> Schedule:
    schedule = schedule_of(rule)
    schedule.not_on_bank_holidays = schedule.term_time_only = False
    schedule.except_on = []
    return schedule


def _why_not(rule: When, day: dt.date, calendar: Calendar) -> str:
    if day in rule.except_on:
        return "a break"
    if rule.not_on_bank_holidays and calendar.is_bank_holiday(day):
        names: Mapping[dt.date, str] = known_holidays(day.year)
        return names.get(day, "bank holiday")
    return "school holidays"
