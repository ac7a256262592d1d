"""Administrators change what the site is called, whom people ring, its colour, and the crisis numbers."""

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal.audit.models import AuditEntry
from portal.core.database import db
from portal.core.settings import CrisisLine
from portal.core.site import site
from tests.factories.accounts import Cast
from tests.signing_in import sign_in

FACTS = {
    "name": "Nearby",
    "place_name": "Deptford",
    "phone": "020 7946 0999",
    "phone_hours": "every day",
    "main_colour": "#005ea5",
}
SHOUT = {"name": "Shout", "number": "85258", "about": "Text if you cannot talk."}


@pytest.fixture
def ada(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The browser of the administrator."""
    return sign_in(client, cast.ada)


def text(client: FlaskClient, path: str) -> str:
    response = client.get(path, follow_redirects=True)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def audited(act: str) -> list[str]:
    rows = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.number))
    return [f"{row.actor} {row.before} {row.after}" for row in rows]


def test_a_change_stands_on_every_page_and_in_the_audit(ada: FlaskClient, cast: Cast) -> None:
    assert 'value="Hereabouts"' in text(ada, "/admin/site")
    response = ada.post("/admin/site", data={**FACTS, "version": "0"})
    assert response.status_code == 303
    page = text(ada, "/help-now")
    for words in ("Nearby</title>", "Deptford", "tel:02079460999", "every day", "--damson-7: #005ea5"):
        assert words in page
    [row] = audited("site:change")
    assert row.startswith(cast.ada.actor) and "Nearby" in row
    page = text(ada, "/admin/site")
    assert "The site is changed" not in text(ada, "/admin/site")
    assert "Last changed" in page and cast.ada.name in page


def test_a_form_that_fails_shows_what_was_typed(ada: FlaskClient) -> None:
    response = ada.post("/admin/site", data={**FACTS, "main_colour": "#ffd700", "version": "0"})
    page = response.get_data(as_text=True)
    assert "have a contrast of 1.4" in page and 'value="#ffd700"' in page and 'value="Nearby"' in page
    page = ada.post("/admin/site", data={**FACTS, "name": "", "version": "0"}).get_data(as_text=True)
    assert "Enter the name of the site" in page and 'value="every day"' in page
    assert site().name == "Hereabouts" and audited("site:change") == []


def test_two_editors_at_once_see_both_and_lose_nothing(ada: FlaskClient) -> None:
    ada.post("/admin/site", data={**FACTS, "version": "0"})
    page = ada.post("/admin/site", data={**FACTS, "name": "Round Here", "version": "0"}).get_data(as_text=True)
    assert "Somebody else changed this" in page and "<b>Round Here</b>" in page and "Nearby" in page
    assert site().name == "Nearby"
    assert 'name="version" type="hidden" value="1"' in page and 'value="Round Here"' in page
    ada.post("/admin/site", data={**FACTS, "name": "Round Here", "version": "1"})
    assert site().name == "Round Here"


@pytest.mark.parametrize("version", ["", "x", "-1", "1e3", "99999999999999", "٣"])
def test_a_tampered_version_stores_nothing(ada: FlaskClient, version: str) -> None:
    assert ada.post("/admin/site", data={**FACTS, "version": version}).status_code == 200
    assert site().name == "Hereabouts"


def test_crisis_numbers_are_added_changed_moved_and_taken_away(ada: FlaskClient) -> None:
    assert ada.post("/admin/crisis-numbers/new", data={**SHOUT, "version": "0"}).status_code == 303
    assert "Shout" in text(ada, "/help-now")
    assert ada.post("/admin/crisis-numbers/85258/up", data={"version": "1"}).status_code == 303
    assert [line.name for line in site().crisis_lines][-2:] == ["Shout", "Childline"]
    changed = {**SHOUT, "about": "Text SHOUT.", "version": "2"}
    assert ada.post("/admin/crisis-numbers/85258", data=changed).status_code == 303
    assert "Text SHOUT." in text(ada, "/help-now")
    ada.post("/admin/crisis-numbers/08001111/remove", data={"version": "3"})
    assert "Childline" not in text(ada, "/help-now")
    assert len(audited("crisis-numbers:change")) == 4


def test_the_emergency_number_stays(ada: FlaskClient) -> None:
    page = text(ada, "/admin/crisis-numbers")
    assert "/admin/crisis-numbers/999/remove" not in page and "/admin/crisis-numbers/111/up" not in page
    response = ada.post("/admin/crisis-numbers/999/remove", data={"version": "0"}, follow_redirects=True)
    assert "cannot be taken away" in response.get_data(as_text=True)
    response = ada.post("/admin/crisis-numbers/999", data={**SHOUT, "version": "0"})
    assert "999 and cannot be changed" in response.get_data(as_text=True)
    other = {"name": "999 now", "number": "999", "about": "Ring.", "version": "0"}
    assert ada.post("/admin/crisis-numbers/999", data=other).status_code == 303
    assert site().crisis_lines[0] == CrisisLine(name="999 now", number="999", about="Ring.")


def test_a_stale_list_is_shown_and_nothing_is_lost(ada: FlaskClient) -> None:
    ada.post("/admin/crisis-numbers/111/remove", data={"version": "0"})
    page = ada.post("/admin/crisis-numbers/new", data={**SHOUT, "version": "0"}).get_data(as_text=True)
    assert "Somebody else changed this" in page and 'value="85258"' in page
    assert "Shout" not in text(ada, "/help-now")
    response = ada.post("/admin/crisis-numbers/116123/remove", data={"version": "0"}, follow_redirects=True)
    assert "Somebody else changed the list" in response.get_data(as_text=True)
    typed = {**SHOUT, "version": "1"}
    page = ada.post("/admin/crisis-numbers/111", data=typed).get_data(as_text=True)
    assert "Somebody took this number away" in page and 'value="Shout"' in page
    assert ada.post("/admin/crisis-numbers/111/up", data={"version": "1"}).status_code == 404
    assert ada.get("/admin/crisis-numbers/111").status_code == 404


def test_a_bad_number_is_shown_again(ada: FlaskClient) -> None:
    for number, words in (("", "Enter the number"), ("ring", "like 020 7946"), ("116 123", "in the list already")):
        page = ada.post("/admin/crisis-numbers/new", data={**SHOUT, "number": number, "version": "0"})
        assert words in page.get_data(as_text=True) and "Text if you cannot talk." in page.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/admin/site", "/admin/crisis-numbers", "/admin/crisis-numbers/new"])
def test_only_administrators_come_in(client: FlaskClient, cast: Cast, path: str) -> None:
    assert client.get(path).status_code in {302, 303}
    assert sign_in(client, cast.tara).get(path).status_code == 404
    assert sign_in(client, cast.ada).get(path).status_code == 200
