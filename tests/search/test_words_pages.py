"""Moderators edit the words people use and the words of crisis on pages of their own."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core import clock
from portal.core.database import transaction
from portal.directory.models import Taxonomy
from portal.search.words import operations, preview
from portal.search.words.entries import Entry
from portal.search.words.models import CrisisPhrase, WordsPeopleUse
from tests.accounts.reading import acts, look
from tests.factories import make_service, make_term
from tests.factories.accounts import Cast
from tests.signing_in import sign_in

WORDS, CRISIS = "/moderation/words", "/moderation/crisis-words"
TYPED = {
    "said": "Skint",
    "phrases": "debt advice\n\n  money   help ",
    "same": "stony broke",
    "needs": ["money"],
    "categories": ["money-advice"],
    "note": "Slang. {{7*7}} <b>bold</b>",
}


def page_at(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.get_data(as_text=True)


def kept(kind: type[Any] = WordsPeopleUse, said: str = "Skint") -> Any:
    with look() as session:
        return session.scalars(sa.select(kind).where(kind.said == said)).one()


@pytest.fixture
def mo(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The browser of the moderator, on a site with some services."""
    with transaction():
        make_service("Debt line", categories=["money-advice"], needs=["money"])
        make_service("Sums at the table", needs=["money"])
        make_service("Knitting circle", categories=["company"])
    return sign_in(client, cast.mo)


def write(mo: FlaskClient, path: str = f"{WORDS}/new", **typed: Any) -> Any:
    return mo.post(path, data={**TYPED, **typed})


def test_from_adding_to_taking_away(mo: FlaskClient) -> None:
    assert write(mo).headers["Location"] == WORDS
    row = kept()
    assert (row.folded, row.same, row.phrases) == ("skint", ["stony broke"], ["debt advice", "money help"])
    assert (row.needs, row.categories) == (["money"], ["money-advice"])
    page = page_at(mo, WORDS)
    assert "same as “stony broke” · also “debt advice”, “money help” · Money · Money advice" in page
    assert "{{7*7}} &lt;b&gt;bold" in page
    assert page_at(mo, f"{WORDS}?q=SKINT").count("Skint") == 1 and "Nothing is found" in page_at(mo, f"{WORDS}?q=rent")
    path = f"{WORDS}/{row.id}"
    assert "Take “Skint” away" in page_at(mo, path)
    assert write(mo, path, version="1", same="out of cash").status_code == 303
    assert kept().same == ["out of cash"]
    asked = page_at(mo, f"{path}/remove")
    assert "This is what changes when it goes" in asked
    mo.post(f"{path}/remove", data={"version": "2", "why": "Nobody says it"})
    page = page_at(mo, WORDS)
    assert "0 entries" in page and "Taken away last" in page and "Nobody says it" in page
    assert mo.get(path).status_code == 404 and write(mo, path, version="3").status_code == 404
    assert [act for act in acts() if act.startswith("words:")] == ["words:add", "words:change", "words:remove"]


def test_what_a_change_does_is_shown_before_it_is_stored(mo: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "recent_searches", lambda: ["skint", "so skint", "knitting"])
    page = write(mo, look="1", phrases="", same="").get_data(as_text=True)
    assert "This is what it changes. It is not stored yet." in page and "We tried 3 searches. 2 find something" in page
    assert "2 services. Before: 0." in page and "First: Debt line, Sums at the table" in page
    assert "“knitting”" not in page
    assert "0 entries" in page_at(mo, WORDS), "looking stored nothing"
    page = write(mo, look="1", said="knitting", phrases="needlework", same="").get_data(as_text=True)
    assert "“knitting”" in page, "what the entry says is tried too"
    write(mo, phrases="", same="")
    page = page_at(mo, f"{WORDS}/{kept().id}/remove")
    assert "0 services. Before: 2." in page
    page = write(mo, f"{WORDS}/{kept().id}", look="1", said="", version="1").get_data(as_text=True)
    assert "Enter a word or a phrase" in page and "It is not stored yet" not in page
    page = write(mo, look="1", said="brassic", needs=["nonsense"]).get_data(as_text=True)
    assert "Choose from the list" in page and "brassic" in page


