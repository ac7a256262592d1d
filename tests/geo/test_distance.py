"""Distances."""

import numpy as np
import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from portal.geo.distance import box_around, miles_between, miles_from

LATITUDES = st.floats(49, 61)
LONGITUDES = st.floats(-9, 3)
HERE = (51.4582, -0.0144)


def test_a_known_distance() -> None:
    # Lewisham station to Catford station, 1.6 miles on the map.
    assert miles_between((51.4657, -0.0142), (51.4444, -0.0263)) == pytest.approx(1.56, abs=0.02)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_columns_agree_with_geopy(lat: float, lon: float, other_lat: float, other_lon: float) -> None:
    expected = great_circle((lat, lon), (other_lat, other_lon)).miles
    assert miles_from(lat, lon, [other_lat], [other_lon])[0] == pytest.approx(expected, abs=0.001)
    assert miles_between((lat, lon), (other_lat, other_lon)) == expected


def test_many_at_once() -> None:
    generator = np.random.default_rng(7)
    lats, lons = generator.uniform(51.3, 51.6, 500), generator.uniform(-0.3, 0.3, 500)
    found = miles_from(*HERE, lats, lons)
    expected = [great_circle(HERE, (lat, lon)).miles for lat, lon in zip(lats, lons, strict=True)]
    assert np.abs(found - expected).max() < 0.001
    assert np.isnan(miles_from(*HERE, [np.nan], [0.0])[0])
    assert miles_from(*HERE, [], []).size == 0


@given(LATITUDES, LONGITUDES, st.floats(0.1, 25), st.floats(0, 360))
def test_the_box_holds_the_circle(lat: float, lon: float, miles: float, bearing: float) -> None:
    edge = great_circle(miles=miles).destination((lat, lon), bearing)
    south, west, north, east = box_around(lat, lon, miles)
    assert south - 1e-9 <= edge.latitude <= north + 1e-9
    assert west - 1e-9 <= edge.longitude <= east + 1e-9
