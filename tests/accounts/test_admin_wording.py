"""Administrators put messages into their own words: looking first, two at once, and back to what ships."""

import html
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.audit.models import AuditEntry
from portal.core.database import transaction
from portal.messages.models import Channel, OutboxMessage, Recipient, WordingChange
from portal.messages.operations import queue
from portal.messages.queries import wording_of
from portal.messages.wording import shipped
from tests.factories.accounts import Cast
from tests.signing_in import sign_in

PATH = "/admin/wording/shortlist"
TEXT = "Dear you,\n\n{list}\n\n{list_link}\n\n{stop_link}"


@pytest.fixture
def ada(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The browser of the administrator."""
    return sign_in(client, cast.ada)


def write(ada: FlaskClient, text: str = TEXT, version: int = 0, subject: str = "A list", **more: str) -> str:
    """Post the form; the page, or "303"."""
    data = {"subject": subject, "text": text, "version": str(version), **more}
    answer = ada.post(PATH, data=data)
    return html.unescape(answer.get_data(as_text=True)) if answer.status_code == 200 else str(answer.status_code)


def read(ada: FlaskClient, path: str = PATH) -> str:
    answer = ada.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def kept_text(page: str) -> str:
    found = re.search(r'<textarea[^>]* id="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return found.group(1)


def test_every_kind_is_in_the_list(ada: FlaskClient) -> None:
    page = read(ada, "/admin/wording")
    for wording in shipped().values():
        assert wording.name in page
        assert wording.when in page


@pytest.mark.parametrize("key", sorted(shipped()))
def test_every_kind_has_its_page_and_can_be_looked_at(ada: FlaskClient, key: str) -> None:
    wording = shipped()[key]
    page = read(ada, f"/admin/wording/{key}")
    assert wording.name in page
    texts = {name: getattr(wording, name) for name in ("subject", "text", "sms", "letter")}
    assert (' id="sms"' in page) == bool(wording.sms)
    looked = ada.post(f"/admin/wording/{key}", data={**texts, "version": "0", "look": "1"}).get_data(as_text=True)
    assert "This is how the e-mail will read" in looked
    for name, example in wording.placeholders.items():
        assert html.unescape(looked).count(example.split("\n")[0]) > 1, name


def test_an_unknown_kind_is_not_there(ada: FlaskClient) -> None:
    assert ada.get("/admin/wording/nothing").status_code == 404
    assert ada.post("/admin/wording/nothing", data={"text": "x"}).status_code == 404
    assert ada.post("/admin/wording/nothing/reset").status_code == 404


@pytest.mark.parametrize("who", ["rita", "gus", "mo", "lena", "tara", "sam", "cora", "eve"])
def test_others_find_no_such_pages(client: FlaskClient, cast: Cast, database: SQLAlchemy, who: str) -> None:
    browser = sign_in(client, cast.everybody[who])
    assert browser.get("/admin/wording").status_code == browser.get(PATH).status_code == 404
    assert browser.post(PATH, data={"subject": "x", "text": TEXT, "version": "0"}).status_code == 404
    assert browser.post(f"{PATH}/reset", data={"version": "0"}).status_code == 404
    assert database.session.scalar(sa.select(sa.func.count()).select_from(WordingChange)) == 0


def test_looking_first_stores_nothing(ada: FlaskClient, database: SQLAlchemy) -> None:
    page = write(ada, TEXT.replace("Dear you", "Dear friend"), look="1")
    assert page.count("Dear friend,") == 3, "in the form and in both previews"
    assert '<span class="button">See the list</span>' in page
    assert "See the list:\nhttps://hereabouts.example.org/shortlist/shared?s=abc" in page
    assert "1. Warm Welcome Mornings<br>" in page
    assert wording_of("shortlist").version == 0


def test_what_is_stored_is_what_messages_say(ada: FlaskClient, database: SQLAlchemy, cast: Cast) -> None:
    assert write(ada, TEXT) == "303"
    assert "Messages from now on say this" in read(ada)
    assert "Version 1, the present one" in read(ada)
    assert cast.ada.name in read(ada)
    assert "Changed here." in read(ada, "/admin/wording")
    values = {"list": "Soup", "list_link": "https://a.example.org/", "stop_link": "https://a.example.org/"}
    with transaction() as session:
        to = Recipient(Channel.EMAIL, "rita@example.org")
        queue(session, wording="shortlist", to=to, values=values, actor="test")
    row = database.session.scalars(sa.select(OutboxMessage)).one()
    assert (row.subject, (row.body or [])[0]) == ("A list", {"lines": ["Dear you,"]})
    [entry] = database.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == "wording:change"))
    assert "Dear you" not in str(entry.after)


def test_markup_in_a_wording_stays_text(ada: FlaskClient) -> None:
    hostile = TEXT.replace("Dear you", "<script>alert(1)</script><img src=x onerror=alert(1)>")
    answer = ada.post(PATH, data={"subject": "<script>", "text": hostile, "version": "0", "look": "1"})
    page = answer.get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3, "in the form and in both previews"


@pytest.mark.parametrize(
    ("subject", "text", "field", "words"),
    [
        ("", TEXT, "subject", "Enter the subject"),
        ("A list", "", "text", "Enter the text"),
        ("A list", TEXT.replace("{stop_link}", ""), "text", "{stop_link} has to stand in it"),
        ("A list", TEXT + "\n\n{password}", "text", "{password} is not known here"),
        ("A list", TEXT + "\n\n{", "text", "Braces { } may stand only around the name"),
        ("A list", TEXT + "{{ config }}", "text", "{ config } is not known here"),
        ("A list {list}", TEXT, "subject", "The subject has to be one line"),
        ("x" * 151, TEXT, "subject", "Use 150 letters or fewer"),
        ("A list", TEXT + "x" * 10_000, "text", "Use 10,000 letters or fewer"),
    ],
)
@pytest.mark.parametrize("look", [{}, {"look": "1"}], ids=["save", "look"])
def test_what_has_to_be_put_right_is_said_and_kept(
    ada: FlaskClient, subject: str, text: str, field: str, words: str, look: dict[str, str]
) -> None:
    page = write(ada, text, 0, subject, **look)
    assert words in page
    assert f'href="#{field}"' in page
    assert "<title>Error: " in page
    assert kept_text(page) == text.strip()
    assert wording_of("shortlist").version == 0


def test_two_editors_at_once_lose_nothing(ada: FlaskClient) -> None:
    assert write(ada, TEXT.replace("Dear you", "The first")) == "303"
    page = write(ada, TEXT.replace("Dear you", "The second"))
    assert "Somebody else changed this while you were typing" in page
    assert "The first" in page
    assert "The second" in kept_text(page)
    assert 'name="version" type="hidden" value="1"' in page
    assert "The first" in wording_of("shortlist").text
    assert write(ada, TEXT.replace("Dear you", "The second"), 1) == "303"
    later = read(ada)
    assert "The second" in kept_text(later)
    assert "The first" in later, "every version is kept"


@pytest.mark.parametrize("version", ["", "x", "-1", "99", "1e3", "٣", "9" * 30])
def test_a_version_that_was_tampered_with_stores_nothing(ada: FlaskClient, version: str) -> None:
    answer = ada.post(PATH, data={"subject": "x", "text": TEXT, "version": version})
    assert "Somebody else changed this" in answer.get_data(as_text=True)
    assert wording_of("shortlist").version == 0


def test_back_to_what_ships(ada: FlaskClient) -> None:
    assert "Go back to the text that ships" not in read(ada)
    write(ada)
    stale = ada.post(f"{PATH}/reset", data={"version": "0"}, follow_redirects=True).get_data(as_text=True)
    assert "Somebody else changed the wording meanwhile" in stale
    assert "Dear you" in wording_of("shortlist").text
    done = ada.post(f"{PATH}/reset", data={"version": "1"}, follow_redirects=True).get_data(as_text=True)
    assert "The text that ships is back" in done
    assert "Dear you" in done, "the text before is kept"
    assert wording_of("shortlist").text == shipped()["shortlist"].text


def test_a_long_word_and_odd_signs_come_back_as_typed(ada: FlaskClient) -> None:
    text = TEXT + "\n\n" + "w" * 2_000 + " “quotes” & <angles> \N{PILE OF POO}"
    assert write(ada, text) == "303"
    assert kept_text(read(ada)) == text
