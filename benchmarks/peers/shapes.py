"""What every engine is given, and what it has to answer."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

KILOMETRES = 2.0
BEST = 20
FIELDS = ("name", "terms", "organisation", "summary", "venues", "description")
_KM_PER_DEGREE = 111.195


@dataclass(frozen=True)
class Listing:
    """One service: its texts in the order of FIELDS, positions in degrees, and values like "cost:free"."""

    number: int
    texts: Sequence[str]
    positions: Sequence[tuple[float, float]]
    values: Sequence[str]


@dataclass(frozen=True)
class Wanted:
    """One question: words that all have to be met, and the middle of the circle in degrees."""

    words: Sequence[str]
    latitude: float
    longitude: float

    @property
    def spans(self) -> tuple[float, float]:
        """Half the height and half the width of the box around the circle, in degrees."""
        height = KILOMETRES / _KM_PER_DEGREE
        return height, height / math.cos(math.radians(self.latitude))


@dataclass(frozen=True)
class Answered:
    """The number of listings found, the best of them, and counts by value."""

    total: int
    best: Sequence[int]
    counts: Mapping[str, int]


class Peer(Protocol):
    """A search engine. `begin` makes its index in a folder of its own."""

    name: ClassVar[str]

    def begin(self, listings: Iterable[Listing], folder: Path) -> None:
        """Build the index. Raises ImportError or UnavailableError when the engine is not here."""

    def ask(self, wanted: Wanted) -> Answered:
        """Answer one question."""

    def forget(self) -> None:
        """Forget what was kept in memory of earlier questions, as after a start."""

    def end(self) -> None:
        """Close everything."""


class UnavailableError(Exception):
    """An engine cannot be had on this machine; the message says why."""
