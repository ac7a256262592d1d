"""Sessions: where they live, when they begin and end, and that nothing brings an ended one back."""

import datetime as dt
import secrets
import threading
import time
import uuid
from collections.abc import Callable

import flask
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from time_machine import Traveller

from portal import create_app
from portal.accounts import sessions
from portal.accounts.models import BrowserSession, Ending, Membership, User
from portal.accounts.operations import sessions as operations
from portal.accounts.operations.memberships import end_membership, lock_user
from portal.accounts.roles import Role
from portal.accounts.security_notes import pass_second_step
from portal.audit.errors import AuditUnavailableError
from portal.core.access import public
from portal.core.database import db, transaction
from portal.core.settings import Settings
from tests.checked_client import CheckedClient
from tests.factories.accounts import make_member, make_team, make_user
from tests.signing_in import session_cookie, sign_in

PASSWORD = "seven green doors by the river"


@pytest.fixture
def rita(database: SQLAlchemy) -> User:
    with transaction():
        return make_user("Rita Rowe", "rita@example.org")


@pytest.fixture
def lena(database: SQLAlchemy) -> User:
    with transaction():
        return make_member(Role.LINK_WORKER, make_team("Central"), name="Lena Lowe")


def rows(database: SQLAlchemy) -> list[BrowserSession]:
    database.session.rollback()
    found = list(database.session.scalars(sa.select(BrowserSession).order_by(BrowserSession.begun_at)))
    database.session.expunge_all()
    database.session.rollback()
    return found


def cookie(client: FlaskClient, name: str = "session") -> str | None:
    found = client.get_cookie(name)
    return found.value if found else None


def other(client: FlaskClient) -> FlaskClient:
    return client.application.test_client()


def is_signed_in(client: FlaskClient) -> bool:
    response = client.get("/account")
    assert response.status_code in {200, 303}
    return response.status_code == 200


def add_page(app: Flask, path: str, view: Callable[[], str], *methods: str) -> None:
    app.add_url_rule(path, path.strip("/"), public(view), methods=list(methods or ("GET", "POST")))


def fragment(text: str = "done") -> str:
    return f"<!doctype html><html lang='en-GB'>{text}"


@pytest.fixture
def pages(app: Flask) -> Flask:
    """A site with a few more pages, which do to the session what the site's own do at sign-in."""

    def keep() -> flask.Response:
        flask.session.update(flask.request.args)
        return flask.jsonify(dict(flask.session))

    def step() -> flask.Response:
        pass_second_step()
        sessions.renew()
        return flask.jsonify("done")

    add_page(app, "/keep", keep)  # type: ignore[arg-type]
    add_page(app, "/step", step)  # type: ignore[arg-type]
    return app


# Where a session lives


def test_a_reader_makes_no_row(client: FlaskClient, database: SQLAlchemy) -> None:
    for path in ("/", "/services?q=lunch", "/sign-in", "/account/forgotten", "/shortlist", "/nothing-here"):
        client.get(path)
    assert rows(database) == []
    assert cookie(client) is None
    assert cookie(client, "form") is not None
    assert client.post("/shortlist/clear").status_code == 303
    assert rows(database) == []


def test_what_a_session_holds_lies_sealed_on_the_server(
    pages: Flask, client: FlaskClient, database: SQLAlchemy
) -> None:
    client.get("/keep?worry=rent")
    (row,) = rows(database)
    token = cookie(client)
    assert token is not None
    assert len(token) == 43
    assert token not in row.token_hash
    assert row.token_hash == operations.hash_of(token)
    raw = database.session.execute(sa.text("SELECT contents, address, browser FROM browser_session")).one()
    database.session.rollback()
    assert all(b"rent" not in bytes(value) and b"127.0.0.1" not in bytes(value) for value in raw)
    assert client.get("/keep").json["worry"] == "rent"  # type: ignore[index]
    assert len(rows(database)) == 1


def test_the_cookie_is_only_for_this_site(client: FlaskClient, rita: User, settings: Settings) -> None:
    client.get("/sign-in")
    line = client.get_cookie("form")
    assert line is not None
    assert line.http_only
    assert not line.secure
    assert line.same_site == "Lax"
    assert line.path == "/"
    assert line.max_age is None


