"""Which rules of recurrence hold at which venues."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from portal.search.columns.sessions import bounds_of, first_of_each


@dataclass(frozen=True)
class Holding:
    """Which rules hold at which venues, in the order of the venues. Nothing is held while closed for now."""

    row: NDArray[np.int64]
    rule: NDArray[np.int64]

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """Where each venue begins."""
        return first_of_each(self.row)

    def rules_of(self, venue: int) -> list[int]:
        """Return the rules that hold at a venue."""
        start, end = self._bounds[venue : venue + 2] if venue + 1 < len(self._bounds) else (0, 0)
        rules: list[int] = self.rule[start:end].tolist()
        return rules

    @cached_property
    def _bounds(self) -> NDArray[np.int64]:
        """Where each venue begins, also those that hold nothing, up to one beyond the last that holds anything."""
        return bounds_of(self.row)

    def by_venue(self, by_rule: NDArray[np.int64], reduce: np.ufunc, *, venues: int, nothing: int) -> NDArray[np.int64]:
        """Return for each of so many venues the values of its rules taken together, `nothing` where it has none."""
        found = np.full(venues, nothing, np.int64)
        if len(self.row):
            found[self.row[self.first]] = reduce.reduceat(by_rule[self.rule], self.first)
        return found
