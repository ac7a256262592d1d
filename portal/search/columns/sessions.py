"""Rules of recurrence as tables of real sessions, in London wall-clock minutes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portal.core.clock import LONDON
from portal.directory.calendar import Calendar, current
from portal.directory.index_queries import Rule
from portal.directory.models import Frequency
from portal.directory.schedules import Session, sessions
from portal.search.constants import DATES_AHEAD, DAYS_AHEAD, LEAST_OVERLAP, PARTS_OF_DAY
from portal.search.results import DAY_CHOICES, TIME_CHOICES

DAY_MINUTES = 24 * 60
UNKNOWN = -1
NEVER = np.iinfo(np.int64).max


def wall_minutes(instant: dt.datetime) -> float:
    """Return an aware instant as minutes of London's wall clock since the year 1."""
    local = instant.astimezone(LONDON)
    return local.toordinal() * DAY_MINUTES + local.hour * 60 + local.minute + local.second / 60


def day_bits(weekday: int) -> int:
    """Return the bits of DAY_CHOICES that hold on a weekday (Monday is 0)."""
    return 1 << weekday | 1 << DAY_CHOICES.index("weekend" if weekday > 4 else "weekday")


_DAY_BITS = np.array([day_bits(weekday) for weekday in range(7)])


def part_bits(opens: int | None, closes: int | None) -> int:
    """Return the bits of TIME_CHOICES that a session from one minute of the day to another belongs to.

    It belongs to a part of the day that it begins in or fills for half an hour. Without a beginning: to none.
    """
    bits = 0
    for bit, name in enumerate(TIME_CHOICES):
        start, end = PARTS_OF_DAY[name]
        if opens is None:
            continue
        overlap = 0 if closes is None else min(closes, end) - max(opens, start)
        if start <= opens < end or overlap >= LEAST_OVERLAP:
            bits |= 1 << bit
    return bits


