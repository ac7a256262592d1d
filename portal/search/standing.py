"""Where one service stands in an answer, and what its score is made of."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.clock import LONDON
from portal.directory.models import Capacity
from portal.search.constants import (
    AGEING,
    AGEING_FROM_DAYS,
    DISTANCE_WEIGHT,
    STALE,
    STALE_FROM_DAYS,
    WITHOUT_POSITION,
)


@dataclass(frozen=True)
class Standing:
    """One service: its row among the scores of words, what is soft about it, and how it was scored.

    `score` is None when the service is not found. `miles` are infinite without a position or a place. `factors` are
    what the score is made of, by name, as in `portal.search.columns.order.factors`.
    """

    row: int
    capacity: Capacity | None
    is_thin: bool
    is_closed_for_now: bool
    score: float | None = None
    miles: float = math.inf
    factors: Mapping[str, float] = field(default_factory=dict)


def distance_factor(miles: float, radius: float) -> float:
    """Return what distance does to a score."""
    return WITHOUT_POSITION if math.isinf(miles) else 1 / (1 + DISTANCE_WEIGHT * min(miles / radius, 1.0))


def fresh_factor(confirmed_on: dt.date | None, now: dt.datetime) -> float:
    """Return what the day of the last confirmation, None for never, does to a score at an aware instant."""
    days = (now.astimezone(LONDON).date() - (confirmed_on or dt.date.min)).days
    return STALE if days >= STALE_FROM_DAYS else AGEING if days >= AGEING_FROM_DAYS else 1.0
