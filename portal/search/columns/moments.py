"""What the sessions say at one minute: worked out once, and used by every question of that minute."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from portal.search.columns.holding import Holding
from portal.search.columns.sessions import NEVER, Sessions, SessionTable, first_of_each
from portal.search.results import DAY_CHOICES


@dataclass(frozen=True)
class Moment:
    """Sessions, and where they are held, at a minute of London's wall clock since the year 1."""

    sessions: Sessions
    holding: Holding
    rules: int
    venues: int
    minute: int

    @cached_property
    def ahead(self) -> NDArray[np.bool_]:
        """Near sessions that are not over."""
        return self.sessions.near.ends > self.minute

    @cached_property
    def next_starts(self) -> NDArray[np.int64]:
        """Wall minutes at which the next session of each venue begins, near or far; NEVER where there is none."""
        return self.starts_of(self.sessions.near, self.ahead, *self.sessions.far_starts)

    @cached_property
    def days_and_parts(self) -> NDArray[np.int64]:
        """Bits of the days and of the parts of the day of each venue's near sessions, as `bits_of` gives them."""
        return self.bits_of(self.sessions.near, self.ahead)

    def starts_of(
        self,
        table: SessionTable,
        fitting: NDArray[np.bool_],
        rules: NDArray[np.int32] | None = None,
        starts: NDArray[np.int32] | None = None,
    ) -> NDArray[np.int64]:
        """Return wall minutes at which the first of the fitting sessions of each venue begins, else NEVER.

        Rules that have no fitting session begin as `rules` and `starts` say, if these are given.
        """
        found = np.full(self.rules, NEVER)
        if rules is not None:
            found[rules] = starts
        own, first = table.first_starts(np.flatnonzero(fitting))
        found[own] = first
        return self.holding.by_venue(found, np.minimum, venues=self.venues, nothing=NEVER)

    def bits_of(
        self,
        table: SessionTable,
        counting: NDArray[np.bool_],
        *,
        days_of: NDArray[np.bool_] | None = None,
        parts_of: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.int64]:
        """Return for each venue the bits of DAY_CHOICES, then of TIME_CHOICES, of those sessions that count.

        With `days_of` only those sessions say their days, with `parts_of` only those their parts of the day.
        """
        days = table.days if days_of is None else np.where(days_of, table.days, 0)
        parts = table.parts if parts_of is None else np.where(parts_of, table.parts, 0)
        bits = days.astype(np.int64) | parts.astype(np.int64) << len(DAY_CHOICES)
        fitting = np.flatnonzero(counting & (bits != 0))
        by_rule = np.zeros(self.rules, np.int64)
        if len(fitting):
            rules = table.rule[fitting]
            first = first_of_each(rules)
            by_rule[rules[first]] = np.bitwise_or.reduceat(bits[fitting], first)
        return self.holding.by_venue(by_rule, np.bitwise_or, venues=self.venues, nothing=0)


class Moments:
    """The moment that was asked about last, of one state of the columns. Safe from several threads."""

    def __init__(self, sessions: Sessions, holding: Holding, *, rules: int, venues: int) -> None:
        self._last = Moment(sessions, holding, rules, venues, minute=0)

    def at(self, minute: int) -> Moment:
        """Return what the sessions say at a wall minute."""
        found = self._last
        if found.minute != minute:
            found = self._last = replace(found, minute=minute)
        return found
