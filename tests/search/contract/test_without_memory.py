"""With PostgreSQL no process holds the directory: every page answers without it."""

import json
import uuid

import pytest
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.search.engine import Engine
from portal.search.explaining import explain
from portal.search.results import SearchRequest
from portal.search.shortlist import COOKIE, pack
from portal.search.words.entries import Entry
from portal.search.words.operations import load_words
from portal.search.words.preview import preview
from tests.factories import make_location, make_service, weekly


@pytest.fixture
def alone(database: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> str:
    """A site whose processes must not read the whole directory. Returns the address of a service."""
    load_words(actor="test")
    with transaction():
        for name in ("Chair Yoga", "Yoga in the Park"):
            service = make_service(
                name,
                summary="Gentle moves",
                needs=["falls"],
                categories=["moving"],
                venues=[(make_location(), [weekly("MO")])],
            )

    def refuse(_engine: Engine) -> None:
        raise AssertionError("The whole directory was read to answer somebody.")

    monkeypatch.setattr(Engine, "state", refuse)
    return str(service.id)


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/services",
        "/services?q=chair+yoga+tuesday+morning+free+in+catford",
        "/services?q=yogga&where=SE13",
        "/services?q=%22chair+yoga%22+-park&open_now=1&day=mon",
        "/services?q=nothing+at+all&cost=free&need=falls",
        "/services?q=yoga&view=map",
        "/services?q=yoga&explain=1",
        "/services/pins.json?q=yoga",
        "/suggest?q=yo",
        "/categories/moving",
        "/why-this-order",
        "/services/{service}",
        "/shortlist",
    ],
)
def test_pages_answer(client: FlaskClient, alone: str, address: str) -> None:
    client.set_cookie(COOKIE, pack([uuid.UUID(alone)]))
    answer = client.get(address.format(service=alone))
    assert answer.status_code == 200
    if address == "/suggest?q=yo":
        assert "Chair Yoga" in json.dumps(answer.json)


def test_what_moderators_see(alone: str) -> None:
    reasons = explain(SearchRequest(q="yoga"), uuid.UUID(alone))
    assert reasons is not None
    assert reasons.is_found
    change = preview(None, Entry("stretching", phrases=("yoga",)))
    assert any(effect.question == "stretching" for effect in change.effects)