def test_behind_tls_the_cookie_is_bound_to_the_host(settings: Settings, rita: User) -> None:
    import dataclasses

    secure = dataclasses.replace(settings, site_url="https://hereabouts.example.org")
    app = create_app(secure)
    app.test_client_class = CheckedClient
    add_page(app, "/keep", lambda: flask.session.update(a="b") or flask.jsonify("done"))  # type: ignore[return-value, arg-type]
    with app.test_client() as client:
        answer = client.get("/keep", base_url="https://hereabouts.example.org")
    app.extensions["search"].close()
    with app.app_context():
        db.engine.dispose()
    (line,) = (line for line in answer.headers.getlist("Set-Cookie") if "session=" in line)
    assert line.startswith("__Host-session=")
    assert {part.strip() for part in line.split(";")[1:]} == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


# Ids change


def sign_in_by_form(client: FlaskClient, email: str, **headers: str) -> None:
    response = client.post("/sign-in", data={"email": email, "password": PASSWORD}, headers=headers)
    assert response.status_code == 302, response.get_data(as_text=True)


@pytest.fixture
def rita_with_password(database: SQLAlchemy) -> User:
    with transaction():
        return make_user("Rita Rowe", "rita@example.org", password=PASSWORD)


def test_a_planted_session_is_worth_nothing_after_the_sign_in(
    pages: Flask, client: FlaskClient, database: SQLAlchemy, rita_with_password: User
) -> None:
    attacker = other(client)
    attacker.get("/keep?planted=yes")
    planted = cookie(attacker)
    assert planted
    client.set_cookie("session", planted)
    client.get("/sign-in")
    sign_in_by_form(client, "rita@example.org")
    assert is_signed_in(client)
    assert cookie(client) != planted
    assert not is_signed_in(attacker)
    assert operations.hash_of(planted) not in [row.token_hash for row in rows(database)]


def test_the_form_token_changes_at_sign_in(pages: Flask, client: FlaskClient, rita_with_password: User) -> None:
    client.get("/sign-in")
    with client.session_transaction() as session:
        before = session["csrf_token"]
    sign_in_by_form(client, "rita@example.org")
    client.get("/account")
    with client.session_transaction() as session:
        assert session["csrf_token"] != before
    assert cookie(client, "form") is None


def test_the_id_changes_at_the_second_step(pages: Flask, client: FlaskClient, database: SQLAlchemy, rita: User) -> None:
    sign_in(client, rita, second_factor=False)
    before = rows(database)[0]
    old = cookie(client)
    client.post("/step")
    (after,) = rows(database)
    assert (after.id, after.token_hash) != (before.id, before.token_hash)
    assert after.begun_at == before.begun_at
    assert is_signed_in(client)
    stale = other(client)
    stale.set_cookie("session", old or "")
    assert not is_signed_in(stale)


def test_signing_out_leaves_nothing(client: FlaskClient, database: SQLAlchemy, rita: User) -> None:
    sign_in(client, rita)
    old = cookie(client)
    response = client.post("/sign-out", base_url="https://localhost")
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert [row for row in rows(database) if row.user_id] == []
    client.set_cookie("session", old or "")
    assert not is_signed_in(client)


# When sessions end


@pytest.mark.parametrize(("who", "minutes"), [("lena", 15), ("rita", 120)])
def test_an_idle_session_ends(
    who: str, minutes: int, request: pytest.FixtureRequest, client: FlaskClient, clock: Traveller
) -> None:
    sign_in(client, request.getfixturevalue(who))
    clock.shift(dt.timedelta(minutes=minutes, seconds=-5))
    assert is_signed_in(client)
    clock.shift(dt.timedelta(minutes=minutes, seconds=-5))
    assert is_signed_in(client)
    clock.shift(dt.timedelta(minutes=minutes))
    assert not is_signed_in(client)
    assert "why=idle" in client.get("/account").location
    assert "nothing was done for a while" in client.get("/sign-in?why=idle").get_data(as_text=True)


def test_public_pages_do_not_wake_an_idle_session(client: FlaskClient, lena: User, clock: Traveller) -> None:
    sign_in(client, lena)
    clock.shift(dt.timedelta(minutes=15, seconds=1))
    client.get("/")
    assert not is_signed_in(client)


