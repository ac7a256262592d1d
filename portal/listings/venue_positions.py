"""Where a venue stands: from its postcode, moved a little, and whether that is within the areas of the site."""

import enum
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.wording import list_in_words
from portal.geo import postcodes
from portal.geo.areas import area_index
from portal.geo.models import AreaKind
from portal.geo.place import Place, UnknownPlace
from portal.geo.queries import BOUNDS, find_place
from portal.listings.content import Venue

# How far one press moves a pin.
STEP_METRES = 25
_METRES_IN_DEGREE = 111_320.0  # of latitude, on the mean sphere

Position = tuple[float, float]


class Way(enum.Enum):
    """Where to a pin is moved: (north, east)."""

    NORTH = (1, 0)
    SOUTH = (-1, 0)
    EAST = (0, 1)
    WEST = (0, -1)


@dataclass(frozen=True)
class Found:
    """What is known of a typed postcode: it written properly, its position, and how exact that is in words.

    `guess` is the nearest postcode that there is, "" when the typed one is known or nothing comes near.
    """

    postcode: str
    position: Position | None = None
    exactness: str = ""
    guess: str = ""


def find_postcode(text: str) -> Found:
    """Look a postcode up, offline. What is none keeps its spelling and has no position."""
    parsed = postcodes.parse(text)
    code = parsed.code if parsed is not None else text.upper()
    place = find_place(text) if parsed is not None else None
    if isinstance(place, Place):
        return Found(code, (place.latitude, place.longitude), place.precision.value)
    if isinstance(place, UnknownPlace) and place.nearest is not None:
        return Found(code, guess=place.nearest.key)
    return Found(code)


def is_postcode(text: str) -> bool:
    """Say whether a text has the shape of a whole postcode."""
    parsed = postcodes.parse(text)
    return parsed is not None and parsed.level is postcodes.Level.UNIT


def moved(position: Position, way: Way) -> Position:
    """Return a position (WGS84 degrees) about 25 metres on, to six decimals."""
    north, east = way.value
    latitude, longitude = position
    up = north * STEP_METRES / _METRES_IN_DEGREE
    along = east * STEP_METRES / (_METRES_IN_DEGREE * max(0.1, math.cos(math.radians(latitude))))
    return round(latitude + up, 6), round(longitude + along, 6)


def read_position(latitude: object, longitude: object) -> Position | None:
    """Return the position that two texts say, or None when they say none within the United Kingdom."""
    try:
        found = float(str(latitude)), float(str(longitude))
    except ValueError:
        return None
    south, west, north, east = BOUNDS
    is_inside = south <= found[0] <= north and west <= found[1] <= east
    return (round(found[0], 6), round(found[1], 6)) if is_inside else None


def is_outside(position: Position) -> bool:
    """Say whether a position is in none of the areas of the site; never when there are no outlines."""
    areas = area_index()
    return bool(areas.base_map.bounds) and not areas.covering(*position)


def areas_in_words() -> str:
    """Return the names of the boroughs of the site, or "the area of this site"."""
    names: Sequence[str] = [area.name for area in area_index().areas if area.kind is AreaKind.BOROUGH]
    return list_in_words(names) if names else "the area of this site"


def new_venue(found: Found) -> Venue:
    """Return a venue of its own at a postcode."""
    latitude, longitude = found.position or (None, None)
    return Venue(id=uuid.uuid4(), postcode=found.postcode, latitude=latitude, longitude=longitude)
