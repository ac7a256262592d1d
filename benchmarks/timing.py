"""Times of many calls, and what is said of them."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

Asked = TypeVar("Asked")


@dataclass(frozen=True)
class Spread:
    """The middle and the slow end of many times, in milliseconds."""

    count: int
    p50: float
    p95: float
    longest: float

    def __str__(self) -> str:
        return f"p50 {in_ms(self.p50)}, p95 {in_ms(self.p95)}"


def in_ms(milliseconds: float) -> str:
    """Return a time with as many digits as mean something: "0.31 ms", "4.2 ms", "137 ms"."""
    digits = 2 if milliseconds < 1 else 1 if milliseconds < 10 else 0
    return f"{milliseconds:.{digits}f} ms"


def spread(seconds: Iterable[float]) -> Spread:
    """Return the spread of times in seconds, by nearest rank. Raises ValueError when there are none."""
    ordered = sorted(seconds)
    if not ordered:
        raise ValueError("Nothing was measured.")
    return Spread(len(ordered), _rank(ordered, 0.5), _rank(ordered, 0.95), ordered[-1] * 1000)


def time_each(act: Callable[[Asked], object], asked: Sequence[Asked], *, most_seconds: float) -> Spread:
    """Return how long an act takes for each of what is asked, one after another, within a bound of time."""
    times: list[float] = []
    until = time.perf_counter() + most_seconds
    for one in asked:
        before = time.perf_counter()
        act(one)
        after = time.perf_counter()
        times.append(after - before)
        if after > until:
            break
    return spread(times)


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[math.ceil(share * len(ordered)) - 1] * 1000
