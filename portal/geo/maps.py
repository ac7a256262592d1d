"""Maps of results and of venues. How one is drawn, with folium, stands in `portal.geo.drawing`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from portal.core.web import settings
from portal.geo import gazetteer
from portal.geo.areas import BaseMap, KnownArea, area_index
from portal.geo.distance import box_around, miles_between
from portal.geo.models import AreaKind
from portal.geo.place import Place

if TYPE_CHECKING:
    from portal.geo.drawing import Box, DirectoryMap, Label

# Names of districts stand at least so far apart that they can be read.
LABELS_APART = 0.8
# Shown when there is neither an outline nor a place: the United Kingdom (south, west, north, east).
EVERYWHERE = (49.8, -8.7, 60.9, 1.8)


def results_map(*, pins_url: str, card_url: str, place: Place | None, radius: float) -> "DirectoryMap":
    """Return the map of a result: around the place asked for, `radius` in miles, else over the whole base.

    `pins_url` answers the pins of the result as columns, `card_url` followed by a pin's number its card.
    """
    base = area_index().base_map
    box = box_around(place.latitude, place.longitude, radius) if place else base.bounds or EVERYWHERE
    found = _map(base, box)
    found.add_pins(pins_url=pins_url, card_url=card_url, position=(place.latitude, place.longitude) if place else None)
    return found


def venues_map(points: Sequence[tuple[float, float]]) -> "DirectoryMap":
    """Return a small map of one or more (latitude, longitude) positions. Raises ValueError when there are none."""
    if not points:
        raise ValueError("A map of venues needs at least one.")
    latitudes, longitudes = [point[0] for point in points], [point[1] for point in points]
    found = _map(area_index().base_map, (min(latitudes), min(longitudes), max(latitudes), max(longitudes)))
    found.add_venues(points)
    return found


def pin_map(point: tuple[float, float]) -> "DirectoryMap":
    """Return a small map with one pin at a (latitude, longitude) position, which can be moved."""
    latitude, longitude = point
    found = _map(area_index().base_map, (latitude, longitude, latitude, longitude))
    found.add_movable(point)
    return found


def labels() -> "list[Label]":
    """Return what to write on a map without tiles: name, latitude, longitude, and whether it is a neighbourhood.

    The names go into an attribute of our own element, and the browser sets them as text; folium never sees them.
    """
    areas = area_index()
    named = [
        (area.name, round(area.position[0], 4), round(area.position[1], 4), True)
        for area in areas.areas
        if area.kind is AreaKind.NEIGHBOURHOOD and area.position
    ]
    districts: list[Label] = []
    for spot in gazetteer.list_districts():
        position = (spot.latitude, spot.longitude)
        is_inside = any(_is_drawn(area) for area in areas.covering(*position))
        if is_inside and all(miles_between(position, (other[1], other[2])) > LABELS_APART for other in districts):
            districts.append((spot.name, *position, False))
    return named + districts


def _is_drawn(area: KnownArea) -> bool:
    return area.kind in {AreaKind.NEIGHBOURHOOD, AreaKind.BOROUGH}


def _map(base: BaseMap, box: "Box") -> "DirectoryMap":
    from portal.geo.drawing import DirectoryMap  # folium takes a moment to load, and most processes draw no map

    chosen = settings()
    names = labels() if not chosen.tile_url else None
    return DirectoryMap(base, box, names, tile_url=chosen.tile_url, tile_attribution=chosen.tile_attribution)
