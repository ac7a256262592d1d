"""A place that somebody asked for, and how exactly it is known."""

import enum
from dataclasses import dataclass


class Precision(enum.Enum):
    """How exact a position is, in the words of the page."""

    STREET = "to the nearest street"
    SECTOR = "to about half a mile"
    OUTCODE = "to about a mile"
    PLACE = "the middle of the place"
    AREA = "the whole area"
    NEAR_YOU = "where your phone or computer says you are, rounded"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A position (WGS84 degrees) with its name as shown ("SE13 6LG, Lewisham") and its exactness.

    `asked` is what somebody typed; `key` the canonical text for a link that can be kept ("SE13 6LG").
    `area_slug` is set when the place is an area whose outline is known.
    """

    asked: str
    key: str
    name: str
    latitude: float
    longitude: float
    precision: Precision
    area_slug: str = ""


@dataclass(frozen=True, kw_only=True)
class UnknownPlace:
    """Nothing is known under what was asked; `nearest` is the closest guess to offer, if there is one."""

    asked: str
    nearest: Place | None = None