def test_twelve_hours_are_the_most(client: FlaskClient, lena: User, clock: Traveller) -> None:
    sign_in(client, lena)
    for _ in range(71):
        clock.shift(dt.timedelta(minutes=10))
        assert is_signed_in(client)
    client.post("/account/stay")
    clock.shift(dt.timedelta(minutes=10))
    assert not is_signed_in(client)
    assert "why=long" in client.get("/account").location


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/account/stay", {}),
        ("/account", {"Sec-Fetch-Dest": "empty"}),
        ("/account", {"X-Requested-With": "fetch"}),
        ("/account", {"Sec-Purpose": "prefetch"}),
        ("/static/src/img/favicon.svg", {}),
    ],
)
def test_what_scripts_fetch_keeps_nothing_alive(
    path: str, headers: dict[str, str], client: FlaskClient, lena: User, clock: Traveller
) -> None:
    sign_in(client, lena)
    for _ in range(7):
        clock.shift(dt.timedelta(minutes=2))
        response = client.get(path, headers=headers)
        assert response.status_code == 200
        response.close()
    clock.shift(dt.timedelta(minutes=2))
    assert not is_signed_in(client)


def test_saying_so_keeps_a_session_alive(client: FlaskClient, lena: User, clock: Traveller) -> None:
    sign_in(client, lena)
    clock.shift(dt.timedelta(minutes=13))
    answer = client.get("/account/stay").json
    assert answer is not None
    assert 115 <= answer["seconds"] <= 120
    answer = client.post("/account/stay").json
    assert answer is not None
    assert answer["seconds"] >= 895
    clock.shift(dt.timedelta(minutes=14))
    assert is_signed_in(client)


def test_use_is_written_at_most_once_a_minute(
    client: FlaskClient, database: SQLAlchemy, rita: User, clock: Traveller
) -> None:
    sign_in(client, rita)
    client.get("/account")
    first = rows(database)[0].seen_at
    clock.shift(dt.timedelta(seconds=58))
    with writes(database) as seen:
        client.get("/account")
    assert seen == []
    assert rows(database)[0].seen_at == first
    clock.shift(dt.timedelta(seconds=3))
    with writes(database) as seen:
        client.get("/account")
    assert len(seen) == 1
    assert rows(database)[0].seen_at > first