def first_of_each(ordered: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return where each run of equal values begins in an ordered column."""
    return np.flatnonzero(np.concatenate((np.ones(min(1, len(ordered)), bool), ordered[1:] != ordered[:-1])))


def bounds_of(ordered: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return where each number from 0 on begins in an ordered column of numbers, and at last where the column ends."""
    most = int(ordered[-1]) if len(ordered) else -1
    return np.searchsorted(ordered, np.arange(most + 2, dtype=ordered.dtype))


@dataclass(frozen=True)
class SessionTable:
    """Sessions ordered by (rule, start). `starts` and `ends` are wall minutes; a session ends with its day if
    nothing is said. `closes` is the end that was said, or UNKNOWN; `begins` likewise."""

    rule: NDArray[np.int32]
    day: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    begins: NDArray[np.int32]
    closes: NDArray[np.int32]
    days: NDArray[np.int16]
    parts: NDArray[np.int16]

    def joined(self, other: "SessionTable") -> "SessionTable":
        """Return both tables as one; the other's rules have higher numbers."""
        pairs = {item.name: (getattr(self, item.name), getattr(other, item.name)) for item in fields(self)}
        return SessionTable(**{name: np.concatenate(pair) for name, pair in pairs.items()})

    def first_starts(self, places: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the rules of some sessions, given by their ordered places, and the first start of each rule."""
        rules = self.rule[places]
        first = first_of_each(rules)
        return rules[first], self.starts[places[first]]

    def starting(self, rule: int, start: int) -> list[int]:
        """Return the places of the sessions of a rule that begin at a wall minute."""
        if rule + 1 >= len(self._bounds):
            return []
        first, last = self._bounds[rule : rule + 2].tolist()
        return [place for place, found in enumerate(self.starts[first:last].tolist(), first) if found == start]

    @cached_property
    def _bounds(self) -> NDArray[np.int64]:
        """Where the sessions of each rule begin, up to one beyond the last rule that has any."""
        return bounds_of(self.rule)

    def session(self, place: int) -> Session:
        """Return one session with its times."""
        day = int(self.day[place])
        start, end = int(self.begins[place]), int(self.closes[place])
        return Session(dt.date.fromordinal(day), _time(start - day * DAY_MINUTES, start), _time(end, end))


def _time(minute: int, known: int) -> dt.time | None:
    return None if known == UNKNOWN else dt.time(minute % DAY_MINUTES // 60, minute % 60)


@dataclass(frozen=True)
class Sessions:
    """All sessions of all rules: `near` from yesterday (some run past midnight) for 35 days, `far` up to 400.

    Holidays and terms are those of `calendar`; another one needs other sessions.
    """

    today: dt.date
    near: SessionTable
    far: SessionTable
    calendar: Calendar

    @cached_property
    def far_starts(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rules that have far sessions, and when the first of those begins."""
        return self.far.first_starts(np.arange(len(self.far.rule)))

    @cached_property
    def _bank_holidays(self) -> NDArray[np.bool_]:
        """Whether each day from yesterday to the last one is a bank holiday."""
        days = (self.today + dt.timedelta(days=ahead) for ahead in range(-1, DATES_AHEAD + 1))
        return np.fromiter((self.calendar.is_bank_holiday(day) for day in days), bool, DATES_AHEAD + 2)

    def on_bank_holidays(self, table: SessionTable) -> NDArray[np.bool_]:
        """Return which sessions of one of the tables fall on a bank holiday, by the day on which they begin."""
        return self._bank_holidays[table.day - (self.today.toordinal() - 1)]

    def joined(self, other: "Sessions") -> "Sessions":
        """Return both as one; the other's rules have higher numbers."""
        return Sessions(self.today, self.near.joined(other.near), self.far.joined(other.far), self.calendar)


def expand(rules: Sequence[Rule], today: dt.date, *, first: int = 0, calendar: Calendar | None = None) -> Sessions:
    """Return the sessions of rules, numbered from `first`, as seen from a London day.

    Holidays and terms are those of `calendar`, of the running site when none is given.
    """
    calendar = calendar or current()
    near_end = today + dt.timedelta(days=DAYS_AHEAD - 1)
    spans = (
        (today - dt.timedelta(days=1), near_end),
        (near_end + dt.timedelta(days=1), today + dt.timedelta(days=DATES_AHEAD)),
    )
    near, far = (_table(rules, start, end, first, calendar) for start, end in spans)
    return Sessions(today, near, far, calendar)


def simplified(rule: Rule, today: dt.date) -> Rule:
    """Return a rule that gives the same sessions from yesterday on, with its first day brought near.

    Then more rules are equal, and none has to be followed through years that are over. A week or a day is moved by
    whole turns of the rule, so that "every second Tuesday" stays on its Tuesdays.
    """
    yesterday = today - dt.timedelta(days=1)
    start = rule.starts_on
    if start >= yesterday or rule.frequency is Frequency.ONCE:
        return rule
    if rule.frequency is Frequency.MONTHLY:
        is_plain = rule.interval == 1 and (rule.by_day or rule.by_month_day)
        return replace(rule, starts_on=yesterday.replace(day=1)) if is_plain else rule
    turn = rule.interval * (7 if rule.frequency is Frequency.WEEKLY else 1)
    start += dt.timedelta(days=(yesterday - start).days // turn * turn)
    if rule.frequency is Frequency.WEEKLY and rule.by_day:
        start -= dt.timedelta(days=start.weekday())
    return replace(rule, starts_on=start)


def _table(rules: Sequence[Rule], start: dt.date, end: dt.date, first: int, calendar: Calendar) -> SessionTable:
    found = [
        [session.day.toordinal() for session in sessions(rule.as_schedule(), start, end, calendar=calendar)]
        for rule in rules
    ]
    place = np.repeat(np.arange(len(rules)), np.fromiter(map(len, found), np.int64, len(rules)))
    day = np.fromiter(chain.from_iterable(found), np.int64, len(place))
    midnight = day * DAY_MINUTES
    opens, closes, parts = np.array([_minutes(rule) for rule in rules], np.int64).reshape(-1, 3)[place].T
    # Minutes since the year 1 fit 32 bits until the year 4083, which halves the largest tables of all.
    return SessionTable(
        rule=(place + first).astype(np.int32),
        day=day.astype(np.int32),
        starts=(midnight + np.maximum(opens, 0)).astype(np.int32),
        ends=(midnight + np.where(closes == UNKNOWN, DAY_MINUTES - 1, closes)).astype(np.int32),
        begins=np.where(opens == UNKNOWN, UNKNOWN, midnight + opens).astype(np.int32),
        closes=np.where(closes == UNKNOWN, UNKNOWN, midnight + closes).astype(np.int32),
        # The first of January of the year 1 was a Monday.
        days=_DAY_BITS[(day - 1) % 7].astype(np.int16),
        parts=parts.astype(np.int16),
    )


def _minutes(rule: Rule) -> tuple[int, int, int]:
    """Return when a rule opens and closes, in minutes of the day or UNKNOWN, and the parts of the day it belongs to."""
    opens = None if rule.opens_at is None else rule.opens_at.hour * 60 + rule.opens_at.minute
    closes = None if rule.closes_at is None else rule.closes_at.hour * 60 + rule.closes_at.minute
    if opens is not None and closes is not None and closes <= opens:
        closes += DAY_MINUTES
    return UNKNOWN if opens is None else opens, UNKNOWN if closes is None else closes, part_bits(opens, closes)
