"""The gate: who is let through, who is sent where, and that nothing typed is lost on the way."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import flask
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from time_machine import Traveller
from werkzeug.test import TestResponse

from portal.accounts.models import BrowserSession, KeptForm, User
from portal.accounts.operations import sessions as operations
from portal.accounts.roles import Role
from portal.audit.models import AuditEntry
from portal.core.access import Permission, needs
from portal.core.database import db, transaction
from portal.core.settings import Settings
from tests.factories import make_organisation
from tests.factories.accounts import make_member, make_team, make_user
from tests.signing_in import sign_in

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
LONG = "I am worried about the rent. " * 40


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A real site, in which no second factor is waived."""
    return dataclasses.replace(
        settings,
        demo=False,
        site_url="http://localhost",
        secret_key="for-tests-only-and-for-nothing-else",
        encryption_keys=(KEY,),
        fingerprint_key="for-tests-only-and-for-nothing-else-as-well",
        mail_url="folder:/nowhere",
        mail_from="post@example.org",
    )


@pytest.fixture
def pages(app: Flask) -> Flask:
    """A site with pages behind the gate, one of each kind."""

    def answer() -> flask.Response:
        return flask.jsonify({name: flask.request.form.getlist(name) for name in flask.request.form})

    for path, guard in (
        ("/an-own", needs(Permission.ACCOUNT_KEEP)),
        ("/an-own-fresh", needs(Permission.ACCOUNT_KEEP, fresh=True)),
        ("/a-team", needs(Permission.TEAM_READ)),
        ("/a-site", needs(Permission.SITE_CHANGE)),
        ("/a-site-fresh", needs(Permission.SITE_CHANGE, fresh=True)),
    ):
        app.add_url_rule(path, path, guard(answer), methods=["GET", "POST"])
    return app


@pytest.fixture
def browser(pages: Flask) -> FlaskClient:
    return pages.test_client()


@pytest.fixture
def ada(database: SQLAlchemy) -> User:
    with transaction():
        return make_member(Role.ADMINISTRATOR, name="Ada Akande", email="ada@example.org")


@pytest.fixture
def rita(database: SQLAlchemy) -> User:
    with transaction():
        return make_user("Rita Rowe", "rita@example.org")


@pytest.fixture
def lena(database: SQLAlchemy) -> User:
    with transaction():
        return make_member(Role.LINK_WORKER, make_team("Central"), name="Lena Lowe")


def led_to(response: TestResponse) -> tuple[str, dict[str, str]]:
    """Return the path that an answer leads to, and what stands in its question."""
    assert response.status_code == 303, response.status_code
    parts = urlsplit(response.location)
    assert not parts.netloc
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


# Who is sent where


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(browser: FlaskClient) -> None:
    assert led_to(browser.get("/a-team?page=2")) == ("/sign-in", {"next": "/a-team?page=2"})
    assert led_to(browser.get("/a-site")) == ("/sign-in", {"next": "/a-site"})


def test_a_form_of_a_stranger_leads_back_to_its_page(browser: FlaskClient, database: SQLAlchemy) -> None:
    sent = {"data": {"a": "b"}, "headers": {"Referer": "http://localhost/an-own?x=1"}}
    assert led_to(browser.post("/an-own", **sent)) == ("/sign-in", {"next": "/an-own"})
    assert led_to(browser.post("/an-own", data={"a": "b"})) == ("/sign-in", {"next": "/account"})
    assert database.session.scalar(sa.select(sa.func.count()).select_from(KeptForm)) == 0


@pytest.mark.parametrize("path", ["//evil.example.org", "/\\evil.example.org", "/%0d%0aX: y", "/an-own?next=//evil"])
def test_next_is_a_path_of_this_site(path: str, browser: FlaskClient) -> None:
    response = browser.get(path)
    if response.status_code == 303:
        assert led_to(response)[1]["next"].startswith(("/an-own", "/account"))