class writes:  # noqa: N801 - reads like a function
    """The statements that write, and how many ask."""

    def __init__(self, database: SQLAlchemy) -> None:
        self.engine = database.engine
        self.seen: list[str] = []
        self.asked: list[str] = []

    def _note(self, _connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        text = statement.lstrip().upper()
        if text.startswith(("INSERT", "UPDATE", "DELETE")):
            self.seen.append(statement)
        elif text.startswith("SELECT"):
            self.asked.append(statement)

    def __enter__(self) -> list[str]:
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self.seen

    def __exit__(self, *_rest: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)


def test_being_signed_in_costs_three_questions(client: FlaskClient, database: SQLAlchemy, lena: User) -> None:
    def asked() -> list[str]:
        counted = writes(database)
        with counted:
            assert client.get("/services?q=lunch").status_code == 200
        database.session.remove()
        tables = ("FROM browser_session", "FROM user_account", "FROM membership", "FROM team", "FROM passkey")
        return [text for text in counted.asked if any(table in text for table in tables)]

    assert asked() == []
    sign_in(client, lena)
    asked()
    assert len(asked()) == 3


# Ended by somebody


def test_the_owner_sees_and_ends_sessions(client: FlaskClient, database: SQLAlchemy, rita: User) -> None:
    sign_in(client, rita)
    phone, laptop = other(client), other(client)
    sign_in(phone, rita, browser="Chrome on Android")
    sign_in(laptop, rita, browser="Safari on a Mac")
    page = client.get("/account/sessions").get_data(as_text=True)
    assert page.index("This is where you are now") < page.index("Chrome on Android")
    row = next(row for row in rows(database) if row.browser == "Chrome on Android")
    assert client.post(f"/account/sessions/{row.id}/end").status_code == 303
    assert not is_signed_in(phone)
    assert "why=owner" in phone.get("/account").location
    assert is_signed_in(laptop)
    assert client.post("/account/sessions/end-others").status_code == 303
    assert not is_signed_in(laptop)
    assert is_signed_in(client)


def test_nobody_ends_the_sessions_of_others(client: FlaskClient, database: SQLAlchemy, rita: User, lena: User) -> None:
    sign_in(client, rita)
    colleague = sign_in(other(client), lena)
    row = next(row for row in rows(database) if row.user_id == lena.id)
    assert client.post(f"/account/sessions/{row.id}/end").status_code == 404
    assert client.post(f"/account/sessions/{uuid.uuid4()}/end").status_code == 404
    client.post("/account/sessions/end-others")
    assert is_signed_in(colleague)
    assert "Lena" not in client.get("/account/sessions").get_data(as_text=True)


def test_a_change_of_role_ends_live_sessions_in_every_browser(
    client: FlaskClient, database: SQLAlchemy, lena: User
) -> None:
    browsers = [sign_in(client, lena), sign_in(other(client), lena)]
    membership = database.session.scalar(sa.select(Membership.id).where(Membership.user_id == lena.id))
    database.session.rollback()
    assert membership is not None
    assert all(is_signed_in(browser) for browser in browsers)
    end_membership(membership_id=membership, actor="test")
    for browser in browsers:
        assert not is_signed_in(browser)
        assert "why=changed" in browser.get("/account").location


def test_an_act_that_fails_ends_no_session(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita)
    with pytest.raises(ZeroDivisionError), transaction() as session:
        operations.end_sessions(session, user_id=rita.id, actor="test")
        1 / 0  # noqa: B018
    assert is_signed_in(client)


@pytest.mark.parametrize("change", [{"active": False}, {"fs_uniquifier": "another"}])
def test_a_user_who_is_switched_off_or_has_a_new_password_is_out(
    change: dict[str, object], client: FlaskClient, rita: User
) -> None:
    sign_in(client, rita)
    with transaction() as session:
        session.execute(sa.update(User).where(User.id == rita.id).values(**change))
    assert not is_signed_in(client)


def test_a_row_speaks_for_its_own_user_only(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita)
    with transaction():
        pat = make_user("Pat Price")
    with transaction() as session:
        row = session.scalars(sa.select(BrowserSession)).one()
        row.contents = {**row.contents, "_user_id": pat.fs_uniquifier}
    assert not is_signed_in(client)


def test_a_session_that_is_too_long_for_staff_does_not_count(client: FlaskClient, lena: User) -> None:
    sign_in(client, lena)
    with transaction() as session:
        session.execute(sa.update(BrowserSession).values(idle_minutes=120))
    assert not is_signed_in(client)


# Nothing brings an ended session back


@pytest.mark.parametrize("how", ["keep", "step", "read"])
def test_a_slow_request_does_not_bring_it_back(
    how: str, app: Flask, client: FlaskClient, database: SQLAlchemy, rita: User, clock: Traveller
) -> None:
    user_id = rita.id

    def slow() -> flask.Response:
        # Somebody ends the session while this request is at work.
        row = sessions.current().row
        assert row is not None
        db.session.rollback()
        with app.app_context():
            assert operations.end_session(actor="test", user_id=user_id, session_id=row.id)
            db.session.remove()
        if how == "keep":
            flask.session["note"] = "kept"
        if how == "step":
            pass_second_step()
            sessions.renew()
        return flask.jsonify("done")

    add_page(app, "/slow", slow)  # type: ignore[arg-type]
    sign_in(client, rita)
    clock.shift(dt.timedelta(minutes=5))
    before = cookie(client)
    client.get("/slow")
    assert cookie(client) == before
    (row,) = rows(database)
    assert row.ended_at is not None
    assert row.ending is Ending.OWNER
    assert "note" not in row.contents
    assert not is_signed_in(client)


def test_a_new_cookie_does_not_slip_past_a_change_of_role(
    app: Flask, client: FlaskClient, database: SQLAlchemy, rita: User
) -> None:
    user_id, is_locked = rita.id, threading.Event()
    sign_in(client, rita)
    (row,) = rows(database)

    def end() -> None:
        with app.app_context(), transaction() as session:
            lock_user(session, user_id)
            is_locked.set()
            time.sleep(0.3)
            operations.end_sessions(session, user_id=user_id, actor="test")

    def renew() -> None:
        is_locked.wait(5)
        with app.app_context():
            operations.begin_session(
                actor="test",
                token=secrets.token_urlsafe(32),
                user_id=user_id,
                contents=row.contents,
                idle_minutes=120,
                begun_at=row.begun_at,
                instead_of=row.id,
                must_live=True,
            )

    acts = [threading.Thread(target=act) for act in (end, renew)]
    for act in acts:
        act.start()
    for act in acts:
        act.join(timeout=20)
    assert [found for found in rows(database) if found.ended_at is None] == []
    assert not is_signed_in(client)


def test_two_requests_at_once_lose_nothing_of_each_other(
    app: Flask, client: FlaskClient, database: SQLAlchemy, rita: User
) -> None:
    def slow() -> flask.Response:
        db.session.rollback()
        twin = other(client)
        twin.set_cookie("session", cookie(client) or "")
        with app.app_context():
            twin.get("/quick")
        flask.session["slow"] = 1
        return flask.jsonify("done")

    def quick() -> flask.Response:
        flask.session["quick"] = 2
        return flask.jsonify("done")

    add_page(app, "/slow", slow)  # type: ignore[arg-type]
    add_page(app, "/quick", quick)  # type: ignore[arg-type]
    sign_in(client, rita)
    client.get("/slow")
    (row,) = rows(database)
    assert (row.contents["slow"], row.contents["quick"]) == (1, 2)
    assert is_signed_in(client)


def test_a_late_answer_does_not_take_the_new_cookie_away(pages: Flask, client: FlaskClient, rita: User) -> None:
    sign_in(client, rita)
    late = other(client)
    late.set_cookie("session", cookie(client) or "")
    client.post("/step")
    answer = late.get("/sign-in")
    assert not [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("session=")]


# Cookies that somebody made


def test_a_cookie_that_was_changed_opens_nothing(
    client: FlaskClient, database: SQLAlchemy, rita: User, proof: Callable[..., int]
) -> None:
    name, token = session_cookie(client.application, rita)
    made_up = [
        rows(database)[0].token_hash,
        str(rows(database)[0].id),
        str(rita.id),
        rita.fs_uniquifier,
        "",
        "x" * 3999,
    ]
    made_up += [token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :] for place in range(43)]
    made_up += [secrets.token_urlsafe(32) for _ in range(proof("made-up session cookies", sample=50, full=2_000))]
    for text in made_up:
        client.set_cookie(name, text)
        assert not is_signed_in(client), text
    # The last letter of 43 carries two bits that are not read; every other change is another text.
    client.set_cookie(name, token)
    assert is_signed_in(client)


