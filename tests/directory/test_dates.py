"""School terms and bank holidays that administrators change: the search follows at the next question, everywhere."""

import datetime as dt
import time
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal import create_app
from portal.core.database import db
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.settings import Settings
from portal.directory import calendar
from portal.directory.models import HolidayKind
from portal.directory.operations import dates
from portal.directory.schedules import next_sessions, skipped_bank_holidays
from portal.search.engine import engine
from portal.search.finding import find
from portal.search.results import SearchRequest
from tests import processes
from tests.factories import make_location, make_service, weekly

# A Wednesday in the autumn half-term holiday of the file that ships, and one in the term after it.
HALF_TERM = dt.date(2026, 10, 28)
BOXING_DAY_OBSERVED = dt.date(2026, 12, 28)
WEDNESDAY = dt.date(2026, 12, 9)


def term_named(name: str) -> calendar.TermTime:
    return next(term for term in calendar.newest().terms if term.name == name)


def found_on(day: dt.date) -> int:
    return find(SearchRequest(on=day)).total


@pytest.fixture
def groups(database: SQLAlchemy) -> None:
    """One group on Wednesdays in term time, one on Mondays but not on bank holidays."""
    make_service("Homework Club", venues=[(make_location(), [weekly("WE", term_time_only=True)])])
    make_service("Tea", venues=[(make_location(), [weekly("MO", not_on_bank_holidays=True)])])
    db.session.commit()


@pytest.fixture
def second(settings: Settings) -> Iterator[Flask]:
    """Another process over the same database, as far as one process can be two: an application of its own."""
    other = create_app(settings)
    yield other
    other.extensions["search"].close()
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


def test_until_somebody_changes_a_date_the_file_counts(database: SQLAlchemy) -> None:
    known = calendar.current()
    assert known is calendar.shipped() and known.number == 0
    assert not known.is_term_time(HALF_TERM) and known.is_term_time(WEDNESDAY)
    assert known.is_bank_holiday(BOXING_DAY_OBSERVED)


def test_without_an_application_the_file_counts() -> None:
    assert calendar.current() is calendar.shipped()


def test_a_term_that_is_moved_moves_the_results(groups: None, second: Flask) -> None:
    assert found_on(WEDNESDAY) == 1
    assert engine().settle()
    with second.app_context():
        assert found_on(WEDNESDAY) == 1
    term = term_named("Autumn 2026 second half")
    dates.change_term(
        actor="test", term_id=term.id, expected=term.version, name=term.name,
        first_day=term.first_day, last_day=dt.date(2026, 12, 4),
    )  # fmt: skip
    assert found_on(WEDNESDAY) == 0
    with second.app_context():
        assert found_on(WEDNESDAY) == 0
    assert engine().settle()
    assert not engine().difference()


def add_a_holiday(settings: Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        dates.add_holiday(actor="test", day=dt.date(2026, 12, 7), name="Day of the street party")
    app.extensions["search"].close()


def test_a_change_by_another_process_is_followed(groups: None, settings: Settings) -> None:
    monday = dt.date(2026, 12, 7)
    rule, now = weekly("MO", not_on_bank_holidays=True), dt.datetime(2026, 12, 6, tzinfo=dt.UTC)
    assert found_on(monday) == 1 and next_sessions([rule], now, 1)[0].day == monday
    other = processes.start(add_a_holiday, settings)
    other.join(60)
    assert other.exitcode == 0
    # Both look at most every half second.
    time.sleep(0.6)
    assert found_on(monday) == 0
    assert next_sessions([rule], now, 1)[0].day == dt.date(2026, 12, 14)


def test_a_bank_holiday_that_is_added_or_taken_away_moves_the_results(groups: None, second: Flask) -> None:
    monday = dt.date(2026, 12, 7)
    assert (found_on(monday), found_on(BOXING_DAY_OBSERVED)) == (1, 0)
    dates.add_holiday(actor="test", day=monday, name="Day of the street party")
    assert found_on(monday) == 0
    dates.take_holiday_away(actor="test", day=BOXING_DAY_OBSERVED)
    assert found_on(BOXING_DAY_OBSERVED) == 1
    with second.app_context():
        assert (found_on(monday), found_on(BOXING_DAY_OBSERVED)) == (0, 1)
    dates.take_holiday_away(actor="test", day=monday)
    dates.add_holiday(actor="test", day=BOXING_DAY_OBSERVED, name="Boxing Day")
    assert (found_on(monday), found_on(BOXING_DAY_OBSERVED)) == (1, 0)
    assert calendar.newest().exceptions == {}


def test_cards_and_pages_follow_too(groups: None, clock: time_machine.Traveller) -> None:
    rule, now = weekly("MO", not_on_bank_holidays=True), dt.datetime(2026, 11, 23, 20, 0, tzinfo=dt.UTC)
    assert next_sessions([rule], now, 1)[0].day == dt.date(2026, 11, 30)
    dates.add_holiday(actor="test", day=dt.date(2026, 11, 30), name="St Andrew")
    assert next_sessions([rule], now, 1)[0].day == dt.date(2026, 12, 7)
    assert skipped_bank_holidays([rule], now, dt.date(2026, 12, 1)) == [dt.date(2026, 11, 30)]


def test_midnight_keeps_the_calendar_of_the_site(groups: None, clock: time_machine.Traveller) -> None:
    dates.add_holiday(actor="test", day=dt.date(2026, 12, 7), name="Day of the street party")
    assert found_on(dt.date(2026, 12, 7)) == 0
    tuesday = dt.date(2026, 11, 24)
    clock.move_to(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC))
    # Expanded in a thread that knows of no application.
    until = time.monotonic() + 20
    while engine().state().columns.sessions.today != tuesday and time.monotonic() < until:
        time.sleep(0.02)
    assert engine().state().columns.sessions.today == tuesday
    assert found_on(dt.date(2026, 12, 7)) == 0


