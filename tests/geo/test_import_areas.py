"""Bringing areas in."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from shapely.geometry import shape

from portal.core.database import transaction
from portal.geo import operations, queries
from portal.geo.files import GeoFileError, ImportReport
from portal.geo.models import AreaKind

SQUARE = [[[-0.02, 51.44], [0.0, 51.44], [0.0, 51.46], [-0.02, 51.46], [-0.02, 51.44]]]
BOW = [[[-0.02, 51.44], [0.0, 51.46], [0.0, 51.44], [-0.02, 51.46], [-0.02, 51.44]]]


def feature(coordinates: Any = SQUARE, geometry: str = "Polygon", /, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": geometry, "coordinates": coordinates}}


def write(path: Path, *features: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def bring_in(path: Path, kind: AreaKind = AreaKind.WARD) -> ImportReport:
    with transaction():
        return operations.import_areas(path=path, kind=kind, actor="a test")


def names(database: SQLAlchemy) -> list[tuple[str, str, str | None]]:
    found = [(area.slug, area.name, area.code) for area in queries.list_areas()]
    database.session.rollback()
    return found


def test_columns_of_the_ons(database: SQLAlchemy, tmp_path: Path) -> None:
    row = {"WD22NM": "Ladywell", "WD22CD": "E05013725", "LAD22NM": "Lewisham", "LAD22CD": "E09000023"}
    path = write(tmp_path / "w.geojson", feature(**row))
    bring_in(path)
    assert names(database) == [("ladywell", "Ladywell", "E05013725")]
    bring_in(path, AreaKind.BOROUGH)
    assert ("lewisham", "Lewisham", "E09000023") in names(database)


def test_plain_columns_and_kinds(database: SQLAlchemy, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.geojson",
        feature(name="North", kind="neighbourhood", slug="the-north", note="Illustrative"),
        feature(NAME="Deptford", CODE="X1", kind="residential"),
    )
    bring_in(path, AreaKind.DRAWN)
    areas = {area.name: area for area in queries.list_areas()}
    assert (areas["North"].kind, areas["North"].slug, areas["North"].note) == (
        AreaKind.NEIGHBOURHOOD, "the-north", "Illustrative",
    )  # fmt: skip
    assert (areas["Deptford"].kind, areas["Deptford"].code) == (AreaKind.DRAWN, "X1")


def test_twice_makes_nothing_twice_nor_changes_anything(database: SQLAlchemy, tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", feature(name="North"), feature(name="Ladywell", code="E05013725"))
    bring_in(path)
    before = [(area.id, area.version, area.updated_at) for area in queries.list_areas()]
    bring_in(path)
    database.session.expire_all()
    assert [(area.id, area.version, area.updated_at) for area in queries.list_areas()] == before


def test_a_new_outline_replaces_the_old_and_the_address_stays(database: SQLAlchemy, tmp_path: Path) -> None:
    bring_in(write(tmp_path / "a.geojson", feature(name="Old name", code="E1")))
    moved = [[[lon + 1, lat] for lon, lat in SQUARE[0]]]
    bring_in(write(tmp_path / "a.geojson", feature(moved, name="New name", code="E1")))
    assert names(database) == [("old-name", "New name", "E1")]
    assert queries.areas_covering(51.45, -0.01) == set()
    assert len(queries.areas_covering(51.45, 0.99)) == 1


def test_areas_of_one_name_get_addresses_of_their_own(database: SQLAlchemy, tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", feature(name="Park", code="E1"), feature(name="Park", code="E2"))
    bring_in(path, AreaKind.WARD)
    bring_in(write(tmp_path / "b.geojson", feature(name="Park")), AreaKind.DRAWN)
    bring_in(
        write(tmp_path / "c.geojson", feature(name="Park"), feature(name="Park", slug="x")), AreaKind.NEIGHBOURHOOD
    )
    assert [slug for slug, _, _ in names(database)] == ["park", "park-drawn", "park-neighbourhood", "park-ward"]


def test_a_crossed_outline_is_mended(database: SQLAlchemy, tmp_path: Path) -> None:
    assert bring_in(write(tmp_path / "a.geojson", feature(BOW, name="Bow"))).stored == 1
    area = queries.find_area("bow")
    assert area is not None
    assert area.outline is not None
    outline = shape(area.outline)
    assert outline.is_valid
    assert outline.geom_type == "MultiPolygon"
    assert outline.area == pytest.approx(0.0002)


def test_many_decimals_and_heights_are_dropped(database: SQLAlchemy, tmp_path: Path) -> None:
    exact = [[[lon + 0.00000012345, lat, 17.5] for lon, lat in SQUARE[0]]]
    bring_in(write(tmp_path / "a.geojson", feature([exact], "MultiPolygon", name="Square")))
    area = queries.find_area("square")
    assert area is not None
    assert area.outline is not None
    assert area.outline["type"] == "Polygon"
    for corner in area.outline["coordinates"][0]:
        assert len(corner) == 2
        assert corner == [round(number, 6) for number in corner]


def test_an_area_without_an_outline_is_known_by_name(database: SQLAlchemy, tmp_path: Path) -> None:
    bring_in(write(tmp_path / "a.geojson", {"type": "Feature", "properties": {"name": "Southwark"}, "geometry": None}))
    area = queries.find_area("southwark")
    assert area is not None
    assert area.outline is None
    assert queries.areas_covering(51.45, -0.01) == set()


def test_refused_features_are_told_and_the_others_stored(database: SQLAlchemy, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.geojson",
        feature(),
        feature([0, 51], "Point", name="A point"),
        feature([[[0, 51], [0, 51], [0, 51], [0, 51]]], name="Nothing"),
        feature([[["x", 51]]], name="Words"),
        feature(None, name="None"),
        feature([[[float("nan"), 51], [0, 51], [0, 52], [0, 51]]], name="NaN"),
        feature(name="Long code", code="E" * 13),
        "not a feature",
        {"type": "Feature", "properties": None, "geometry": None},
        feature([[[0, 51], [0, 52]]], name="Two corners"),
        feature(name="Good"),
    )
    report = bring_in(path)
    assert [(found.line, found.column) for found in report.refusals] == [
        (1, "name"), (2, "geometry"), (3, "geometry"), (4, "geometry"), (5, "geometry"), (6, "geometry"),
        (7, "code"), (8, "properties"), (9, "properties"), (10, "geometry"),
    ]  # fmt: skip
    assert names(database) == [("good", "Good", None)]


def test_british_national_grid_is_refused_with_a_hint(database: SQLAlchemy, tmp_path: Path) -> None:
    grid = [[[537484, 172002], [538484, 172002], [538484, 173002], [537484, 172002]]]
    path = write(tmp_path / "a.geojson", feature(name="Good"), feature(grid, name="Bellingham"))
    with pytest.raises(
        GeoFileError, match=r"Bellingham has a corner at 537484, 172002.*British National Grid.*EPSG:4326"
    ):
        bring_in(path)
    assert names(database) == []


@pytest.mark.parametrize(
    "content",
    [
        b"", b"postcode,lat,lon\n", b"\xff\xfe\x00", b"[]", b"3", b"null", b'{"type": "Topology"}',
        b'{"type": ["Feature"]}',
        b'{"type": "FeatureCollection"}', b'{"type": "FeatureCollection", "features": 3}', b"[" * 200_000,
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_not_geojson(database: SQLAlchemy, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(content)
    with pytest.raises(GeoFileError, match="is not GeoJSON"):
        bring_in(path)


def test_markup_in_a_name_stays_text(database: SQLAlchemy, tmp_path: Path) -> None:
    bring_in(write(tmp_path / "a.geojson", feature(name="<b>\u202eX</b>\x00")))
    assert names(database) == [("b-x-b", "<b>X</b>", None)]


def test_the_real_wards(database: SQLAlchemy, real_data: Path) -> None:
    path = real_data / "lewisham_wards.geojson"
    assert bring_in(path).stored == 19
    assert bring_in(path).stored == 19
    assert len(queries.list_areas(AreaKind.WARD)) == 19
    assert queries.list_areas(AreaKind.BOROUGH) == []
    assert queries.ward_or_neighbourhood_of(51.458192, -0.014392) == "Ladywell"
    database.session.rollback()
