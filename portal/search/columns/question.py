"""A question as the columns understand it."""

import datetime as dt
import uuid
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portal.search.results import SearchRequest


@dataclass(frozen=True, kw_only=True)
class Question:
    """A request with what was looked up for it.

    `scores` has a place for each row of the columns, 0 where the words are not met (None: no words were asked);
    `is_ranked` says whether the scores tell services apart; `covering` are the areas that cover the place asked for;
    `now` is an aware instant.
    """

    request: SearchRequest
    now: dt.datetime
    scores: NDArray[np.float64] | None = None
    is_ranked: bool = False
    covering: frozenset[uuid.UUID] = frozenset()

    @property
    def sort(self) -> str:
        """The order that applies: relevance means nothing without words."""
        if self.request.sort == "relevance" and not self.is_ranked:
            return "soonest" if self.request.place is None else "distance"
        if self.request.sort == "distance" and self.request.place is None:
            return "relevance" if self.is_ranked else "soonest"
        return self.request.sort
