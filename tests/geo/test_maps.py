"""Maps: their parts, and nothing in them that anybody typed."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import folium
import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.core.settings import SettingError
from portal.geo import maps
from portal.geo.areas import BaseMap, area_index
from portal.geo.drawing import DirectoryMap
from portal.geo.models import Area, AreaKind
from portal.geo.place import Place, Precision
from tests.geo.test_areas import square

HOSTILE = (
    "{{ 123456*7 }}",
    "{% raw %}",
    "{# x #}",
    "${alert(1)}",
    "</script><script>alert(1)</script>",
    "`+alert(1)+`",
    '" onx="',
)
PLACE = Place(
    asked="{{ 123456*7 }}", key="</script>", name="${alert(1)}{{ 123456*7 }}", precision=Precision.STREET,
    latitude=51.4581923, longitude=-0.0143921,
)  # fmt: skip


@pytest.fixture(autouse=True)
def areas(database: SQLAlchemy) -> Iterator[None]:
    with transaction() as session:
        session.add(Area(slug="b", name="Borough", kind=AreaKind.BOROUGH, outline=square(-0.1, 51.4, 0.1234567)))
        session.add(Area(slug="w", name="Wardname", kind=AreaKind.WARD, outline=square(-0.3, 51.4)))
        session.add(Area(slug="o", name="Other", kind=AreaKind.BOROUGH))
        for number, text in enumerate(HOSTILE):
            session.add(
                Area(slug=f"n{number}", name=text, note=text, kind=AreaKind.NEIGHBOURHOOD, outline=square(-0.02, 51.44))
            )
    yield
    database.session.rollback()


def results(**changes: Any) -> DirectoryMap:
    given: dict[str, Any] = {
        "pins_url": "/services/pins.json?q=x",
        "card_url": "/services/pins/",
        "place": PLACE,
        "radius": 2.0,
    }
    return maps.results_map(**given | changes)


def test_hostile_texts_reach_neither_part() -> None:
    found = results(pins_url="/services/pins.json?q=" + "".join(HOSTILE), card_url="/x?" + "".join(HOSTILE))
    for text in (*HOSTILE, "864192", "Wardname", "Borough", "123456*7", "alert"):
        assert text not in found.script
    for text in ("</script>", "<script", '" onx='):
        assert text not in found.html
    assert "864192" not in re.sub(r"map_[0-9a-f]{32}", "", found.html)
    address = re.search(r'data-pins-url="([^"]*)"', found.html)
    assert address
    assert unescape(address[1]) == "/services/pins.json?q=" + "".join(HOSTILE)


def test_the_element_has_no_style_script_or_foreign_host() -> None:
    for found in (results(), results(place=None), maps.venues_map([(51.45, -0.01), (51.46, -0.02)])):
        whole = found.html + found.script
        assert "//" not in whole
        assert re.search(r"\bstyle\s*=", found.html) is None
        assert "<script" not in whole
        assert "<style" not in whole
        assert "viewport" not in whole
        assert found.html.startswith('<div id="map" class="map" role="region" aria-label="Map"')
        assert found.html.count("<div") == found.html.count("</div>") == 2


def test_even_foliums_own_page_would_call_nobody() -> None:
    assert "//" not in results().get_root().render()


def test_the_two_parts_speak_of_one_map() -> None:
    found = results()
    name = re.search(r'id="(map_[0-9a-f]{32})"', found.html)
    assert name
    assert f'L.map(\n                "{name[1]}"' in found.script
    assert f"hereaboutsPins({name[1]}, {{" in found.script
    assert "place: [51.45819, -0.01439]" in found.script
    assert found.script == found.script


def test_zoom_is_limited_without_tiles() -> None:
    assert '"maxZoom": 18' in results().script
    assert "tileLayer" not in results().script


def test_outlines_are_numbers_and_few_decimals() -> None:
    script = results().script
    assert script.count('"type": "Polygon"') == 1 + len(HOSTILE)
    assert '"properties": {}' in script
    assert re.search(r'"properties": \{[^}]', script) is None
    data = "".join(re.findall(r"_add\((\{.*\})\);", script))
    assert len(data) > 500
    assert re.findall(r"\d\.\d{6,}", data) == []


def test_where_a_map_opens() -> None:
    def box(script: str) -> list[float]:
        found = re.search(r"fitBounds\(\s*\[\[(.*?)\]\]", script)
        assert found
        return [float(number) for number in re.findall(r"-?[\d.]+", found[1])]

    south, west, north, east = box(results().script)
    assert (south + north) / 2 == pytest.approx(51.4582, abs=0.0001)
    assert (north - south) * 69.1 == pytest.approx(4, abs=0.05)
    assert west < -0.0144 < east
    # The outlines of boroughs and neighbourhoods, not of wards.
    assert box(results(place=None).script) == pytest.approx([51.4, -0.1, 51.52346, 0.02346], abs=0.0001)
    assert box(maps.venues_map([(51.45, -0.01), (51.46, -0.02)]).script) == [51.45, -0.02, 51.46, -0.01]


def test_a_map_before_anything_was_imported(database: SQLAlchemy) -> None:
    with transaction() as session:
        for area in session.query(Area):
            session.delete(area)
    assert area_index().base_map == BaseMap(boroughs=[], neighbourhoods=[], bounds=None)
    assert "geo_json" not in results(place=None).script
    assert "[[49.8, -8.7], [60.9, 1.8]]" in results(place=None).script


def test_venues() -> None:
    found = maps.venues_map([(51.4566123, -0.0118), (51.46, -0.02)])
    assert "hereaboutsVenues(map_" in found.script
    assert "points: [[51.45661, -0.0118], [51.46, -0.02]]" in found.script
    assert "pins-url" not in found.html
    with pytest.raises(ValueError, match="at least one"):
        maps.venues_map([])
    with pytest.raises(ValueError, match="could not convert"):
        maps.venues_map([("{{ 123456*7 }}", 0)])  # type: ignore[list-item]


def test_names_stand_escaped_in_an_attribute_and_nowhere_else() -> None:
    found = maps.venues_map([(51.4566, -0.0118)])
    names = re.search(r'data-names="([^"]*)"', found.html)
    assert names is not None
    rows = json.loads(unescape(names.group(1)))
    assert {row[0] for row in rows if row[3]} == set(HOSTILE)
    assert any(row[0] == "Lewisham" and row[3] is False for row in rows)
    assert "Lewisham" not in found.script
    assert "<script" not in found.html


def with_tiles(app: Flask, url: str, attribution: str) -> DirectoryMap:
    app.extensions["settings"] = replace(app.extensions["settings"], tile_url=url, tile_attribution=attribution)
    return results()


def test_the_operators_tiles(app: Flask) -> None:
    script = with_tiles(
        app, "https://tiles.example.org/{z}/{x}/{y}.png", '© <a href="https://example.org/">Us</a>'
    ).script
    assert 'L.tileLayer(\n                "https://tiles.example.org/{z}/{x}/{y}.png"' in script
    assert '"maxZoom": 18' in script
    assert "</a>" not in script
    assert '\\u003ca href=\\"https://example.org/\\"' in script
    assert '"attribution": "Map tiles"' in with_tiles(app, "/tiles/{z}/{x}/{y}.png", "").script


@pytest.mark.parametrize(
    ("url", "attribution"),
    [
        ("OpenStreetMap", "x"),
        ("Esri.WorldImagery", "x"),
        ("javascript:alert(1)", "x"),
        ("https://tiles.example.org/{{ 123456*7 }}", "x"),
        ("https://tiles.example.org/{z}", "{% set x %}"),
    ],
)
def test_tiles_that_are_no_address_or_hold_a_template(app: Flask, url: str, attribution: str) -> None:
    with pytest.raises(SettingError, match="PORTAL_TILE_"):
        with_tiles(app, url, attribution)


def test_folium_would_run_what_it_is_given() -> None:
    """Why all this: if folium ever stops doing so, the care taken here may be lessened."""
    plain = folium.Map(location=(51.45, -0.01), tiles=None)
    folium.Marker((51.45, -0.01), popup=folium.Popup("{{ 123456*7 }}", parse_html=True)).add_to(plain)
    assert "864192" in re.sub(r"[0-9a-f]{32}", "", plain.get_root().render())