def test_a_form_cookie_holds_the_form_token_only(pages: Flask, client: FlaskClient, rita: User) -> None:
    interface = client.application.session_interface
    signed = interface._signer.dumps({"_user_id": rita.fs_uniquifier, "fs_paa": 1.0})  # type: ignore[attr-defined]
    client.set_cookie("form", signed)
    assert client.get("/keep").json == {}
    assert not is_signed_in(client)
    client.get("/sign-in")
    good = cookie(client, "form") or ""
    client.set_cookie("form", good[:-3] + "AAA")
    assert client.post("/shortlist/clear", token=False).status_code == 400


# When something fails


def test_without_the_database_nobody_is_signed_in_or_out(client: FlaskClient, database: SQLAlchemy, rita: User) -> None:
    sign_in(client, rita)

    def away(*_arguments: object) -> None:
        raise sa.exc.OperationalError("SELECT", {}, Exception("away"))

    event.listen(database.engine, "before_cursor_execute", away)
    try:
        response = client.get("/account")
    finally:
        event.remove(database.engine, "before_cursor_execute", away)
    assert response.status_code == 503
    assert response.headers.getlist("Set-Cookie") == []
    assert is_signed_in(client)


def test_without_the_audit_nobody_signs_in(
    client: FlaskClient, database: SQLAlchemy, rita_with_password: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_arguments: object, **_values: object) -> None:
        raise AuditUnavailableError

    client.get("/sign-in")
    monkeypatch.setattr(operations, "note", unavailable)
    response = client.post("/sign-in", data={"email": "rita@example.org", "password": PASSWORD})
    assert response.status_code == 503
    assert rows(database) == []
    monkeypatch.undo()
    assert not is_signed_in(client)


def test_what_ran_out_is_purged_a_day_later(
    client: FlaskClient, database: SQLAlchemy, rita: User, clock: Traveller
) -> None:
    sign_in(client, rita)
    clock.shift(dt.timedelta(hours=20))
    assert operations.purge_sessions(actor="test") == 0
    sign_in(other(client), rita)
    clock.shift(dt.timedelta(hours=17))
    assert operations.purge_sessions(actor="test") == 1
    assert len(rows(database)) == 1