def test_the_first_change_takes_over_the_file(database: SQLAlchemy) -> None:
    shipped = list(calendar.shipped().terms)
    dates.add_term(actor="test", name="Spring 2028", first_day=dt.date(2028, 1, 4), last_day=dt.date(2028, 2, 11))
    known = calendar.newest()
    assert known.number == 1
    assert [term.name for term in known.terms] == [*(term.name for term in shipped), "Spring 2028"]
    assert [term.id for term in known.terms][: len(shipped)] == [term.id for term in shipped]
    dates.remove_term(actor="test", term_id=known.terms[0].id, expected=known.terms[0].version)
    assert len(calendar.newest().terms) == len(shipped)


@pytest.mark.parametrize(
    ("name", "first", "last", "field"),
    [
        ("", "2028-01-04", "2028-02-11", "name"),
        ("Backwards", "2028-02-11", "2028-01-04", "last_day"),
        ("A whole year", "2028-01-04", "2028-12-20", "last_day"),
        ("Another age", "2008-01-04", "2008-02-11", "first_day"),
        ("Within", "2026-09-10", "2026-09-11", "first_day"),
        ("Touching the first day", "2026-08-20", "2026-09-02", "last_day"),
        ("Touching the last day", "2027-12-17", "2027-12-24", "first_day"),
        ("Around", "2027-02-20", "2027-03-30", "last_day"),
    ],
)
def test_terms_that_cannot_be_are_refused(database: SQLAlchemy, name: str, first: str, last: str, field: str) -> None:
    with pytest.raises(RefusedChangeError) as caught:
        dates.add_term(
            actor="test", name=name, first_day=dt.date.fromisoformat(first), last_day=dt.date.fromisoformat(last)
        )
    assert caught.value.field == field
    assert calendar.newest().number == 0


def test_an_overlap_is_named(database: SQLAlchemy) -> None:
    with pytest.raises(RefusedChangeError, match="Autumn 2026 first half, 2 September 2026 to 23 October 2026"):
        dates.add_term(actor="test", name="X", first_day=dt.date(2026, 10, 23), last_day=dt.date(2026, 10, 25))


def test_a_term_may_be_moved_over_itself(database: SQLAlchemy) -> None:
    term = calendar.shipped().terms[0]
    dates.change_term(
        actor="test", term_id=term.id, expected=1, name=term.name,
        first_day=term.first_day + dt.timedelta(days=1), last_day=term.last_day,
    )  # fmt: skip
    assert calendar.newest().terms[0].first_day == dt.date(2026, 9, 3)


def test_two_editors_at_once(database: SQLAlchemy) -> None:
    term = calendar.shipped().terms[0]
    values = {"term_id": term.id, "name": "First", "first_day": term.first_day, "last_day": term.last_day}
    dates.change_term(actor="one", expected=1, **values)  # type: ignore[arg-type]
    with pytest.raises(ChangedMeanwhileError) as caught:
        dates.change_term(actor="two", expected=1, **(values | {"name": "Second"}))  # type: ignore[arg-type]
    assert caught.value.now.name == "First"
    with pytest.raises(ChangedMeanwhileError):
        dates.remove_term(actor="two", term_id=term.id, expected=1)
    assert term_named("First").version == 2


def test_holidays_that_are_and_are_not(database: SQLAlchemy) -> None:
    with pytest.raises(RefusedChangeError, match="bank holiday already"):
        dates.add_holiday(actor="test", day=BOXING_DAY_OBSERVED, name="Again")
    with pytest.raises(RefusedChangeError, match="not a bank holiday"):
        dates.take_holiday_away(actor="test", day=WEDNESDAY)
    with pytest.raises(RefusedChangeError):
        dates.add_holiday(actor="test", day=WEDNESDAY, name=" ")
    with pytest.raises(RefusedChangeError):
        dates.add_holiday(actor="test", day=dt.date(2206, 12, 9), name="Far")
    dates.take_holiday_away(actor="test", day=BOXING_DAY_OBSERVED)
    listed = {day: kind for day, _name, kind in calendar.newest().list_holidays(2026)}
    assert listed[BOXING_DAY_OBSERVED] is HolidayKind.NOT_ONE and listed[dt.date(2026, 12, 25)] is None