def test_two_moderators_at_once(mo: FlaskClient) -> None:
    write(mo)
    path = f"{WORDS}/{kept().id}"
    assert write(mo, path, version="1", note="First").status_code == 303
    page = write(mo, path, version="1", note="Second", phrases="arrears").get_data(as_text=True)
    assert "Somebody else changed this" in page and "First" in page and "Second" in page and "arrears" in page
    asked = mo.post(f"{path}/remove", data={"version": "1"}).get_data(as_text=True)
    assert "Somebody else changed it meanwhile" in asked
    assert write(mo, path, version="2", note="Second").status_code == 303
    page = write(mo).get_data(as_text=True)
    assert "This is in the list already" in page and "debt advice" in page


def test_many_words_stand_on_several_pages(mo: FlaskClient) -> None:
    mo.post(f"{WORDS}/load")
    page = page_at(mo, WORDS)
    assert "adhd" in page and "yoga" not in page and f"{WORDS}?page=2" in page
    assert "lonely" in page_at(mo, f"{WORDS}?q=loneliness")
    assert any("skint" in page_at(mo, f"{WORDS}?page={number}") for number in (6, 7, 8))
    assert "Nothing is missing" in mo.post(f"{WORDS}/load", follow_redirects=True).get_data(as_text=True)


def test_words_of_crisis(mo: FlaskClient) -> None:
    assert "the words that ship with the portal count" in page_at(mo, CRISIS)
    assert mo.post(f"{CRISIS}/new", data={"said": "Cannot bear it", "note": "Heard at the desk"}).status_code == 303
    page = page_at(mo, CRISIS)
    assert "151 phrases" in page and "cannot go on" in page
    assert "cannot go on" not in page_at(mo, f"{CRISIS}?q=cannot+bear")
    path = f"{CRISIS}/{kept(CrisisPhrase, 'Cannot bear it').id}"
    change = {"said": "Cannot bear this", "version": "1"}
    assert mo.post(path, data=change).status_code == 303
    assert "Somebody else changed this" in mo.post(path, data=change | {"note": "x"}).get_data(as_text=True)
    assert "This is in the list already" in mo.post(path, data={"said": "Suicide", "version": "2"}).get_data(True)
    assert "Take “Cannot bear this” away?" in page_at(mo, f"{path}/remove")
    assert "Say why it goes" in mo.post(f"{path}/remove", data={"version": "2", "why": " "}).get_data(as_text=True)
    assert "Somebody else" in mo.post(f"{path}/remove", data={"version": "1", "why": "A trial"}).get_data(as_text=True)
    assert mo.post(f"{path}/remove", data={"version": "2", "why": "A trial"}).status_code == 303
    assert "150 phrases" in page_at(mo, CRISIS) and "A trial" in page_at(mo, CRISIS)
    said = [act for act in acts() if act.startswith("crisis:")]
    assert said == ["crisis:add", "crisis:change", "crisis:remove"]


def test_only_moderators(client: FlaskClient, cast: Cast, app: Flask) -> None:
    row = operations.add_words(actor="test", entry=Entry("skint", phrases=("debt",)))
    for user in (cast.ada, cast.gus):
        browser = sign_in(app.test_client(), user)
        for path in (WORDS, f"{WORDS}/{row.id}", f"{WORDS}/new", CRISIS, f"{CRISIS}/new"):
            assert browser.get(path).status_code == 404, path
    assert client.get(WORDS).headers["Location"].startswith("/sign-in")
    start = page_at(sign_in(client, cast.mo), "/moderation")
    assert f'href="{WORDS}"' in start and f'href="{CRISIS}"' in start


def test_a_need_that_is_offered_no_longer_stays(mo: FlaskClient, database: SQLAlchemy) -> None:
    write(mo)
    with transaction():
        term = make_term(Taxonomy.NEED, "money")
        term.retired_at = clock.now()
    page = page_at(mo, f"{WORDS}/{kept().id}")
    assert 'value="money" checked' in page
    assert 'value="money"' not in page_at(mo, f"{WORDS}/new")
