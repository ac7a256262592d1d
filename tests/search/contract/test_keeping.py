"""The tables in PostgreSQL follow the directory within its own transactions."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal import create_app
from portal.core import clock as present
from portal.core.database import db, transaction
from portal.core.settings import Settings
from portal.directory.models import Service, ServiceStatus
from portal.directory.operations.dates import add_holiday
from portal.geo.place import Place, Precision
from portal.search.engine import engine
from portal.search.finding import count_by_category, find, list_pins, matching_words, rescue
from portal.search.postgres import bits, keeping
from portal.search.postgres.statements import Statement
from portal.search.postgres.tables import DOCUMENT, RULE, SESSION, STATE, VENUE, metadata
from portal.search.results import SearchRequest
from tests.factories import make_location, make_service, weekly

HERE = Place(asked="x", key="x", name="x", latitude=51.4566, longitude=-0.0118, precision=Precision.STREET)


@pytest.fixture
def site(database: SQLAlchemy) -> None:
    """A site whose questions PostgreSQL answers."""
    engine().answers_in_postgres = True


def listed(*given: str) -> None:
    with transaction():
        for name in given:
            make_service(name, summary="", venues=[(make_location(), [weekly("MO")])])


def change(of: str, **values: object) -> None:
    with transaction() as session:
        service = session.scalars(sa.select(Service).where(Service.name == of)).one()
        for column, value in values.items():
            setattr(service, column, value)


def total(q: str = "", **filters: object) -> int:
    return find(SearchRequest(q=q, **filters)).total  # type: ignore[arg-type]


def rows(table: sa.Table) -> int:
    with db.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def is_level() -> bool:
    return not engine().difference()


def test_what_changes_is_found_at_once_and_no_longer_under_its_old_words(site: None) -> None:
    listed("Chair Yoga", "Paper Boats")
    assert (total("yoga"), total("boats"), total()) == (1, 1, 2)
    change("Paper Boats", name="Long Supper")
    assert (total("supper"), total("boats"), total("supprr")) == (1, 0, 1)
    change("Long Supper", status=ServiceStatus.DEFUNCT)
    assert (total("supper"), total()) == (0, 1)
    assert (rows(DOCUMENT), rows(VENUE)) == (1, 1)
    assert is_level()


def test_another_machine_finds_it_right_after_the_commit(site: None, app: Flask, settings: Settings) -> None:
    listed("Chair Yoga")
    other = create_app(settings)
    other.extensions["search"].answers_in_postgres = True
    seen: list[int] = []

    def ask() -> None:
        with other.app_context():
            seen.append(find(SearchRequest(q="supper")).total)
            db.session.remove()

    for name in ("Chair Yoga", "Long Supper"):
        if name == "Long Supper":
            change("Chair Yoga", name=name)
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert seen == [0, 1]
    other.extensions["search"].close()
    with other.app_context():
        db.engine.dispose()


def test_what_is_rolled_back_was_never_there(site: None) -> None:
    listed("Chair Yoga")
    with pytest.raises(ZeroDivisionError), transaction() as session:
        session.scalars(sa.select(Service)).one().name = "Long Supper"
        session.flush()
        keeping.catch_up(session.connection())
        raise ZeroDivisionError
    assert (total("yoga"), total("supper")) == (1, 0)
    assert is_level()


def test_a_confidential_venue_has_no_place(site: None) -> None:
    with transaction():
        for name, is_secret in (("Refuge Talk", True), ("Open Talk", False)):
            location = make_location(is_confidential=is_secret)
            location.latitude, location.longitude = HERE.latitude, HERE.longitude
            make_service(name, venues=[(location, [weekly("MO")])])
    found = find(SearchRequest(q="talk", place=HERE))
    assert {hit.miles is None for hit in found.hits} == {True, False}
    assert len(list_pins(SearchRequest(q="talk")).numbers) == 1
    with db.engine.connect() as connection:
        held = connection.execute(sa.select(VENUE.c.number, VENUE.c.latitude).where(VENUE.c.latitude.is_(None))).all()
    assert held == [(None, None)]


def test_the_pages_around_the_results(site: None) -> None:
    with transaction():
        make_service("Chair Yoga", needs=["falls"], categories=["moving"], venues=[(make_location(), [weekly("MO")])])
    assert sum(count_by_category().values()) >= 1
    assert "<mark>Yoga</mark>" in matching_words(SearchRequest(q="yoga"))("Chair Yoga")
    offered = rescue(SearchRequest(q="yoga", costs=("donation",)))
    assert [(drop.label, drop.total) for drop in offered.drops][:1] == [("pay what you can", 1)]


def test_changes_past_the_tables_are_caught_up_with(site: None) -> None:
    listed("Chair Yoga")
    engine().answers_in_postgres = False
    listed("Paper Boats")
    engine().answers_in_postgres = True
    assert rows(DOCUMENT) == 1
    assert (total("boats"), rows(DOCUMENT)) == (1, 2)
    assert is_level()


def test_empty_tables_are_filled(site: None) -> None:
    engine().answers_in_postgres = False
    listed("Chair Yoga", "Paper Boats")
    with transaction() as session:
        session.execute(sa.text("DELETE FROM change"))
        service = session.scalars(sa.select(Service).limit(1)).one()
        service.summary = "Another one"
    engine().answers_in_postgres = True
    assert (total("yoga"), rows(STATE)) == (1, 0)  # from memory
    keeping.turn_page()
    assert (total("yoga"), rows(STATE), rows(DOCUMENT)) == (1, 1, 2)
    assert is_level()


def flags() -> dict[str, int]:
    with db.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT filter, value, bit_count(held) FROM search.flag")).all()
    return {f"{name}:{value}": services for name, value, services in rows if services}


@pytest.mark.parametrize("few", [0, 100])
def test_bits_have_room_for_all_and_are_right_after_every_change(
    site: None, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(bits, "_AT_ONCE", 64)
    monkeypatch.setattr(bits, "_FEW", few)
    with transaction():
        for number in range(70):
            make_service(f"Group {number}", needs=["falls"] if number % 2 else [])
    assert (total("group"), find(SearchRequest()).facets["need"]["falls"]) == (70, 35)
    change("Group 69", status=ServiceStatus.DEFUNCT)
    change("Group 3", status=ServiceStatus.DEFUNCT)
    assert find(SearchRequest(needs=("falls",))).total == 33
    before = flags()
    assert (before["all:"], before["need:falls"], before["need-1:falls"]) == (68, 33, 33)
    keeping.rebuild(lambda _done, _of: None)
    assert (flags(), total("group")) == (before, 68)
    assert is_level()


def test_to_fill_anew_leaves_nothing_behind(site: None) -> None:
    listed("Chair Yoga", "Paper Boats")
    tables = [table for table in metadata.sorted_tables if table is not STATE]
    before = [rows(table) for table in tables]
    keeping.rebuild(lambda _done, _of: None)
    assert [rows(table) for table in tables] == before
    change("Chair Yoga", status=ServiceStatus.DEFUNCT)
    change("Paper Boats", status=ServiceStatus.DEFUNCT)
    left = {table.name for table in tables if rows(table)}
    # Bits, rules and combinations that nobody uses any more stay until the day turns, or for good.
    assert left <= {"flag", "rule", "session", "access"}


def test_the_turn_of_the_day(site: None, clock: time_machine.Traveller) -> None:
    listed("Chair Yoga")
    before = rows(SESSION)
    clock.move_to(present.now() + dt.timedelta(days=8))
    assert total("yoga", days=("mon",)) == 1
    keeping.turn_page()
    with db.engine.connect() as connection:
        first = connection.scalar(sa.select(sa.func.min(SESSION.c.day)))
    assert dt.date.fromordinal(first or 1) >= present.today() - dt.timedelta(days=1)
    assert abs(rows(SESSION) - before) <= 1
    change("Chair Yoga", status=ServiceStatus.DEFUNCT)
    clock.move_to(present.now() + dt.timedelta(days=1))
    keeping.turn_page()
    assert rows(RULE) == 0


def test_a_new_bank_holiday_moves_sessions(site: None) -> None:
    monday = dt.date(2026, 11, 30)
    with transaction():
        make_service("Chair Yoga", venues=[(make_location(), [weekly("MO", not_on_bank_holidays=True)])])
    assert total("yoga", on=monday) == 1
    add_holiday(actor="test", day=monday, name="Founders' Day")
    assert total("yoga", on=monday) == 0


def test_the_tables_are_as_the_migration_makes_them(site: None) -> None:
    with db.engine.connect() as connection:
        found = sa.inspect(connection)
        for table in metadata.sorted_tables:
            made = {column["name"]: column for column in found.get_columns(table.name, schema="search")}
            assert set(made) == set(table.columns.keys()), table.name
            for column in table.columns:
                assert made[column.name]["nullable"] == bool(column.nullable), column
                of_table, of_model = made[column.name]["type"], column.type
                kinds = [one.compile(connection.dialect).split(" COLLATE")[0] for one in (of_table, of_model)]
                assert kinds[0].replace("DOUBLE PRECISION", "FLOAT") == kinds[1]


@pytest.mark.parametrize(
    "q", ["'", "a' | b:*", "\\", "<-> & |", '"', "x" * 200, "=yoga ~yoga:A", "𝔶𝔬𝔤𝔞", "%s %(q)s", "yoga\x00"]
)
def test_no_question_is_too_odd(site: None, q: str) -> None:
    listed("Chair Yoga")
    assert find(SearchRequest(q=q)).total in {0, 1}


def test_a_question_that_takes_too_long_is_answered_kindly(site: None, monkeypatch: pytest.MonkeyPatch) -> None:
    listed("Chair Yoga")
    total("yoga")
    asleep = "(SELECT 1.0::double precision FROM pg_sleep(5))"
    monkeypatch.setattr(Statement, "_score", lambda _statement: asleep)
    monkeypatch.setattr("portal.search.postgres.reading.LONGEST_STATEMENT", 50)
    found = find(SearchRequest(q="yoga", place=HERE))
    assert found.total == 0
    assert [problem.field for problem in found.request.problems] == ["q"]
