"""Guides: moderators write them, everybody reads and finds them."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core import clock as clocks
from portal.core.database import transaction
from portal.directory.models import Taxonomy
from portal.guides import operations, queries
from portal.messages.models import OutboxMessage
from tests.accounts.reading import acts, look
from tests.factories import make_service, make_term
from tests.factories.accounts import Cast
from tests.factories.guides import make_guide
from tests.signing_in import sign_in

TYPED = {
    "title": "Keeping warm",
    "summary": "Ways to a warm home.",
    "text": "## At night\n\nClose the curtains. {{7*7}} <script>alert(1)</script>",
    "words": "boiler, heating",
    "needs": ["warm-home"],
    "review_on": "2027-05-01",
}


def words_of(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.get_data(as_text=True)


@pytest.fixture
def mo(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The browser of the moderator, with two needs to choose from."""
    with transaction():
        make_term(Taxonomy.NEED, "warm-home", plain_name="Keeping warm at home")
        make_term(Taxonomy.NEED, "food", plain_name="Food for the week")
    return sign_in(client, cast.mo)


def write(mo: FlaskClient, path: str = "/guides/manage/new", **typed: Any) -> Any:
    return mo.post(path, data={**TYPED, **typed})


def test_from_writing_to_withdrawing(mo: FlaskClient, app: Flask) -> None:
    looked = write(mo, look="1").get_data(as_text=True)
    assert "<h2>At night</h2>" in looked and "&lt;script&gt;" in looked and "{{7*7}}" in looked
    assert queries.list_to_keep() == []
    assert write(mo).headers["Location"] == "/guides/manage/keeping-warm"
    visitor = app.test_client()
    assert visitor.get("/guides/keeping-warm").status_code == 404
    version = queries.find_guide("keeping-warm").version  # type: ignore[union-attr]
    mo.post("/guides/manage/keeping-warm/publish", data={"version": str(version)})
    page = words_of(visitor, "/guides/keeping-warm")
    assert "<h2>At night</h2>" in page and "Last checked on 23 November 2026" in page
    assert "/services?need=warm-home" in page and "{{7*7}}" in page
    assert "Keeping warm" in words_of(visitor, "/guides") and "Keeping warm" in words_of(visitor, "/needs")
    mo.post("/guides/manage/keeping-warm/withdraw", data={"version": str(version + 1)})
    assert visitor.get("/guides/keeping-warm").status_code == 404
    assert "Keeping warm" not in words_of(visitor, "/guides")
    assert [act for act in acts() if act.startswith("guide:")] == ["guide:write", "guide:publish", "guide:withdraw"]


def test_two_moderators_at_once_and_going_back(mo: FlaskClient) -> None:
    write(mo)
    path = "/guides/manage/keeping-warm"
    assert write(mo, path, version="1", text="First").status_code == 303
    page = write(mo, path, version="1", text="Second", title="Warm").get_data(as_text=True)
    assert "Somebody else changed this" in page and "First" in page and "Second" in page
    assert write(mo, path, version="2", text="Second").status_code == 303
    page = words_of(mo, path)
    assert "Version 3, the present one" in page and f"{path}/versions/1" in page
    assert "Close the curtains" in words_of(mo, f"{path}/versions/1")
    restored = mo.post(f"{path}/versions/1/restore", data={"version": "2"}, follow_redirects=True)
    assert "Somebody else changed the guide" in restored.get_data(as_text=True)
    mo.post(f"{path}/versions/1/restore", data={"version": "3"})
    assert "Close the curtains" in queries.find_guide("keeping-warm").text  # type: ignore[union-attr]
    assert mo.post(f"{path}/versions/9/restore", data={"version": "4"}).status_code == 404


def test_what_cannot_be_stored(mo: FlaskClient) -> None:
    page = write(mo, title="", text="x" * 20_001, review_on="soon").get_data(as_text=True)
    assert "Enter a title" in page and "Use 20,000 letters or fewer" in page and "Enter the day in full" in page
    assert "x" * 20_001 in page
    assert write(mo, title="Manage").headers["Location"] == "/guides/manage/manage-2"
    assert write(mo, title="Manage").headers["Location"] == "/guides/manage/manage-3"


def test_only_moderators_write(client: FlaskClient, cast: Cast, app: Flask) -> None:
    with transaction():
        make_guide()
    assert client.get("/guides/manage").status_code == 303
    for user in (cast.gus, cast.ada, cast.lena):
        browser = sign_in(app.test_client(), user)
        assert browser.get("/guides/manage").status_code == 404
        assert browser.post("/guides/manage/money-worries/withdraw", data={"version": "1"}).status_code == 404


def test_moderators_are_asked_once(cast: Cast, clock: time_machine.Traveller, mo: FlaskClient) -> None:
    with transaction():
        make_guide("old", review_on=dt.date(2026, 11, 23))
        make_guide("young")
        make_guide("gone", review_on=dt.date(2026, 11, 1), withdrawn_at=clocks.now())
    assert "Look at these again" in words_of(mo, "/guides/manage")
    link = "https://hereabouts.example.org/guides/manage"
    assert operations.ask_for_reviews(actor="job:guides", link=link) == 1
    assert operations.ask_for_reviews(actor="job:guides", link=link) == 0
    with look() as session:
        messages = session.query(OutboxMessage).all()
    assert len(messages) == 1 and messages[0].name == cast.mo.name
    assert "- Old" in str(messages[0].body) and "Young" not in str(messages[0].body)
    # The one that was asked about has kept its version: whoever is editing it notices nothing.
    write(mo, "/guides/manage/old", version="1", review_on="2026-12-01", is_checked="y")
    clock.move_to(dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC))
    assert operations.ask_for_reviews(actor="job:guides", link=link) == 1


def test_guides_that_ship(database: SQLAlchemy, client: FlaskClient, cast: Cast, app: Flask) -> None:
    assert operations.load_guides(actor="test") == 5
    assert operations.load_guides(actor="test") == 0
    for guide in queries.list_public():
        page = words_of(client, f"/guides/{guide.slug}")
        assert "Last checked on" not in page, "nobody here has read it yet"
        assert guide.review_on == clocks.today()
    assert "You do not have to wait for help" in words_of(client, "/guides/help-at-night-and-at-weekends")


ASKED = {
    "q=carer": ["looking-after-somebody"],
    "q=my+wife+has+dementia": ["looking-after-somebody"],
    "q=attendence+allowance": ["money-worries"],
    "q=discharged": ["coming-home-from-hospital"],
    "q=breathing+space": ["money-worries"],
    "q=catalogues+overdrafts": ["money-worries"],  # side by side in the text
    "q=overdrafts": [],
    "q=lunch": [],
    "q=chess": [],
    "q=carer+-dementia": [],
    "need=money": ["money-worries"],
    "": [],
}


def test_guides_beside_services(client: FlaskClient, database: SQLAlchemy) -> None:
    operations.load_guides(actor="test")
    with transaction():
        make_term(Taxonomy.NEED, "money")
        make_service("Chess for carers", needs=["money"])
    for asked, found in ASKED.items():
        page = words_of(client, f"/services?{asked}")
        assert [guide.slug for guide in queries.list_public() if f"/guides/{guide.slug}" in page] == found, asked


def test_guides_are_suggested(client: FlaskClient, database: SQLAlchemy) -> None:
    operations.load_guides(actor="test")
    found = client.get("/suggest?q=carer%27s+ass").get_json()["suggestions"]
    assert {
        "text": "Looking after somebody",
        "hint": "advice to read",
        "href": "/guides/looking-after-somebody",
    } in found
