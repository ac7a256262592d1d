"""Words of crisis put urgent help above the results, whatever else is found."""

import pytest
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.search.crisis import speaks_of_crisis
from tests.factories import make_service

URGENT = "You do not have to wait for help"


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
    assert speaks_of_crisis(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "knitting", "dye workshop", "hit parade singing", "die cutting craft", "men want to cook", "my mum died"],
)
def test_other_words(typed: str) -> None:
    assert not speaks_of_crisis(typed)


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
