"""Our own CSV template: one row for a service at one venue, several rows of one key for several venues."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from portal.directory.models import (
    Attendance,
    Capacity,
    CostKind,
    Frequency,
    Joining,
    Location,
    OrganisationKind,
    Service,
)
from portal.directory.models import Taxonomy as Lists
from portal.geo.models import Area, AreaKind
from tests.directory.imports.conftest import Run


@pytest.fixture
def lewisham(database: SQLAlchemy) -> None:
    """The area that the example names."""
    database.session.add(Area(slug="lewisham", name="Lewisham", kind=AreaKind.BOROUGH))
    database.session.commit()


def _find(database: SQLAlchemy, name: str) -> Service:
    database.session.expire_all()
    return database.session.scalars(sa.select(Service).where(Service.name == name)).one()


@pytest.mark.usefixtures("lewisham")
def test_the_example_fills_every_field(run_import: Run, examples: Path, database: SQLAlchemy) -> None:
    result = run_import(examples / "listing-template.csv")
    assert result.exit_code == 0, result.output
    assert "3 rows: 0 refused" in result.output
    walk = _find(database, "Walk and talk")
    assert walk.organisation.kind is OrganisationKind.COMMUNITY_GROUP
    assert [phone.number for phone in walk.organisation.phones] == ["020 7946 0990"]
    assert walk.description.splitlines() == ["We stop at every bench. Dogs are welcome.", "Bring a coat."]
    assert [term.slug for term in walk.terms_of(Lists.NEED)] == ["loneliness", "being-active"]
    assert (walk.minimum_age, walk.maximum_age) == (55, None)
    assert [language.code for language in walk.languages] == ["en", "yo"]
    assert [at.location.name for at in walk.locations] == ["Example Park Pavilion", "Example Hall"]
    pavilion = walk.locations[0].location
    assert {fact.term.slug: (fact.is_there, fact.note) for fact in pavilion.access_facts} == {
        "step-free": (True, ""),
        "accessible-toilet": (True, "ask for the key"),
        "lift": (False, ""),
    }
    assert [rule.frequency for rule in walk.locations[0].schedules] == [Frequency.WEEKLY, Frequency.MONTHLY]
    assert walk.locations[1].schedules[0].term_time_only
    assert walk.last_confirmed_on == dt.date(2026, 11, 2)
    form = _find(database, "Form filling by telephone")
    assert form.attendance == [Attendance.TELEPHONE.value]
    assert (form.cost_kind, form.joining) == (CostKind.DONATION, Joining.RING_FIRST)
    assert (form.capacity, form.waiting_weeks) == (Capacity.WAITING_LIST, 2)
    assert [rule.at_number for rule in form.schedules] == [None]
    again = run_import(examples / "listing-template.csv")
    assert "services: 0 new, 0 changed, 2 unchanged" in again.output


HEAD = "key,organisation,name,venue,postcode,when,summary\n"


def _import(run_import: Run, tmp_path: Path, text: str) -> str:
    path = tmp_path / "list.csv"
    path.write_text(HEAD + text, encoding="utf-8")
    return run_import(path).output


def test_rows_of_one_key_need_not_stand_together(run_import: Run, database: SQLAlchemy, tmp_path: Path) -> None:
    _import(run_import, tmp_path, "a,G,One,Hall,SE13 6LG,,\nb,G,Two,Hall,SE13 6LG,,\na,G,One,Barn,SE6 4JU,,\n")
    assert [at.location.name for at in _find(database, "One").locations] == ["Hall", "Barn"]
    assert _find(database, "One").locations[0].location_id == _find(database, "Two").locations[0].location_id


def test_a_bad_row_takes_the_other_rows_of_its_service_along(
    run_import: Run, database: SQLAlchemy, tmp_path: Path
) -> None:
    rows = "a,G,One,Hall,SE13 6LG,,\na,G,One,Barn,SE6 4JU,every Blursday,\n"
    output = _import(run_import, tmp_path, rows)
    assert "“blursday” is not a day of the week" in output
    assert "belongs to the service of line 3, which is refused" in output
    assert "2 rows: 2 refused" in output
    assert database.session.scalar(sa.select(sa.func.count(Service.id))) == 0


def test_the_same_row_twice_is_folded_and_the_same_venue_twice_refused(
    run_import: Run, database: SQLAlchemy, tmp_path: Path
) -> None:
    row = 'a,G,One,Hall,SE13 6LG,"every Monday, 10:00-11:00",\n'
    output = _import(run_import, tmp_path, row + row)
    assert "is the same as line 2" in output
    assert len(_find(database, "One").locations) == 1
    output = _import(run_import, tmp_path, row + row.replace("Monday", "Friday"))
    assert "names the same thing twice" in output


def test_a_later_row_that_says_something_else_is_noted(run_import: Run, database: SQLAlchemy, tmp_path: Path) -> None:
    output = _import(run_import, tmp_path, "a,G,One,Hall,SE13 6LG,,First.\na,G,One,Barn,SE6 4JU,,Second.\n")
    assert "summary  differs from line 2; that one was used" in output
    assert _find(database, "One").summary == "First."


def _is_hidden(database: SQLAlchemy) -> list[bool]:
    database.session.expire_all()
    return list(database.session.scalars(sa.select(Location.is_confidential)))


@pytest.mark.parametrize("said", [("", "yes"), ("yes", ""), ("no", "yes")])
def test_one_row_is_enough_to_hide_a_place(
    run_import: Run, tmp_path: Path, database: SQLAlchemy, said: tuple[str, str]
) -> None:
    table = tmp_path / "listing.csv"
    rows = [f"Group {place},Meeting,Lantern House,SE13 6LG,{word}" for place, word in enumerate(said)]
    table.write_text("\n".join(["organisation,name,venue,postcode,venue_confidential", *rows]), encoding="utf-8")
    assert run_import(table).exit_code == 0
    assert _is_hidden(database) == [True]
    assert "locations: 0 new, 0 changed, 1 unchanged" in run_import(table).output


def test_a_later_file_cannot_bring_a_hidden_place_to_light(
    run_import: Run, tmp_path: Path, database: SQLAlchemy
) -> None:
    table = tmp_path / "listing.csv"
    table.write_text("organisation,name,venue,postcode\nGroup,Meeting,Lantern House,SE13 6LG\n", encoding="utf-8")
    assert run_import(table).exit_code == 0
    assert _is_hidden(database) == [False]
    database.session.execute(sa.update(Location).values(is_confidential=True))
    database.session.commit()
    assert run_import(table).exit_code == 0
    assert _is_hidden(database) == [True]
