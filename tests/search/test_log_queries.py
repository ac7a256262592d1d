"""What the log tells: gaps, what led on, what is typed; and nothing that fewer than five searches said."""

import datetime as dt
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from portal.core import clock
from portal.core.database import db, transaction
from portal.directory.models import Taxonomy
from portal.search.log import queries
from portal.search.log.models import LoggedOpening, LoggedSearch
from portal.search.log.operations import forget_old_searches
from portal.search.log.queries import Asked, gaps_in, gaps_near, recent_searches, searches_that_led_to
from portal.search.text.synonyms import Meant, Synonyms
from portal.search.words.operations import add_crisis_phrase
from tests.factories import make_area, make_service, make_term

CENTRAL = [(-0.02, 51.45), (0.0, 51.45), (0.0, 51.47), (-0.02, 51.47)]
FAR = [(-0.02, 51.55), (0.0, 51.55), (0.0, 51.57), (-0.02, 51.57)]
SERVICE = uuid.UUID(int=1)


@pytest.fixture
def directory(database: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that knows chairs, yoga and tea, two neighbourhoods, and slang for money."""
    with transaction():
        make_area("central", CENTRAL)
        make_area("far", FAR)
        make_term(Taxonomy.NEED, "money")
        make_service("Chair yoga and tea")
    slang = Synonyms({("skint",): Meant(needs=("money",)), ("brassic",): Meant(needs=("money",))})
    monkeypatch.setattr(queries, "read_synonyms", lambda _connection: slang)


def searched(times: int, words: str = "", *, days_ago: int = 0, **values: Any) -> None:
    """Store a search several times."""
    row: dict[str, Any] = {"left_out": 0, "needs": "", "filters": {}, "area": "central", "found": 0, **values}
    day = clock.today() - dt.timedelta(days=days_ago)
    with transaction() as session:
        session.add_all(LoggedSearch(words=words, day=day, **row) for _ in range(times))


def opened(times: int, words: str = "", *, days_ago: int = 0, **values: Any) -> None:
    """Store an opening several times."""
    row: dict[str, Any] = {"left_out": 0, "needs": "", "area": "central", "service_id": SERVICE, **values}
    day = clock.today() - dt.timedelta(days=days_ago)
    with transaction() as session:
        session.add_all(LoggedOpening(words=words, day=day, **row) for _ in range(times))


def test_gaps_are_what_many_looked_for_and_little_was_found_of(directory: None) -> None:
    searched(5, "chair yoga", found=2)
    searched(4, "tea")
    searched(2, "tea", found=3)
    assert gaps_in({"central"}) == [Asked("chair yoga", "", 5)], "of tea fewer than five found little"
    searched(1, "tea", area="far")
    searched(1, "tea", days_ago=90)
    searched(1, "tea", left_out=1)
    assert len(gaps_in({"central"})) == 1, "others are elsewhere, too old, or not wholly known"
    searched(1, "tea", days_ago=89)
    assert gaps_in({"central"}) == [Asked("chair yoga", "", 5), Asked("tea", "", 5)]
    searched(4, "tea", found=9)
    assert gaps_in({"central"}) == [Asked("chair yoga", "", 5)], "more than half found enough"
    assert gaps_in(set()) == []


def test_needs_are_added_up_and_slang_is_not_shown_back(directory: None) -> None:
    searched(2, needs="money transport")
    searched(2, "skint")
    searched(2, "brassic tea", needs="money")
    assert gaps_in({"central"}) == [Asked("", "money", 6)]
    searched(5, "skint", found=9)
    searched(2, "skint", found=9)
    assert gaps_in({"central"}) == []


def test_near_is_the_neighbourhood_around_and_those_close_by(directory: None) -> None:
    searched(5, "tea")
    searched(5, "chair", area="far")
    searched(9, "yoga", area="")
    assert [asked.words for asked in gaps_near([(51.455, -0.001)], 0.1)] == ["tea"]
    assert [asked.words for asked in gaps_near([(51.455, -0.001), (51.56, -0.01)], 0.1)] == ["chair", "tea"]
    assert [asked.words for asked in gaps_near([(51.448, -0.01)], 1.0)] == ["tea"]
    assert gaps_near([(51.40, -0.01)], 1.0) == [] == gaps_near([], 1.0)


def test_what_led_to_a_service(directory: None) -> None:
    since = clock.today() - dt.timedelta(days=29)
    opened(6, "chair yoga")
    opened(4, "tea")
    opened(1, "tea", days_ago=30)
    opened(3, "skint")
    opened(2, needs="money")
    opened(5, "tea", service_id=uuid.UUID(int=2))
    opened(4, "tea", service_id=uuid.UUID(int=3))
    ids = [uuid.UUID(int=number) for number in (1, 3)]
    assert searches_that_led_to(ids, since) == {SERVICE: [Asked("chair yoga", "", 6), Asked("", "money", 5)]}
    assert searches_that_led_to([], since) == {}


def test_recent_searches_are_the_most_frequent(directory: None) -> None:
    searched(5, "tea")
    searched(6, "skint")
    searched(7, "yoga", days_ago=30)
    searched(4, "chair")
    searched(9, needs="money")
    assert recent_searches(10) == ["skint", "tea"]
    assert recent_searches(1) == ["skint"]


def test_what_became_a_word_of_crisis_is_told_no_more_and_erased(directory: None) -> None:
    for words in ("chair tea", "yoga"):
        searched(5, words)
        opened(5, words)
    add_crisis_phrase(actor="user:1", said="Chair tea")
    assert gaps_in({"central"}) == [Asked("yoga", "", 5)]
    assert recent_searches(10) == ["yoga"]
    since = clock.today()
    assert searches_that_led_to([SERVICE], since) == {SERVICE: [Asked("yoga", "", 5)]}
    forget_old_searches(actor="job:test")
    for table in (LoggedSearch, LoggedOpening):
        assert set(db.session.scalars(sa.select(table.words))) == {"yoga"}
