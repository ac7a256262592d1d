"""Signing in and out: who gets in, what the page tells, what the audit learns, and what a failed audit leaves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from passlib.hash import argon2

from portal.accounts.models import BrowserSession, User
from portal.audit.errors import AuditUnavailableError
from portal.audit.models import AuditEntry
from portal.core.database import db, transaction
from tests.accounts.signing import PASSWORD, acts, same
from tests.factories.accounts import Cast, make_user
from tests.signing_in import sign_in


@pytest.fixture
def rita(database: SQLAlchemy) -> User:
    """A resident with a password and a confirmed address."""
    with transaction():
        return make_user("Rita Rowe", email="rita@example.org", password=PASSWORD)


def try_to_sign_in(client: FlaskClient, email: str = "rita@example.org", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch, app: Flask) -> list[str]:
    """Counts the costly hashes, made and compared."""
    context = app.extensions["security"].pwd_context
    counted: list[str] = []
    for name in ("hash", "verify"):
        real: Callable[..., Any] = getattr(context, name)

        def count(*args: Any, _real: Callable[..., Any] = real, _name: str = name, **rest: Any) -> Any:
            counted.append(_name)
            return _real(*args, **rest)

        monkeypatch.setattr(context, name, count)
    return counted


def test_signs_in_with_address_and_password(client: FlaskClient, rita: User) -> None:
    answer = try_to_sign_in(client)
    assert (answer.status_code, answer.location) == (302, "/account")
    assert is_signed_in(client)
    assert "sign-in:accept" in acts(rita)


@pytest.mark.parametrize("email", ["RITA@example.org", " rita@EXAMPLE.org "])
def test_an_address_is_found_however_it_is_written(client: FlaskClient, rita: User, email: str) -> None:
    assert try_to_sign_in(client, email).status_code == 302


def test_goes_on_to_the_page_that_was_wanted(client: FlaskClient, rita: User) -> None:
    page = client.get("/sign-in?next=/account/sessions")
    assert 'name="next" value="/account/sessions"' in page.text
    assert try_to_sign_in(client, next="/account/sessions").location == "/account/sessions"


@pytest.mark.parametrize(
    "away",
    [
        "https://evil.example.org/",
        "//evil.example.org",
        "///evil.example.org",
        "/\\evil.example.org",
        "\\\\evil.example.org",
        "https:evil.example.org",
        "http:///evil.example.org",
        "javascript:alert(1)",
        "/\t/evil.example.org",
        "\x01//evil.example.org",
        " //evil.example.org",
    ],
)
def test_nobody_is_sent_to_another_site(client: FlaskClient, rita: User, away: str) -> None:
    page = client.get("/sign-in", query_string={"next": away})
    assert "evil" not in page.text and "javascript:" not in page.text
    answer = client.post(
        "/sign-in", query_string={"next": away}, data={"email": "rita@example.org", "password": PASSWORD, "next": away}
    )
    assert "evil" not in (answer.location or "").replace("%5C", "\\") or (answer.location or "").startswith("/%")
    assert not (answer.location or "").startswith(("//", "http", "javascript", "\\"))


def test_what_is_wrong_is_told_to_nobody(client: FlaskClient, rita: User, hashes: list[str]) -> None:
    known = try_to_sign_in(client, password="another password")
    assert hashes == ["verify"]
    hashes.clear()
    unknown = try_to_sign_in(client, email="nobody@example.org", password="another password")
    assert hashes == ["hash"]
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert same(known.text, "rita@example.org") == same(unknown.text, "nobody@example.org")
    assert "is not right" in known.text
    assert not is_signed_in(client)


def test_refusals_are_noted_without_what_was_typed(client: FlaskClient, rita: User) -> None:
    try_to_sign_in(client, password="a wrong password")
    try_to_sign_in(client, email="stranger@example.org", password="s3cret of a stranger")
    entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == "sign-in:refused")).all()
    assert [entry.about_id for entry in entries] == [rita.id, None]
    told = json.dumps([[str(value) for value in vars(entry).values()] for entry in entries])
    assert "stranger" not in told and "wrong password" not in told and "s3cret" not in told


def test_what_is_missing_is_said_and_what_was_typed_stays(client: FlaskClient, rita: User) -> None:
    page = try_to_sign_in(client, password="").text
    assert "Enter your password" in page
    assert 'value="rita@example.org"' in page


def test_an_address_that_nobody_confirmed_does_not_get_in(client: FlaskClient, database: SQLAlchemy) -> None:
    with transaction():
        make_user(email="rita@example.org", password=PASSWORD, confirmed_at=None)
    assert "not yet told us that this address is yours" in try_to_sign_in(client).text
    assert "not yet told us" not in try_to_sign_in(client, password="a wrong password").text
    assert not is_signed_in(client)


def test_an_account_that_is_switched_off_does_not_get_in(client: FlaskClient, database: SQLAlchemy) -> None:
    with transaction():
        make_user(email="rita@example.org", password=PASSWORD, active=False)
    assert "switched off" in try_to_sign_in(client).text
    assert not is_signed_in(client)


def test_signing_out_ends_the_session_on_the_server(client: FlaskClient, rita: User) -> None:
    try_to_sign_in(client)
    cookie = client.get_cookie("session")
    assert cookie is not None
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.location) == (302, "/sign-out/done")
    assert "You are signed out" in client.get("/sign-out/done").text
    client.set_cookie("session", cookie.value)
    assert not is_signed_in(client)


def test_signing_out_needs_the_token(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out", token=False).status_code == 400
    assert is_signed_in(client)


def test_the_session_changes_its_id_at_sign_in(client: FlaskClient, rita: User) -> None:
    client.set_cookie("session", "planted-by-somebody-else")
    try_to_sign_in(client)
    cookie = client.get_cookie("session")
    assert cookie is not None and cookie.value != "planted-by-somebody-else"
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BrowserSession)) == 1


def test_nothing_is_remembered_beyond_the_session(client: FlaskClient, rita: User) -> None:
    answer = try_to_sign_in(client, remember="y")
    assert "remember_token" not in ", ".join(answer.headers.getlist("Set-Cookie"))


def test_no_token_in_a_header_or_an_address_signs_in(app: Flask, client: FlaskClient, rita: User) -> None:
    with app.test_request_context():
        token = str(db.session.get_one(User, rita.id).get_auth_token())
    assert client.get(f"/account?auth_token={token}").status_code == 303
    assert client.get("/account", headers={"Authentication-Token": token}).status_code == 303
    assert client.get("/account", auth=("rita@example.org", PASSWORD)).status_code == 303


def test_no_page_takes_or_gives_json(client: FlaskClient, rita: User) -> None:
    asked = client.post("/sign-in?include_auth_token", json={"email": "rita@example.org", "password": PASSWORD})
    assert asked.status_code == 415
    answer = client.get("/sign-in", headers={"Accept": "application/json"})
    assert answer.mimetype == "text/html"
    sign_in(client, rita)
    assert client.get("/account/passkeys", headers={"Accept": "application/json"}).mimetype == "text/html"


def test_when_the_audit_cannot_be_written_nobody_is_signed_in(
    client: FlaskClient, rita: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise AuditUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr("portal.audit.operations.hash_of", broken)
        answer = try_to_sign_in(client)
        assert answer.status_code == 503
        assert "Sign out" not in answer.text
    assert not is_signed_in(client)
    assert "sign-in:accept" not in acts(rita)
    assert try_to_sign_in(client).status_code == 302


def test_eleventh_guess_is_not_looked_at(client: FlaskClient, rita: User, hashes: list[str]) -> None:
    for number in range(10):
        assert try_to_sign_in(client, password=f"wrong number {number}").status_code == 200
    hashes.clear()
    answer = try_to_sign_in(client)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert hashes == []


@pytest.mark.usefixtures("real_hashes")
def test_an_older_hash_is_renewed_at_sign_in(client: FlaskClient, database: SQLAlchemy) -> None:
    old = argon2.using(type="ID", memory_cost=8_192, time_cost=1, parallelism=1).hash(PASSWORD)
    with transaction() as session:
        user = make_user(email="rita@example.org")
        user.password = old
        session.flush()
    try_to_sign_in(client)
    db.session.expire_all()
    renewed = db.session.get_one(User, user.id).password or ""
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_pages_for_strangers_send_those_on_who_are_signed_in(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.rita)
    for path in ("/sign-in", "/account/register", "/sign-in/code", "/sign-in/recovery-code", "/sign-in/passkey"):
        assert client.get(path).status_code == 302, path
    assert is_signed_in(client)


def test_pages_of_accounts_are_kept_nowhere(client: FlaskClient, rita: User) -> None:
    for path in ("/sign-in", "/account/register", "/account/forgotten", "/sign-in/passkey", "/sign-out/done"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path
