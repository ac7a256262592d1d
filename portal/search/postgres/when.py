"""What a question asks about sessions, as parts of a statement: next ones, days and parts of the day, "open now"."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portal.core.clock import LONDON
from portal.directory.calendar import Calendar
from portal.search.columns.filters import bits_of
from portal.search.columns.sessions import wall_minutes
from portal.search.constants import DATES_AHEAD, DAYS_AHEAD
from portal.search.results import DAY_CHOICES, TIME_CHOICES, SearchRequest
from portal.search.text.language import Query


@dataclass(frozen=True)
class Asked:
    """A request with what was looked up for it.

    `numbers` and `scores` are the services that meet the words (None: no words were asked); `covering` the areas that
    cover the place asked for; `sort` the order that applies; `now` an aware instant; `calendar` knows bank holidays;
    `sessions_from` is the London day as of which the tables tell what happens in short. With `only` nothing but the
    service of that number is looked at.
    """

    request: SearchRequest
    query: Query
    now: dt.datetime
    sort: str
    calendar: Calendar
    sessions_from: dt.date
    numbers: NDArray[np.int64] | None = None
    scores: NDArray[np.float64] | None = None
    covering: Collection[uuid.UUID] = ()
    only: int | None = None


class When:
    """The part of a question that is about sessions, and the values that go into the statement."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.request = asked.request
        self.values: dict[str, Any] = {}
        self._today = asked.now.astimezone(LONDON).date()
        # All sessions begin and end on a minute.
        self._now = f"{self.value('now', int(wall_minutes(asked.now)))}::integer"
        self._span(self._today.toordinal())

    @property
    def asks_when(self) -> bool:
        """Whether the question is about sessions at all."""
        request = self.request
        return bool(request.days or request.times or request.on or request.open_now or request.not_on_bank_holidays)

    @property
    def _is_short(self) -> bool:
        """Whether what happens in short tells enough: it knows no dates, and only the day of which it was made."""
        is_plain = self.request.on is None and not self.request.not_on_bank_holidays
        return is_plain and self.asked.sessions_from == self._today

    @property
    def happens(self) -> str:
        """That something fits at a venue, if the question is about sessions."""
        return "starts IS NOT NULL" if self.asks_when else "true"

    def value(self, name: str, value: Any) -> str:
        """Take a value into the statement, and return what stands for it there."""
        self.values[name] = value
        return f"%({name})s"

    def _span(self, today: int) -> None:
        """Set the days whose sessions are looked at: five weeks, or the one that was asked for."""
        on = None if self.request.on is None else self.request.on.toordinal()
        last = today + DAYS_AHEAD - 1
        self._first = f"{self.value('first', today - 1 if on is None else on)}::integer"
        self._last = f"{self.value('last', last if on is None else on)}::integer"
        self._farthest = f"{self.value('farthest', today + DATES_AHEAD)}::integer"

    def moment(self) -> str:
        """Return what a session has to meet that is neither a day of the week nor a part of the day."""
        found = f"ends > {self._now}"
        if self.request.open_now:
            found += f" AND begins <> -1 AND closes <> -1 AND begins <= {self._now}"
        if self.request.not_on_bank_holidays:
            days = range(self.values["first"], self.values["last"] + 1)
            holidays = [day for day in days if self.asked.calendar.is_bank_holiday(dt.date.fromordinal(day))]
            found += f" AND day <> ALL ({self.value('holidays', holidays)}::integer[])"
        return found

    def _bits(self, column: str, values: tuple[str, ...], choices: tuple[str, ...]) -> str:
        """Return that one of some choices holds, "true" when none was made."""
        if not values:
            return "true"
        return f"({column} & {self.value(f'wanted_{column}', bits_of(values, choices))}::integer) <> 0"

    def _rule_when(self) -> str:
        """Return for each rule when it is next, and the days and parts of the day on which it still is."""
        days, parts = self.days_met, self.parts_met
        near = (
            f"SELECT rule, min(starts) FILTER (WHERE {days} AND {parts}) AS starts, "
            f"{self._bits_met} FROM search.session "
            f"WHERE day BETWEEN {self._first} AND {self._last} AND {self.moment()} GROUP BY rule"
        )
        if self.asks_when:
            return near
        later = (
            f"SELECT starts FROM search.session AS later WHERE later.rule = rule.id AND day > {self._last} "
            f"AND day <= {self._farthest} ORDER BY starts LIMIT 1"
        )
        return (
            f"SELECT rule.id AS rule, coalesce(near.starts, ({later})) AS starts, near.bits "
            f"FROM search.rule LEFT JOIN ({near}) AS near ON near.rule = rule.id"
        )

    def _held(self) -> str:
        """Return for each venue when something is next, and the days and parts of the day on which it still is."""
        if not self._is_short:
            return (
                "SELECT id AS venue, min(starts) AS starts, bit_or(bits) AS bits "
                "FROM near CROSS JOIN unnest(rules) AS one (rule) JOIN rule_when USING (rule) GROUP BY id"
            )
        now = f"ends > {self._now}"
        if self.request.open_now:
            now += f" AND is_bounded AND starts <= {self._now}"
        # What belongs to no day is too far away to be asked about.
        return (
            f"SELECT venue, min(starts) FILTER (WHERE {self.days_met} AND {self.parts_met}) AS starts, "
            f"{self._bits_met} FROM search.happening JOIN near ON near.id = venue "
            f"WHERE days <> 0 AND {now} GROUP BY venue"
        )

    @property
    def _bits_met(self) -> str:
        """The days on which something is in the parts of the day that were asked for, and the other way round."""
        days = f"CASE WHEN {self.parts_met} THEN days::integer ELSE 0 END" if self.request.times else "days::integer"
        parts = f"CASE WHEN {self.days_met} THEN parts::integer ELSE 0 END" if self.request.days else "parts::integer"
        return f"bit_or({days} | (({parts}) << {len(DAY_CHOICES)})) AS bits"

    @property
    def days_met(self) -> str:
        """That a session is on one of the days of the week that were asked for."""
        return self._bits("days", self.request.days, DAY_CHOICES)

    @property
    def parts_met(self) -> str:
        """That a session is in one of the parts of the day that were asked for."""
        return self._bits("parts", self.request.times, TIME_CHOICES)
