"""Words of crisis put urgent help above the results, whatever else is found."""

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.search.crisis import CrisisWords, speaks_of_crisis
from portal.search.words import operations
from portal.search.words.entries import shipped_crisis_phrases
from portal.search.words.models import CrisisPhrase
from tests.factories import make_service

URGENT = "You do not have to wait for help"
SHIPPED = CrisisWords(shipped_crisis_phrases())


@pytest.mark.parametrize(
    "typed",
    [
        "i want to die",
        "He hits me!",
        "my husband beats me every week",
        "SUICIDE",
        "I can’t go on",
        "self-harm help",
        "can't breathe",
        "sucide",
        "suicidle thoughts",
        "want too die",
        "my son wants to kill himself",
        "he hit my mum",
        "he's hitting us",
        "scared of him",
        "baby not breathing",
        "domestic violence",
    ],
)
def test_words_of_crisis(typed: str) -> None:
    assert SHIPPED.are_in(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "knitting", "dye workshop", "hit parade singing", "die cutting craft", "men want to cook", "my mum died"],
)
def test_other_words(typed: str) -> None:
    assert not SHIPPED.are_in(typed)


def test_urgent_help_stands_above_the_results(client: FlaskClient, database: SQLAlchemy) -> None:
    with transaction():
        make_service(name="He hits me with a drum: percussion for all")
    page = client.get("/services?q=he+hits+me").get_data(as_text=True)
    assert page.index(URGENT) < page.index("percussion for all")
    assert "999" in page[page.index(URGENT) :]
    nothing_found = client.get("/services?q=i+want+to+die+zeppelin").get_data(as_text=True)
    assert URGENT in nothing_found


def test_other_searches_are_left_in_peace(client: FlaskClient, database: SQLAlchemy) -> None:
    assert URGENT not in client.get("/services?q=percussion").get_data(as_text=True)


def test_a_need_that_is_urgent_in_itself(client: FlaskClient, database: SQLAlchemy) -> None:
    with transaction():
        make_service(name="A safe talk", needs=["domestic-abuse"])
    assert URGENT in client.get("/services?need=domestic-abuse").get_data(as_text=True)


def test_what_moderators_change_counts_at_once(client: FlaskClient, database: SQLAlchemy) -> None:
    asked = "/services?q=I+cannot+bear+another+night"
    assert URGENT not in client.get(asked).get_data(as_text=True)
    phrase = operations.add_crisis_phrase(actor="test", said="Cannot bear another")
    assert URGENT in client.get(asked).get_data(as_text=True)
    assert speaks_of_crisis("suicidal"), "what ships still counts"
    operations.remove_crisis_phrase(actor="test", phrase_id=phrase.id, expected=1, why="a trial")
    assert URGENT not in client.get(asked).get_data(as_text=True)


def test_searches_ask_nothing_of_the_database_about_them(client: FlaskClient, database: SQLAlchemy) -> None:
    operations.load_words(actor="test")
    assert speaks_of_crisis("i want to die")
    asked: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert speaks_of_crisis("he hits me") and not speaks_of_crisis("knitting")
    assert asked == []


def test_a_database_that_is_away_switches_nothing_off(app: Flask, database: SQLAlchemy) -> None:
    with transaction() as session:
        session.execute(sa.text(f"ALTER TABLE {CrisisPhrase.__tablename__} RENAME TO gone"))
        session.execute(sa.text("ALTER TABLE word_list_mark RENAME TO gone_too"))
    try:
        assert speaks_of_crisis("i want to die") and not speaks_of_crisis("knitting")
    finally:
        with transaction() as session:
            session.execute(sa.text(f"ALTER TABLE gone RENAME TO {CrisisPhrase.__tablename__}"))
            session.execute(sa.text("ALTER TABLE gone_too RENAME TO word_list_mark"))
