"""Which areas cover a position, also after somebody else changed them."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.geo import queries
from portal.geo.areas import area_index
from portal.geo.models import Area, AreaKind


def square(west: float, south: float, side: float = 0.02) -> dict[str, object]:
    east, north = west + side, south + side
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [corners]}


def add(name: str, kind: AreaKind, outline: dict[str, object] | None) -> None:
    with transaction() as session:
        session.add(Area(slug=name.lower(), name=name, kind=kind, outline=outline))


def test_covering_and_naming(database: SQLAlchemy) -> None:
    add("Borough", AreaKind.BOROUGH, square(-0.1, 51.4, 0.2))
    add("Quarter", AreaKind.NEIGHBOURHOOD, square(-0.02, 51.44))
    assert queries.ward_or_neighbourhood_of(51.45, -0.01) == "Quarter"
    add("Ward", AreaKind.WARD, square(-0.02, 51.44))
    add("Elsewhere", AreaKind.WARD, None)
    ids = {area.name: area.id for area in queries.list_areas()}
    assert queries.areas_covering(51.45, -0.01) == {ids["Borough"], ids["Quarter"], ids["Ward"]}
    assert queries.areas_covering(51.41, -0.09) == {ids["Borough"]}
    assert queries.areas_covering(52, 0) == set()
    assert queries.ward_or_neighbourhood_of(51.45, -0.01) == "Ward"
    assert queries.ward_or_neighbourhood_of(51.41, -0.09) == ""
    # The edge belongs to the area.
    assert ids["Borough"] in queries.areas_covering(51.4, 0.0)
    database.session.rollback()


def test_lists_and_finds(database: SQLAlchemy) -> None:
    add("Beta", AreaKind.WARD, None)
    add("Alpha", AreaKind.NEIGHBOURHOOD, None)
    assert [area.name for area in queries.list_areas()] == ["Alpha", "Beta"]
    assert [area.name for area in queries.list_areas(AreaKind.WARD)] == ["Beta"]
    found = queries.find_area("alpha")
    assert found is not None
    assert found.name == "Alpha"
    for odd in ("x" * 10_000, "alpha\x00", "\ud800", "ALPHA", " alpha", "", "%"):
        assert queries.find_area(odd) is None
    database.session.rollback()


@pytest.mark.parametrize("act", ["change", "remove", "replace"])
def test_what_another_process_did_is_seen(app: Flask, database: SQLAlchemy, act: str) -> None:
    """The other process is a second engine on the same database, whose session this one knows nothing of."""
    add("Ward", AreaKind.WARD, square(-0.02, 51.44))
    index = area_index()
    assert area_index() is index
    assert len(queries.areas_covering(51.45, -0.01)) == 1
    database.session.rollback()

    elsewhere = sa.create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
    with sa.orm.Session(elsewhere) as session:
        area = session.scalars(sa.select(Area)).one()
        if act == "change":
            area.outline = square(1.0, 51.44)
        else:
            session.delete(area)
            session.flush()
        if act == "replace":
            session.add(Area(slug="ward", name="Ward", kind=AreaKind.WARD, outline=square(1.0, 51.44)))
        session.commit()
    elsewhere.dispose()

    assert queries.areas_covering(51.45, -0.01) == set()
    assert len(queries.areas_covering(51.45, 1.01)) == (0 if act == "remove" else 1)
    assert area_index() is not index
    database.session.rollback()


def test_what_was_rolled_back_is_forgotten(database: SQLAlchemy) -> None:
    database.session.add(Area(slug="w", name="W", kind=AreaKind.WARD, outline=square(-0.02, 51.44)))
    database.session.flush()
    assert len(queries.areas_covering(51.45, -0.01)) == 1
    database.session.rollback()
    assert queries.areas_covering(51.45, -0.01) == set()
    database.session.rollback()
