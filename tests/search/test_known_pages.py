"""A page of results that was worked out in this minute is not worked out again, and is never another than a new one."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import db, transaction
from portal.directory.models import Service
from portal.geo.models import Area
from portal.geo.place import Place, Precision
from portal.search import answering
from portal.search import state as states
from portal.search.columns import order
from portal.search.engine import engine
from portal.search.finding import find
from portal.search.postgres.answer import TableAnswer
from portal.search.results import SearchRequest
from tests.factories import make_area, make_location, make_service, weekly

NORTH = [(-0.1, 51.5), (0.1, 51.5), (0.1, 51.6), (-0.1, 51.6)]
SOUTH = [(-0.1, 51.4), (0.1, 51.4), (0.1, 51.5), (-0.1, 51.5)]
LADYWELL = Place(
    asked="Ladywell", key="Ladywell", name="Ladywell", latitude=51.456, longitude=-0.02, precision=Precision.PLACE
)


@pytest.fixture
def clubs(database: SQLAlchemy) -> None:
    make_service("Chess Club", venues=[(make_location(), [weekly("MO", "10:30", "12:00")])])
    make_service("Chess Evening", venues=[(make_location(), [weekly("TU", "18:00", "20:00")])])
    database.session.commit()


@pytest.fixture
def ranked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every time that something is put in order, by either engine."""
    times: list[Any] = []
    rank = order.rank

    def counting(*given: Any) -> Any:
        times.append(given)
        return rank(*given)

    page = TableAnswer._page

    def counting_pages(table_answer: TableAnswer) -> Any:
        times.append(table_answer)
        return page(table_answer)

    monkeypatch.setattr(answering, "rank", counting)
    monkeypatch.setattr(TableAnswer, "_page", counting_pages)
    return times


@pytest.mark.usefixtures("clubs")
def test_the_same_question_is_worked_out_once_in_a_minute(ranked: list[Any], clock: time_machine.Traveller) -> None:
    first = find(SearchRequest(q="chess"))
    again = find(SearchRequest(q="chess"))
    on_map = find(SearchRequest(q="chess", view="map"))
    assert len(ranked) == 1
    assert first.total == 2
    assert again == first
    assert on_map == replace(first, request=SearchRequest(q="chess", view="map"))
    find(SearchRequest(q="chess", days=("tue",)))
    assert len(ranked) == 2
    clock.shift(dt.timedelta(minutes=1))
    assert find(SearchRequest(q="chess")) == first
    assert len(ranked) == 3


@pytest.mark.usefixtures("clubs")
def test_a_session_that_is_over_is_not_the_next_one(clock: time_machine.Traveller) -> None:
    """From 11.59 to noon on a Monday, the last second of the minute included."""
    question = SearchRequest(q="chess club", open_now=True)
    clock.move_to(dt.datetime(2026, 11, 23, 11, 59, 59, tzinfo=dt.UTC), tick=False)
    assert find(question).total == 1
    clock.shift(dt.timedelta(seconds=1))
    assert find(question).total == 0
    soon = [hit.starts_at for hit in find(SearchRequest(q="chess club")).hits if hit.starts_at]
    assert dt.datetime(2026, 11, 30, 10, 30, tzinfo=dt.UTC) in soon
    assert dt.datetime(2026, 11, 23, 10, 30, tzinfo=dt.UTC) not in soon


@pytest.mark.usefixtures("clubs")
def test_a_change_is_found_within_the_minute(clock: time_machine.Traveller) -> None:
    assert find(SearchRequest(q="chess")).total == 2
    with transaction() as session:
        session.scalars(sa.select(Service).where(Service.name == "Chess Club")).one().name = "Draughts"
    assert find(SearchRequest(q="chess")).total == 1
    assert find(SearchRequest(q="draughts")).total == 1


def test_an_outline_that_moves_is_seen_within_the_minute(database: SQLAlchemy, clock: time_machine.Traveller) -> None:
    area = make_area("ladywell", SOUTH)
    make_service("For Ladywell only", areas=[area], venues=[(make_location(), [weekly("MO")])])
    database.session.commit()
    question = SearchRequest(place=LADYWELL)
    assert find(question).total == 1
    with transaction() as session:
        there = session.scalars(sa.select(Area)).one()
        there.outline = {"type": "Polygon", "coordinates": [[*map(list, NORTH), list(NORTH[0])]]}
    assert find(question).total == 0


@pytest.mark.usefixtures("clubs")
def test_only_so_many_pages_are_kept(monkeypatch: pytest.MonkeyPatch, ranked: list[Any]) -> None:
    monkeypatch.setattr(states, "_MOST_PAGES", 2)
    for word in ("chess", "club", "evening"):
        find(SearchRequest(q=word))
    find(SearchRequest(q="evening"))
    assert len(ranked) == 3
    find(SearchRequest(q="chess"))
    assert len(ranked) == 4
    assert engine().known().pages.find(0, "anything") is None
    db.session.rollback()
