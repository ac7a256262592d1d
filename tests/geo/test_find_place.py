"""From what somebody typed to a place."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.core.database import transaction
from portal.geo import operations
from portal.geo.models import Area, AreaKind, Postcode
from portal.geo.place import Place, Precision, UnknownPlace
from portal.geo.queries import find_place
from tests.geo.test_areas import square


@pytest.fixture(autouse=True)
def no_transaction_left(database: SQLAlchemy) -> Iterator[None]:
    yield
    database.session.rollback()


def known(text: str) -> Place:
    found = find_place(text)
    assert isinstance(found, Place), found
    return found


def unknown(text: str) -> UnknownPlace:
    found = find_place(text)
    assert isinstance(found, UnknownPlace), found
    return found


def offered(text: str) -> str:
    nearest = unknown(text).nearest
    return nearest.key if nearest else ""


def add_postcodes(*codes: str, is_live: bool = True) -> None:
    with transaction() as session:
        for number, code in enumerate(codes):
            session.add(Postcode(code=code, latitude=51.45 + number / 1000, longitude=-0.01, is_live=is_live))


def add_area(name: str, kind: AreaKind = AreaKind.WARD) -> None:
    with transaction() as session:
        session.add(Area(slug=f"{name.lower()}-{kind.value}", name=name, kind=kind, outline=square(-0.02, 51.44)))


def test_nothing_asked() -> None:
    for blank in ("", "   ", "\x00\u200b", "\ud800"):
        assert find_place(blank) is None


def test_near_you_is_rounded_before_it_is_kept() -> None:
    place = known("51.456789, -0.012345")
    assert (place.latitude, place.longitude) == (51.457, -0.012)
    assert place.key == "51.457,-0.012"
    assert place.precision is Precision.NEAR_YOU
    assert "51.4567" not in repr(place)
    assert known(place.key) == place
    assert known("51.5,-0.0001").key == "51.500,0.000"


@pytest.mark.parametrize(
    "text", ["91,0", "48.8566,2.3522", "-51.4,0.0", "51.4,-20", "0,0", "1e400,1", "--1,2", "1,2,3"]
)
def test_positions_out_of_bounds(text: str) -> None:
    assert unknown(text).nearest is None


def test_without_any_import_every_postcode_of_lewisham_leads_somewhere() -> None:
    unit = known("se13 6lg")
    assert unit.precision is Precision.SECTOR
    assert unit.key == "SE13 6LG"
    assert unit.name == "SE13 6 (Hither Green and Lewisham Park)"
    sector = known("SE13 6")
    assert (sector.precision, sector.latitude) == (Precision.SECTOR, unit.latitude)
    outcode = known("SE13")
    assert outcode.precision is Precision.OUTCODE
    assert outcode.name == "SE13 (Lewisham, Ladywell, Hither Green)"
    assert known("SE10 9NN").precision is Precision.OUTCODE


def test_an_imported_postcode_is_exact_and_named() -> None:
    add_postcodes("SE13 6LG", "SE13 6LH")
    place = known("se136lg")
    assert place == Place(
        asked="se136lg", key="SE13 6LG", name="SE13 6LG, Lewisham", latitude=51.45, longitude=-0.01,
        precision=Precision.STREET,
    )  # fmt: skip
    add_area("Central", AreaKind.NEIGHBOURHOOD)
    assert known("SE13 6LG").name == "SE13 6LG, Lewisham"
    add_area("Ladywell")
    assert known("SE13 6LG").name == "SE13 6LG, Ladywell"


def test_a_terminated_postcode_is_still_found() -> None:
    add_postcodes("SE13 6LX", is_live=False)
    assert known("SE13 6LX").precision is Precision.STREET


def test_a_postcode_that_does_not_exist_offers_its_neighbour() -> None:
    add_postcodes("SE13 6LG", "SE13 6AB", "SE13 5LX", "SE13 7LX", "SE1 3")
    found = unknown("SE13 6LX")
    assert found.asked == "SE13 6LX"
    assert found.nearest is not None
    assert found.nearest.name == "SE13 6LG, Lewisham"
    assert found.nearest.key == "SE13 6LG"
    # What is in use comes before what is not, and two letters swapped are one slip only.
    add_postcodes("SE13 6LH", is_live=False)
    assert offered("SE13 6LI") == "SE13 6LG"
    add_postcodes("SE13 6YD")
    assert offered("SE13 6DY") == "SE13 6YD"
    # Where nothing is in use any more, that is offered.
    add_postcodes("SE13 9AA", is_live=False)
    assert offered("SE13 9AB") == "SE13 9AA"


def test_a_sector_of_which_nothing_was_imported_still_answers() -> None:
    add_postcodes("SE13 6LG")
    assert known("SE13 7AA").precision is Precision.SECTOR
    assert known("SE13 8AA").precision is Precision.OUTCODE


def test_the_rest_of_the_country() -> None:
    assert unknown("M1 1AE") == UnknownPlace(asked="M1 1AE")
    add_postcodes("M1")
    assert (known("M1 1AE").name, known("M1 1AE").precision) == ("M1", Precision.OUTCODE)
    add_postcodes("LS1 1AA", "LS1 1AB", "LS1 4AA")
    assert (known("LS1").precision, known("LS1").latitude) == (Precision.OUTCODE, 51.451)
    assert (known("LS1 1").precision, known("LS1 1").latitude) == (Precision.SECTOR, 51.4505)
    assert isinstance(find_place("LS11"), UnknownPlace)


def test_swapped_digits_of_an_outward_code() -> None:
    nearest = unknown("SE31 6LG").nearest
    assert nearest is not None
    assert nearest.key == "SE13"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("catford", "Catford"),
        ("Saint John's", "St Johns"),
        ("Catford SE6", "Catford"),
        ("Catford, London", "Catford"),
        ("12 High Street, Catford, London", "Catford"),
        ("Nowhere Road SE6", "SE6 (Catford, Bellingham, Hither Green)"),
        ("199 Lewisham High St, London SE13 6LG", "SE13 6 (Hither Green and Lewisham Park)"),
    ],
)
def test_names_and_addresses(typed: str, name: str) -> None:
    place = known(typed)
    assert place.name == name
    assert place.asked == typed
    assert known(place.key).latitude == place.latitude


def test_areas_come_before_places() -> None:
    assert known("Lewisham").precision is Precision.PLACE
    add_area("Lewisham", AreaKind.WARD)
    add_area("Lewisham", AreaKind.BOROUGH)
    place = known("lewisham")
    assert (place.precision, place.area_slug) == (Precision.AREA, "lewisham-borough")
    assert (place.latitude, place.longitude) == (51.45, -0.01)
    ward = known("lewisham-ward")
    assert (ward.area_slug, ward.key) == ("lewisham-ward", "lewisham-ward")


def test_an_area_without_an_outline_is_no_place_of_its_own() -> None:
    with transaction() as session:
        session.add(Area(slug="greenwich", name="Greenwich", kind=AreaKind.BOROUGH))
        session.add(Area(slug="bexley", name="Bexley", kind=AreaKind.BOROUGH))
    assert known("Greenwich").precision is Precision.PLACE
    assert isinstance(find_place("Bexley"), UnknownPlace)


@pytest.mark.parametrize(
    ("typed", "guess"), [("Lewishma", "Lewisham"), ("Brokly", "Brockley"), ("Sydenhamm", "Sydenham")]
)
def test_a_misspelt_name_is_guessed_not_taken(typed: str, guess: str) -> None:
    nearest = unknown(typed).nearest
    assert nearest is not None
    assert nearest.name == guess


@pytest.mark.parametrize(
    "typed", ["Leeds", "Timbuktu", "zz", "{{ 7*7 }}", "<script>", "%_*?", "SELECT 1", "日本", "q" * 10_000]
)
def test_what_nobody_knows(typed: str) -> None:
    found = unknown(typed)
    assert found.nearest is None
    assert len(found.asked) <= 100


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=120))
def test_any_text_has_an_answer(text: str) -> None:
    found = find_place(text)
    assert found is None or isinstance(found, Place | UnknownPlace)


def test_every_real_postcode_is_found(database: SQLAlchemy, real_data: Path) -> None:
    with transaction():
        operations.import_postcodes(path=real_data / "lewisham_postcodes.csv", actor="a test")
        operations.import_areas(path=real_data / "lewisham_wards.geojson", kind=AreaKind.WARD, actor="a test")
    assert known("SE13 6LG").name == "SE13 6LG, Ladywell"
    assert known("SE13 6LX").precision is Precision.STREET
    nearest = unknown("SE13 6LV").nearest
    assert nearest is not None
    assert nearest.key == "SE13 6LW"
    codes = database.session.scalars(sa.select(Postcode.code).order_by(Postcode.code)).all()
    sample = codes[::200]
    started = time.perf_counter()
    assert {known(code.replace(" ", "").lower()).precision for code in sample} == {Precision.STREET}
    assert (time.perf_counter() - started) / len(sample) < 0.05


def test_a_postcode_is_looked_up_by_key(database: SQLAlchemy) -> None:
    """However many postcodes there are, neither one nor its neighbours are found by reading the whole table."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, params: object, *_: object) -> None:
        if "postcode" in statement:
            seen.append(statement)

    add_postcodes("SE13 6LG")
    sa.event.listen(database.engine, "before_cursor_execute", note)
    find_place("SE13 6LX")
    sa.event.remove(database.engine, "before_cursor_execute", note)
    assert len(seen) == 2
    if database.engine.dialect.name == "sqlite":
        for statement in seen:
            count = statement.count("?")
            plan = database.session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", ("SE13 6LX",) * count
            )
            assert all("SEARCH" in row[3] for row in plan), statement