def test_without_the_permission_there_is_no_page(browser: FlaskClient, lena: User, rita: User) -> None:
    sign_in(browser, lena)
    assert browser.get("/a-team").status_code == 200
    assert browser.get("/a-site").status_code == 404
    assert browser.post("/a-site").status_code == 404
    refused = [entry for entry in db.session.scalars(sa.select(AuditEntry)) if entry.act == "access:refused"]
    assert [(entry.actor, entry.after) for entry in refused] == [(lena.actor, '{"permission": "site:change"}')] * 2
    sign_in(browser, rita)
    assert browser.get("/a-team").status_code == 404
    assert browser.get("/an-own").status_code == 200


def test_staff_without_a_second_factor_keep_their_account_and_no_more(browser: FlaskClient, ada: User) -> None:
    sign_in(browser, ada, second_factor=False)
    assert browser.get("/an-own").status_code == 200
    for path in ("/a-team", "/a-site", "/a-site-fresh"):
        assert led_to(browser.get(path)) == ("/account/second-step", {"next": path})
    assert led_to(browser.post("/a-site", data={"name": "new"}))[0] == "/account/second-step"
    sign_in(browser, ada)
    for path in ("/a-team", "/a-site", "/a-site-fresh"):
        assert browser.get(path).status_code == 200


def test_a_second_factor_that_this_session_has_not_seen_means_signing_in(browser: FlaskClient, ada: User) -> None:
    with transaction() as session:
        user = session.get_one(User, ada.id)
        user.tf_totp_secret, user.tf_primary_method = "secret", "authenticator"
    sign_in(browser, ada, second_factor=False)
    assert led_to(browser.get("/a-site")) == ("/sign-in", {"next": "/a-site", "why": "second"})
    assert browser.get("/an-own").status_code == 303


