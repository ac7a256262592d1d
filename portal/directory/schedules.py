"""Schedules as real dates: recurrence rules expanded in London time."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from dateutil import rrule

from portal.core.clock import LONDON
from portal.directory.calendar import Calendar, current
from portal.directory.models.schedule import Frequency, Schedule

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LOOK_AHEAD = dt.timedelta(days=400)
_RULE_DAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
_FREQUENCIES: dict[Frequency, Literal[1, 2, 3]] = {
    Frequency.DAILY: rrule.DAILY,
    Frequency.WEEKLY: rrule.WEEKLY,
    Frequency.MONTHLY: rrule.MONTHLY,
}


@dataclass(frozen=True, order=True)
class Session:
    """One real occurrence: a London date with its local times. Times that were not said are None."""

    day: dt.date
    opens_at: dt.time | None = None
    closes_at: dt.time | None = None

    @property
    def starts_at(self) -> dt.datetime:
        """When it begins, aware, in London time; midnight when the time was not said."""
        return dt.datetime.combine(self.day, self.opens_at or dt.time(), LONDON)

    @property
    def ends_at(self) -> dt.datetime:
        """When it ends, aware, in London time; the end of the day when that was not said.

        A session that closes before it opens runs past midnight.
        """
        if self.closes_at is None:
            return dt.datetime.combine(self.day, dt.time(23, 59), LONDON)
        after_midnight = self.opens_at is not None and self.closes_at <= self.opens_at
        day = self.day + dt.timedelta(days=1) if after_midnight else self.day
        return dt.datetime.combine(day, self.closes_at, LONDON)


def parse_day(text: str) -> tuple[int, int]:
    """Read one part of BYDAY ("TU", "1TU", "-1FR") into (which, weekday), which 0 for every.

    Raises ValueError for anything else. Source: RFC 5545, section 3.3.10.
    """
    name, which = text[-2:], text[:-2]
    if name not in WEEKDAYS:
        raise ValueError(f"{text!r} is not a day.")
    return (int(which) if which else 0), WEEKDAYS.index(name)


def days_of(schedule: Schedule) -> list[tuple[int, int]]:
    """Return the days of a rule as (which, weekday) pairs."""
    return [parse_day(part.strip()) for part in schedule.by_day.split(",") if part.strip()]


def sessions(schedule: Schedule, start: dt.date, end: dt.date, *, calendar: Calendar | None = None) -> list[Session]:
    """Return the sessions of one rule on London days from `start` to `end`, both included, in order.

    Holidays and terms are those of `calendar`, of the running site when none is given.
    """
    if schedule.not_on_bank_holidays or schedule.term_time_only:
        calendar = calendar or current()
    excepted = set(schedule.except_on)
    regular = _rule_days(schedule, start, end)
    days = {day for day in regular if _holds(schedule, day, calendar) and day.isoformat() not in excepted}
    extra = (dt.date.fromisoformat(text) for text in schedule.also_on)
    days |= {day for day in extra if start <= day <= end and day.isoformat() not in excepted}
    return [Session(day, schedule.opens_at, schedule.closes_at) for day in sorted(days)]


def _holds(schedule: Schedule, day: dt.date, calendar: Calendar | None) -> bool:
    if calendar is None:
        return True
    if schedule.not_on_bank_holidays and calendar.is_bank_holiday(day):
        return False
    return not (schedule.term_time_only and not calendar.is_term_time(day))


def _rule_days(schedule: Schedule, start: dt.date, end: dt.date) -> Iterable[dt.date]:
    first = max(start, schedule.valid_from or start, schedule.starts_on)
    last = min(end, schedule.valid_to or end)
    if first > last:
        return []
    if schedule.frequency is Frequency.ONCE:
        return [schedule.starts_on] if first <= schedule.starts_on <= last else []
    if schedule.frequency is Frequency.WEEKLY and schedule.interval == 1 and schedule.by_day:
        return _weekly_days(schedule, first, last)
    by_day = [_RULE_DAYS[day](which) if which else _RULE_DAYS[day] for which, day in days_of(schedule)]
    rule = rrule.rrule(
        _FREQUENCIES[schedule.frequency],
        dtstart=dt.datetime.combine(schedule.starts_on, dt.time()),
        interval=schedule.interval,
        byweekday=by_day or None,
        bymonthday=[int(part) for part in schedule.by_month_day.split(",") if part.strip()] or None,
        wkst=rrule.MO,
        until=dt.datetime.combine(last, dt.time()),
    )
    midnight = dt.datetime.combine(first, dt.time())
    return [moment.date() for moment in rule.between(midnight, dt.datetime.combine(last, dt.time()), inc=True)]


def _weekly_days(schedule: Schedule, first: dt.date, last: dt.date) -> Iterable[dt.date]:
    """The plain weekly rule, which is nearly all of them, without the cost of the general machine."""
    weekdays = {day for _which, day in days_of(schedule)}
    span = (last - first).days + 1
    starts = ((weekday - first.weekday()) % 7 for weekday in weekdays)
    return [first + dt.timedelta(days=ahead) for start in starts for ahead in range(start, span, 7)]


def next_sessions(schedules: Sequence[Schedule], after: dt.datetime, limit: int) -> list[Session]:
    """Return the next sessions of several rules that end after an aware instant, in order, at most `limit`.

    A session that is going on counts as next. Looks at most 400 days ahead.
    """
    today = after.astimezone(LONDON).date()
    found: list[Session] = []
    for near, far in ((-1, 45), (46, LOOK_AHEAD.days)):
        start, end = today + dt.timedelta(days=near), today + dt.timedelta(days=far)
        upcoming = {session for rule in schedules for session in sessions(rule, start, end) if session.ends_at > after}
        found.extend(sorted(upcoming, key=lambda session: (session.starts_at, session.ends_at)))
        if len(found) >= limit:
            break
    return list(islice(found, limit))


def skipped_bank_holidays(schedules: Sequence[Schedule], after: dt.datetime, before: dt.date) -> list[dt.date]:
    """Return the days up to `before` on which a session falls out because of a bank holiday, in order."""
    today = after.astimezone(LONDON).date()
    skipped = set()
    for schedule in schedules:
        if schedule.not_on_bank_holidays:
            days = _rule_days(schedule, today, before)
            calendar = current()
            skipped |= {day for day in days if calendar.is_bank_holiday(day)}
    return sorted(skipped)
