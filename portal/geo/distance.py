"""Distances over ground, in miles.

Both ways measure along a great circle of geopy's mean earth radius. The ellipsoid (`geopy.distance.geodesic`) would be
up to 0.5 % more exact, 50 feet in two miles, which is far less than a postcode's own inexactness. It takes ten times
as long, cannot be done for whole columns, and a list sorted by one formula and labelled by another contradicts itself.
"""

import numpy as np
from geopy.distance import EARTH_RADIUS, great_circle
from numpy.typing import ArrayLike, NDArray

MILES_IN_KILOMETRE = 1 / 1.609344
EARTH_RADIUS_MILES = EARTH_RADIUS * MILES_IN_KILOMETRE


def miles_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the miles between two (latitude, longitude) positions in degrees."""
    return float(great_circle(one, other).miles)


def miles_from(latitude: float, longitude: float, latitudes: ArrayLike, longitudes: ArrayLike) -> NDArray[np.float64]:
    """Return the miles from one position to each of many, all in degrees; NaN where a position is NaN.

    The haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984), which stays exact
    for near neighbours, with the radius of `miles_between`.
    """
    here_lat, here_lon = np.radians(latitude), np.radians(longitude)
    lats, lons = np.radians(np.asarray(latitudes, float)), np.radians(np.asarray(longitudes, float))
    half_chord = (
        np.sin((lats - here_lat) / 2) ** 2 + np.cos(here_lat) * np.cos(lats) * np.sin((lons - here_lon) / 2) ** 2
    )
    miles: NDArray[np.float64] = 2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(np.clip(half_chord, 0, 1)))
    return miles


def box_around(latitude: float, longitude: float, miles: float) -> tuple[float, float, float, float]:
    """Return (south, west, north, east) in degrees of a box that holds everything within that many miles."""
    north = float(np.degrees(miles / EARTH_RADIUS_MILES))
    east = north / max(0.01, float(np.cos(np.radians(min(89.0, abs(latitude) + north)))))
    return latitude - north, longitude - east, latitude + north, longitude + east
