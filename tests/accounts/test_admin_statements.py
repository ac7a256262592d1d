"""Administrators write the statements about privacy and cookies, look at them first, and can go back."""

import pytest
from flask.testing import FlaskClient

from portal.core.site import Subject, list_versions, site
from tests.accounts.test_admin_site import audited, text
from tests.factories.accounts import Cast
from tests.signing_in import sign_in


@pytest.fixture
def ada(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The browser of the administrator."""
    return sign_in(client, cast.ada)


def write(ada: FlaskClient, words: str, version: int, **more: str) -> str:
    response = ada.post("/admin/statements/privacy", data={"text": words, "version": str(version), **more})
    return response.get_data(as_text=True) if response.status_code == 200 else str(response.status_code)


def test_looking_first_stores_nothing(ada: FlaskClient) -> None:
    page = write(ada, "# We keep little\n- one\n- two", 0, look="1")
    assert "<h3>We keep little</h3>" in page and "<li>two</li>" in page and "# We keep little" in page
    assert list_versions(Subject.PRIVACY) == []


def test_writing_and_going_back(ada: FlaskClient, cast: Cast) -> None:
    assert write(ada, "# We keep little", 0) == "303"
    assert "<h2>We keep little</h2>" in text(ada, "/privacy")
    assert write(ada, "# We keep less", 1) == "303"
    page = text(ada, "/admin/statements/privacy")
    assert "Version 2, the present one" in page and "Version 1" in page and cast.ada.name in page
    assert "<h2>We keep little</h2>" in text(ada, "/admin/statements/privacy/versions/1")
    response = ada.post("/admin/statements/privacy/versions/1/restore", data={"version": "2"}, follow_redirects=True)
    assert "The earlier text is back" in response.get_data(as_text=True)
    assert site().privacy == "# We keep little"
    assert "When you look for something" in text(ada, "/admin/statements/privacy/versions/0")
    ada.post("/admin/statements/privacy/versions/0/restore", data={"version": "3"})
    assert "<h2>When you look for something</h2>" in text(ada, "/privacy")
    rows = audited("privacy:change")
    assert len(rows) == 4 and all("We keep" not in row for row in rows)


def test_two_editors_at_once(ada: FlaskClient) -> None:
    write(ada, "# First", 0)
    page = write(ada, "# Second", 0)
    assert "Somebody else changed this" in page and "# First" in page and "# Second" in page
    assert site().privacy == "# First"
    assert write(ada, "# Second", 1) == "303"
    response = ada.post("/admin/statements/privacy/versions/1/restore", data={"version": "1"}, follow_redirects=True)
    assert "Somebody else changed the statement" in response.get_data(as_text=True)
    assert site().privacy == "# Second"


def test_what_cannot_be(ada: FlaskClient) -> None:
    assert "An empty one would promise nothing" in write(ada, " ", 0)
    page = write(ada, "x" * 20_001, 0)
    assert "Use 20,000 letters or fewer" in page and "x" * 20_001 in page
    for path in ("privacy/versions/7", "privacy/versions/99999999999", "other"):
        assert ada.get(f"/admin/statements/{path}").status_code == 404
    assert ada.post("/admin/statements/privacy/versions/7/restore", data={"version": "0"}).status_code == 404


def test_only_administrators_come_in(client: FlaskClient, cast: Cast) -> None:
    for path in ("/admin/statements", "/admin/statements/privacy", "/admin/statements/cookies/versions/0"):
        assert sign_in(client, cast.lena).get(path).status_code == 404
        assert sign_in(client, cast.ada).get(path).status_code == 200