def test_personal_details_ask_again_who_is_not_staff(
    browser: FlaskClient, database: SQLAlchemy, clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.accounts import roles

    monkeypatch.setitem(roles.GRANTS, Role.REFERRER, frozenset({Permission.TEAM_READ, Permission.SITE_CHANGE}))
    with transaction():
        gita = make_member(Role.REFERRER, organisation=make_organisation("A surgery"), name="Gita Gill")
    sign_in(browser, gita, second_factor=False)
    assert browser.get("/a-team").status_code == 200
    clock.shift(dt.timedelta(minutes=16))
    assert led_to(browser.get("/a-team")) == ("/account/verify", {"next": "/a-team", "why": "personal"})
    assert browser.get("/a-site").status_code == 200
    sign_in(browser, gita, second_factor=True, fresh=False)
    assert browser.get("/a-team").status_code == 200


def test_what_matters_asks_for_the_password_again(browser: FlaskClient, ada: User, clock: Traveller) -> None:
    sign_in(browser, ada)
    assert browser.get("/a-site-fresh").status_code == 200
    clock.shift(dt.timedelta(minutes=5, seconds=5))
    assert led_to(browser.get("/a-site-fresh")) == ("/account/verify", {"next": "/a-site-fresh", "why": "fresh"})
    assert browser.get("/a-site").status_code == 200
    sign_in(browser, ada, fresh=False)
    assert led_to(browser.get("/an-own-fresh"))[0] == "/account/verify"


def test_freshness_from_the_future_does_not_count(browser: FlaskClient, ada: User, clock: Traveller) -> None:
    sign_in(browser, ada)
    clock.shift(dt.timedelta(minutes=-1))
    assert led_to(browser.get("/a-site-fresh"))[0] == "/account/verify"


# A demonstration


@pytest.fixture
def demonstration(settings: Settings) -> Iterator[Flask]:
    from portal import create_app
    from portal.core.database import db

    demo = dataclasses.replace(settings, demo=True)
    app = create_app(demo)
    yield app
    app.extensions["search"].close()
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    ("bind", "address", "headers", "is_waived"),
    [
        ("127.0.0.1:8000", "127.0.0.1", {}, True),
        ("[::1]:8000", "::1", {}, True),
        ("localhost:8000", "127.0.0.1", {}, True),
        ("0.0.0.0:8000", "127.0.0.1", {}, False),
        ("127.0.0.1:8000", "192.0.2.7", {}, False),
        ("127.0.0.1:8000", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1:8000", "127.0.0.1", {"Forwarded": "for=192.0.2.7"}, False),
    ],
)
def test_a_demonstration_waives_the_second_factor_on_this_machine_only(
    bind: str, address: str, headers: dict[str, str], is_waived: bool, demonstration: Flask, ada: User
) -> None:
    chosen = demonstration.extensions["settings"]
    demonstration.extensions["settings"] = dataclasses.replace(chosen, bind=bind)
    client = sign_in(demonstration.test_client(), ada, second_factor=False)
    response = client.get("/admin", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert (response.status_code == 200) is is_waived
    if not is_waived:
        assert led_to(response)[0] == "/account/second-step"


def test_a_real_site_waives_nothing(app: Flask, ada: User) -> None:
    client = sign_in(app.test_client(), ada, second_factor=False)
    assert led_to(client.get("/admin"))[0] == "/account/second-step"


# Nothing is stored


def test_pages_of_accounts_are_stored_nowhere(browser: FlaskClient, ada: User) -> None:
    for path in ("/sign-in", "/account", "/account/forgotten", "/admin", "/admin/nothing"):
        assert browser.get(path).headers["Cache-Control"] == "no-store", path
    assert browser.get("/").headers["Cache-Control"] == "private, no-cache"
    sign_in(browser, ada)
    for path in ("/", "/services", "/account", "/an-own", "/nothing"):
        assert browser.get(path).headers["Cache-Control"] == "no-store", path


# Nothing typed is lost


def kept_form(response: TestResponse) -> str:
    """Return the path of the page that keeps what was sent."""
    _path, values = led_to(response)
    assert values["kept"] == "1"
    assert urlsplit(values["next"]).path.startswith("/account/kept/")
    return values["next"]


def test_a_form_sent_after_the_session_ended_can_be_sent_again(
    browser: FlaskClient, lena: User, clock: Traveller
) -> None:
    sign_in(browser, lena)
    page = browser.get("/account/sessions").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    clock.shift(dt.timedelta(minutes=20))
    sent = {"notes": LONG, "need": ["food", "rent"], "password": "never kept", "csrf_token": token}
    response = browser.post("/a-team?tab=2", data=sent, token=False)
    assert led_to(response)[0] == "/sign-in"
    assert led_to(response)[1]["why"] == "idle"
    path = kept_form(response)
    assert "kept for 30 minutes" in browser.get(response.location).get_data(as_text=True)
    sign_in(browser, lena)
    page = browser.get(path).get_data(as_text=True)
    assert LONG in page
    assert 'action="/a-team?tab=2"' in page
    assert page.count('name="need"') == 2
    assert "never kept" not in page
    assert browser.post("/a-team?tab=2", data={"notes": LONG}).json == {"notes": [LONG]}


def test_what_was_sent_before_showing_the_password_can_be_sent_again(browser: FlaskClient, ada: User) -> None:
    sign_in(browser, ada, fresh=False)
    response = browser.post("/a-site-fresh", data={"name": "New name"})
    assert led_to(response)[0] == "/account/verify"
    assert led_to(response)[1]["why"] == "fresh"
    assert "New name" in browser.get(kept_form(response)).get_data(as_text=True)


def test_a_form_with_the_token_of_an_earlier_sign_in_can_be_sent_again(
    browser: FlaskClient, ada: User, database: SQLAlchemy
) -> None:
    sign_in(browser, ada)
    old = browser.get("/account").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    sign_in(browser, ada)
    sent = {"name": "New name", "csrf_token": old}
    response = browser.post("/a-site", data=sent, token=False, headers={"Sec-Fetch-Site": "same-origin"})
    path, _ = led_to(response)
    assert path.startswith("/account/kept/")
    assert "New name" in browser.get(path).get_data(as_text=True)
    # What does not say that it comes from here is refused and not kept.
    assert browser.post("/a-site", data=sent, token=False).status_code == 400
    assert browser.post("/a-site", data=sent, token=False, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert database.session.scalar(sa.select(sa.func.count()).select_from(KeptForm)) == 1


def test_only_its_writer_sees_a_kept_form(browser: FlaskClient, ada: User, lena: User) -> None:
    sign_in(browser, ada, fresh=False)
    path = kept_form(browser.post("/a-site-fresh", data={"name": "New name"}))
    assert browser.get(path).status_code == 200
    colleague = sign_in(browser.application.test_client(), lena)
    assert colleague.get(path).status_code == 404
    assert colleague.get(f"/account/kept/{uuid.uuid4()}").status_code == 404
    colleague.post(path)
    assert browser.get(path).status_code == 200
    assert led_to(browser.application.test_client().get(path))[0] == "/sign-in"


def test_a_kept_form_is_thrown_away_when_asked_and_after_half_an_hour(
    browser: FlaskClient, ada: User, clock: Traveller, database: SQLAlchemy
) -> None:
    sign_in(browser, ada, fresh=False)
    first = kept_form(browser.post("/a-site-fresh", data={"name": "One"}))
    second = kept_form(browser.post("/a-site-fresh", data={"name": "Two"}))
    assert browser.post(first).status_code == 303
    assert browser.get(first).status_code == 404
    assert browser.get(second).status_code == 200
    for _ in range(4):
        clock.shift(dt.timedelta(minutes=8))
        browser.get("/an-own")
    assert browser.get(second).status_code == 404
    assert operations.purge_sessions(actor="test") == 1


def test_only_a_few_forms_are_kept(browser: FlaskClient, ada: User, database: SQLAlchemy, clock: Traveller) -> None:
    sign_in(browser, ada, fresh=False)
    paths = []
    for number in range(8):
        clock.shift(dt.timedelta(seconds=1))
        paths.append(kept_form(browser.post("/a-site-fresh", data={"name": str(number)})))
    assert [browser.get(path).status_code for path in paths] == [404] * 3 + [200] * 5


def test_what_was_typed_lies_sealed(browser: FlaskClient, ada: User, database: SQLAlchemy) -> None:
    sign_in(browser, ada, fresh=False)
    browser.post("/a-site-fresh", data={"notes": "a confession"})
    fields, path = database.session.execute(sa.text("SELECT fields, path FROM kept_form")).one()
    database.session.rollback()
    assert b"confession" not in bytes(fields)
    assert b"site-fresh" not in bytes(path)


def test_what_was_typed_is_never_markup(browser: FlaskClient, ada: User) -> None:
    sign_in(browser, ada, fresh=False)
    hostile = {'"><script>alert(1)</script>': '"><script>alert(2)</script>{{ 7*191 }}'}
    page = browser.get(kept_form(browser.post("/a-site-fresh", data=hostile))).get_data(as_text=True)
    assert "<script>alert" not in page
    assert "1337" not in page


@pytest.mark.parametrize("sent", [{"notes": "x" * 100_001}, {}, {"password": "only that"}])
def test_what_is_not_kept_leads_back_all_the_same(sent: dict[str, str], browser: FlaskClient, ada: User) -> None:
    sign_in(browser, ada, fresh=False)
    path, values = led_to(browser.post("/a-site-fresh", data=sent, headers={"Referer": "http://localhost/a-site"}))
    assert (path, values) == ("/account/verify", {"next": "/a-site", "why": "fresh"})


# What somebody else writes into an address


def test_nobody_puts_words_on_the_sign_in_page(client: FlaskClient) -> None:
    page = client.get("/sign-in?why=Ring+0909+now&kept=1").get_data(as_text=True)
    assert "0909" not in page
    assert "kept for 30 minutes" not in page


def test_ended_sessions_say_why(browser: FlaskClient, rita: User, database: SQLAlchemy) -> None:
    sign_in(browser, rita)
    with transaction() as session:
        operations.end_sessions(session, user_id=rita.id, actor="test")
    path, values = led_to(browser.get("/account"))
    assert (path, values["why"]) == ("/sign-in", "changed")
    assert "You were signed out" in browser.get("/sign-in?why=changed").get_data(as_text=True)
    with transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(BrowserSession)) == 1
