"""A job that does one thing after another leaves room in between for those who wait."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_LONGEST_REST = 0.5


def unhurried(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items, and rest after each for as long as it took, at most half a second.

    Each is meant to be a transaction of its own. SQLite gives its one lock to whoever asks at the right moment, and
    a job that lets go of it only to take it again keeps everybody else waiting until they are told "locked".
    """
    for item in items:
        began = time.perf_counter()
        yield item
        time.sleep(min(max(0.0, time.perf_counter() - began), _LONGEST_REST))
