"""Any CSV with a mapping: what is stored, what is refused, and that twice makes nothing twice."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import Base
from portal.directory.models import Change, Location, Organisation, Schedule, Service, ServiceAtLocation, ServiceStatus
from portal.geo.models import Postcode
from tests.directory.imports.conftest import MAPPING, ROOMS, Run

Rooms = Callable[..., tuple[Path, str, Path]]


def _everything(database: SQLAlchemy) -> dict[str, list[str]]:
    """Every row of every table, to compare the whole database before and after."""
    tables = Base.metadata.sorted_tables
    with database.engine.connect() as connection:
        return {table.name: sorted(str(row) for row in connection.execute(sa.select(table))) for table in tables}


def _find(database: SQLAlchemy, name: str) -> Service:
    database.session.expire_all()
    return database.session.scalars(sa.select(Service).where(Service.name == name)).one()


def test_rows_become_services_at_venues_with_hours(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    result = run_import(*rooms())
    assert result.exit_code == 0, result.output
    assert "services: 2 new, 0 changed, 0 unchanged" in result.output
    blue = _find(database, "Blue Room")
    assert blue.email == "blue@example.org"
    assert blue.organisation.name == "Lewisham"
    assert [term.term.slug for term in blue.terms] == ["places"]
    rules = {(rule.by_day, rule.opens_at, rule.closes_at) for rule in blue.locations[0].schedules}
    assert rules == {("MO,TU", dt.time(10), dt.time(13)), ("TU", dt.time(14), dt.time(17))}


def test_a_second_import_writes_nothing_at_all(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    run_import(*rooms())
    before = _everything(database)
    result = run_import(*rooms())
    assert "services: 0 new, 0 changed, 2 unchanged" in result.output
    assert _everything(database) == before


def test_a_changed_cell_changes_its_service_only_and_keeps_ids(
    run_import: Run, rooms: Rooms, database: SQLAlchemy
) -> None:
    run_import(*rooms())
    numbers = dict(database.session.execute(sa.select(ServiceAtLocation.service_id, ServiceAtLocation.number)).all())
    schedules = {rule.id for rule in database.session.scalars(sa.select(Schedule))}
    noted = database.session.scalar(sa.select(sa.func.count(Change.sequence)))
    database.session.rollback()
    result = run_import(*rooms(ROOMS.replace("blue@example.org", "new@example.org")))
    assert "services: 0 new, 1 changed, 1 unchanged" in result.output
    blue = _find(database, "Blue Room")
    assert (blue.email, blue.version) == ("new@example.org", 2)
    after = dict(database.session.execute(sa.select(ServiceAtLocation.service_id, ServiceAtLocation.number)).all())
    assert after == numbers
    assert {rule.id for rule in database.session.scalars(sa.select(Schedule))} == schedules
    changes = list(database.session.scalars(sa.select(Change.service_id).order_by(Change.sequence)))[noted:]
    assert changes == [blue.id]


def test_an_hour_that_goes_takes_its_rule_along(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    run_import(*rooms())
    run_import(*rooms(ROOMS.replace('"10:00-13:00,14:00-17:00"', "")))
    blue = _find(database, "Blue Room")
    assert [(rule.by_day, rule.opens_at) for rule in blue.schedules] == [("MO", dt.time(10))]
    assert blue.version == 2


BAD_ROWS = [
    ("Lewisham,,3 High Road,SE13 6LG,,,,,", "Room", "is missing"),
    (f"Lewisham,{'x' * 201},3 High Road,SE13 6LG,,,,,", "Room", "has 201 characters, at most 200 fit"),
    ("Lewisham,Bad,3 High Road,SE13 6LG,1:00-18:00,,,,", "Mon", "not a time written with two digits"),
    ("Lewisham,Bad,3 High Road,SE13 6LG,00:00,,,,", "Mon", "is not hours such as"),
    ("Lewisham,Bad,3 High Road,SE13 6LG,13:00-10:00,,,,", "Mon", "closes before it opens"),
    ('Lewisham,Bad,3 High Road,SE13 6LG,"10:00-13:00,12:00-14:00",,,,', "Mon", "spans that overlap"),
    ("Lewisham,Bad,3 High Road,SE13 6LG,10:00-25:00,,,,", "Mon", "“25:00” is not a time"),
    ("Lewisham,Bad,3 High Road,NOWHERE AT ALL,,,,,", "Postcode", "at most 10 fit"),
    ("Lewisham,Bad,3 High Road,SE13 6LG,,,,,not an address", "Mail", "is not an e-mail address"),
    (",,,,,,,,x@example.org", "Borough, Room, Postcode", "is empty, so the row has no key"),
    ("Lewisham,Bad,3 High Road,SE13 6LG,,,,,,one too many", "", "has 10 cells, but the first line names 9 columns"),
    ('Lewisham,"Bad"x,3 High Road,SE13 6LG,,,,,', "", "has a quotation mark in the middle of a cell"),
]


@pytest.mark.parametrize(("row", "column", "problem"), BAD_ROWS)
def test_a_bad_row_is_named_and_nothing_of_it_is_stored(
    run_import: Run, rooms: Rooms, database: SQLAlchemy, tmp_path: Path, row: str, column: str, problem: str
) -> None:
    run_import(*rooms())
    before = _everything(database)
    path = tmp_path / "report.csv"
    result = run_import(*rooms(f"{ROOMS}{row}\n"), "--report", path)
    assert result.exit_code == 0, result.output
    line = next(line for line in result.output.splitlines() if line.split()[:1] == ["4"])
    assert column in line
    assert problem in line
    assert "3 rows: 1 refused" in result.output
    assert _everything(database) == before
    written = path.read_text(encoding="utf-8-sig").splitlines()
    assert written[0] == "kind,line,column,name,what is wrong"
    assert written[1].startswith("refused,4,")
    assert problem in written[1].replace('""', '"')


def test_strict_stores_nothing_when_one_row_is_bad(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    run_import(*rooms(ROOMS.splitlines()[0] + "\nLewisham,Old,,SE6 4JU,,,,,\n"))
    before = _everything(database)
    text = f"{ROOMS}Lewisham,Bad,3 High Road,SE13 6LG,00:00,,,,\n"
    result = run_import(*rooms(text), "--strict")
    assert result.exit_code == 1
    assert "Nothing was stored" in result.output
    assert _everything(database) == before
    assert run_import(*rooms(text)).exit_code == 0
    assert _find(database, "Blue Room")


def test_strict_stores_everything_when_all_is_well(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    result = run_import(*rooms(), "--strict")
    assert result.exit_code == 0
    assert database.session.scalar(sa.select(sa.func.count(Service.id))) == 2


def test_a_dry_run_stores_nothing(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    result = run_import(*rooms(), "--dry-run")
    assert result.exit_code == 0
    assert "nothing was stored" in result.output
    assert database.session.scalar(sa.select(sa.func.count(Service.id))) == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_same_room_closed_and_open_is_the_open_one(
    run_import: Run, rooms: Rooms, database: SQLAlchemy, order: tuple[int, int]
) -> None:
    pair = ["Lewisham,Twin Room,9 High Road,SE13 6LG,,,,2019,", "Lewisham,Twin room,9 High Road,se136lg,,,,,"]
    result = run_import(*rooms(ROOMS + "\n".join(pair[place] for place in order) + "\n"))
    assert "1 row folded" in result.output
    assert "which is open; that one counts" in result.output
    rows = list(database.session.scalars(sa.select(Service).where(Service.name.ilike("twin%"))))
    assert [row.status for row in rows] == [ServiceStatus.ACTIVE]


def test_a_closed_row_is_stored_as_defunct(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    run_import(*rooms(ROOMS + "Lewisham,Old Room,9 High Road,SE13 6LG,,,,2019,\n"))
    assert _find(database, "Old Room").status is ServiceStatus.DEFUNCT


def test_two_addresses_are_two_places(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    run_import(*rooms(ROOMS + "Lewisham,Blue Room,70 Low Road,SE8 4RJ,,,,,\n"))
    assert database.session.scalar(sa.select(sa.func.count(Location.id))) == 3
    assert database.session.scalar(sa.select(sa.func.count(Organisation.id))) == 1


def test_positions_come_from_the_postcode_else_the_outward_code(
    run_import: Run, rooms: Rooms, database: SQLAlchemy
) -> None:
    database.session.add_all(
        [
            Postcode(code="SE13 6LG", latitude=51.4566, longitude=-0.0118),
            Postcode(code="YO1", latitude=53.958, longitude=-1.08),
        ]
    )
    database.session.commit()
    text = f"{ROOMS}York,Far Room,1 Gate,YO1 7HH,,,,,\nYork,Lost Room,2 Gate,ZZ99 9ZZ,,,,,\n"
    result = run_import(*rooms(text))
    places = {each.name: (each.latitude, each.longitude) for each in database.session.scalars(sa.select(Location))}
    assert places["Blue Room"] == (51.4566, -0.0118)
    assert places["Far Room"] == (53.958, -1.08)
    assert places["Lost Room"] == (None, None)
    assert "the postcode “ZZ99 9ZZ” is not known (Lost Room, ZZ99 9ZZ)" in result.output


def test_mail_that_may_be_left_out_is(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    mapping = MAPPING + "leave_out_if_wrong: [service.email]\n"
    text = (
        ROOMS.replace("blue@example.org", "Blue <blue@example.org>") + "Lewisham,Web,,SE6 4JU,,,,,https://x.example\n"
    )
    result = run_import(*rooms(text, mapping))
    assert "“https://x.example” is not an e-mail address; it was left out" in result.output
    assert _find(database, "Web").email == ""
    assert _find(database, "Blue Room").email == "blue@example.org"


def test_rows_of_the_library_file_are_told_apart_by_source(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    run_import(*rooms())
    result = run_import(*rooms(), "--source", "another")
    assert "services: 2 new" in result.output
    assert database.session.scalar(sa.select(sa.func.count(Service.id))) == 4
