"""Passwords: what may be one, making an account, forgetting, replacing and changing."""

import base64
import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from time_machine import Traveller

from portal.accounts import passwords
from portal.accounts.models import BrowserSession, User
from portal.audit.errors import AuditUnavailableError
from portal.core.database import db, transaction
from portal.core.settings import Settings
from tests.accounts.signing import PASSWORD, acts, link_in, outbox, same, wordings
from tests.factories.accounts import Cast, make_user
from tests.signing_in import sign_in

NEW = "seven green umbrellas"
RITA = "rita.rowe@example.org"


@pytest.fixture
def rita(database: SQLAlchemy) -> User:
    with transaction():
        return make_user("Rita Rowe", email=RITA, password=PASSWORD)


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch, app: Flask) -> list[str]:
    """Counts the costly hashes that are made and compared."""
    context = app.extensions["security"].pwd_context
    counted: list[str] = []
    for name in ("hash", "verify"):
        real: Callable[..., Any] = getattr(context, name)

        def count(*args: Any, _real: Callable[..., Any] = real, _name: str = name, **rest: Any) -> Any:
            counted.append(_name)
            return _real(*args, **rest)

        monkeypatch.setattr(context, name, count)
    return counted


def fault(password: str) -> str | None:
    return passwords.fault_of(password, site_name="Hereabouts", names=["Rita Rowe", "r.rowe1952"])


@pytest.mark.parametrize(
    "password",
    [
        "blue kettle under snow",
        "x7!Kd92#pQ0z",
        "пять зелёных зонтиков",
        "五本の緑の傘と赤い靴下と猫",
        "ﬁve green umbrellas today",
        "w" + "0123456789qzjxvk" * 7 + "endofit ok",
        " leading and trailing ",
        "🐟🐈🦆🐢🦊🐝🐙🦉🐌🦋🐛🦀",
    ],
)
def test_may_be_a_password(password: str) -> None:
    assert fault(password) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short words", passwords.TOO_SHORT),
        ("ok then " * 16 + "x", passwords.TOO_LONG),
        ("password1234", passwords.COMMON),
        ("Password1234!", passwords.COMMON),
        ("qwertyuiop12", passwords.COMMON),
        ("aaaaaaaaaaaa", passwords.COMMON),
        ("iloveyou123456", passwords.COMMON),
        ("123456789012", passwords.COMMON),
        ("abcdefghijklm", passwords.COMMON),
        ("a" * 128, passwords.COMMON),
        ("hereabouts is lovely", passwords.HOLDS_NAME),
        ("HERE-ABOUTS is lovely", passwords.HOLDS_NAME),
        ("blue kettle of Rita", passwords.HOLDS_NAME),
        ("blue kettle rOWE snow", passwords.HOLDS_NAME),
    ],
)
def test_may_not_be_a_password(password: str, why: str) -> None:
    assert fault(password) == why


def test_all_common_passwords_that_are_long_enough_are_refused() -> None:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    long_enough = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= passwords.SHORTEST]
    assert len(long_enough) > 50
    assert [word for word in long_enough if fault(word) is None] == []


def test_every_keyboard_makes_the_same_of_the_same_letters() -> None:
    assert passwords.normalised("caf\u00e9") == passwords.normalised("cafe\u0301")


@pytest.mark.usefixtures("real_hashes")
def test_is_hashed_with_argon2id(app: Flask) -> None:
    from flask_security.utils import hash_password

    with app.app_context():
        assert hash_password(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def register(client: FlaskClient, email: str = "new@example.org", password: str = NEW, name: str = "Ned New") -> Any:
    return client.post("/account/register", data={"name": name, "email": email, "password": password})


def test_makes_an_account_that_opens_once_the_address_is_confirmed(client: FlaskClient, database: SQLAlchemy) -> None:
    assert register(client).location == "/sign-in"
    assert "We have sent you an e-mail" in client.get("/sign-in").text
    (message,) = outbox()
    assert (message.wording, message.address) == ("confirm-address", "new@example.org")
    tried = {"email": "new@example.org", "password": NEW}
    assert "not yet told us" in client.post("/sign-in", data=tried).text
    link = link_in(message)
    assert "Yes, it is my address" in client.get(link).text
    user = db.session.scalars(sa.select(User)).one()
    assert user.confirmed_at is None, "Opening the link changes nothing: programs that look at mail do it too."
    assert client.post(link).location == "/sign-in"
    assert client.post("/sign-in", data=tried).location == "/account"
    assert [act for act in acts(user) if act.startswith("user")] == ["user:register", "user:confirm"]


def test_an_address_that_has_an_account_is_told_to_nobody_but_its_owner(
    client: FlaskClient, rita: User, hashes: list[str]
) -> None:
    fresh = register(client)
    assert hashes == ["hash"]
    said_fresh = client.get(fresh.location).text
    hashes.clear()
    known = register(client, email=RITA.upper())
    assert hashes == ["hash"]
    assert (fresh.status_code, fresh.location) == (known.status_code, known.location)
    assert same(said_fresh, "new@example.org") == same(client.get(known.location).text, RITA.upper())
    assert wordings() == ["confirm-address", "account-exists"]
    assert outbox()[1].address == RITA
    assert link_in(outbox()[1]) == "/account/forgotten"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == 2


def test_a_bad_password_is_refused_and_the_rest_is_kept(client: FlaskClient, rita: User) -> None:
    for email in ("new@example.org", RITA):
        page = register(client, email=email, password="new ned new ned").text
        assert "Leave your own name" in page
        assert 'value="Ned New"' in page and f'value="{email}"' in page
        assert "new ned new ned" not in page
    assert wordings() == []


@pytest.mark.parametrize("token", ["nonsense", "WyJhIiwiYiJd.aaaa.bbbb", "%00", "a" * 3000])
def test_links_that_were_made_up_do_nothing(client: FlaskClient, rita: User, token: str) -> None:
    assert client.post(f"/account/confirm/{token}").location == "/account/confirm"
    assert client.get(f"/account/reset/{token}").location == "/account/forgotten"
    assert client.post(f"/account/reset/{token}", data={"password": NEW}).location == "/account/forgotten"


def forget(client: FlaskClient, email: str = RITA) -> Any:
    return client.post("/account/forgotten", data={"email": email})


def test_replaces_a_forgotten_password_and_ends_all_sessions(app: Flask, client: FlaskClient, rita: User) -> None:
    sign_in(client, rita)
    stranger = app.test_client()
    forget(stranger)
    link = link_in(outbox()[0])
    assert 'autocomplete="new-password"' in stranger.get(link).text
    assert stranger.post(link, data={"password": NEW}).location == "/sign-in"
    assert client.get("/account").status_code == 303
    assert stranger.post("/sign-in", data={"email": RITA, "password": PASSWORD}).status_code == 200
    assert stranger.post("/sign-in", data={"email": RITA, "password": NEW}).location == "/account"
    assert wordings() == ["reset-password", "reset-notice"]
    assert "password:reset" in acts(rita)
    assert (
        db.session.scalar(
            sa.select(sa.func.count()).select_from(BrowserSession).where(BrowserSession.ended_at.is_(None))
        )
        == 1
    )


def test_a_link_for_a_new_password_works_once(client: FlaskClient, rita: User) -> None:
    forget(client)
    link = link_in(outbox()[0])
    client.post(link, data={"password": NEW})
    assert client.get(link).location == "/account/forgotten"
    assert client.post(link, data={"password": "another good password"}).location == "/account/forgotten"
    assert client.post("/sign-in", data={"email": RITA, "password": NEW}).status_code == 302


def test_a_link_for_a_new_password_makes_the_browser_known(app: Flask, client: FlaskClient, rita: User) -> None:
    stranger = app.test_client()
    for _ in range(11):
        stranger.post("/sign-in", data={"email": RITA, "password": "a wrong password"})
    forget(client)
    client.post(link_in(outbox()[0]), data={"password": NEW})
    assert client.post("/sign-in", data={"email": RITA, "password": NEW}).status_code == 302
    another = app.test_client()
    there = {"REMOTE_ADDR": "192.0.2.7"}
    assert another.post("/sign-in", data={"email": RITA, "password": NEW}, environ_overrides=there).status_code == 429


def test_showing_oneself_again_gives_a_new_cookie(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita, fresh=False)
    before = client.get_cookie("session")
    assert client.post("/account/verify", data={"password": "a wrong password"}).status_code == 200
    still = client.get_cookie("session")
    assert before is not None and still is not None and before.value == still.value
    assert client.post("/account/verify", data={"password": PASSWORD}).status_code == 302
    after = client.get_cookie("session")
    assert after is not None and before.value != after.value
    assert client.get("/account/passkeys").status_code == 200
    assert "account:verify" in acts(rita)


def test_a_link_for_a_new_password_ends_after_two_hours(client: FlaskClient, rita: User, clock: Traveller) -> None:
    forget(client)
    link = link_in(outbox()[0])
    clock.shift(2 * 3600 + 5)
    assert client.get(link).location == "/account/forgotten"
    assert "too old" in client.get("/account/forgotten").text
    assert client.post(link, data={"password": NEW}).location == "/account/forgotten"
    assert client.post("/sign-in", data={"email": RITA, "password": PASSWORD}).status_code == 302


def test_a_link_says_nothing_about_the_address(client: FlaskClient, rita: User) -> None:
    register(client)
    forget(client)
    for message in outbox():
        payload = link_in(message).rsplit("/", 1)[1].split(".")[0]
        told = base64.urlsafe_b64decode(payload + "===").decode()
        assert "example" not in told and "$" not in told


def test_whether_there_is_an_account_is_not_told(client: FlaskClient, rita: User, hashes: list[str]) -> None:
    known = forget(client)
    assert hashes == ["hash"]
    hashes.clear()
    unknown = forget(client, "nobody@example.org")
    assert hashes == ["hash"]
    assert known.status_code == unknown.status_code == 200
    assert same(known.text, RITA) == same(unknown.text, "nobody@example.org")
    assert wordings() == ["reset-password"]


def test_whether_an_address_waits_is_not_told(client: FlaskClient, rita: User) -> None:
    with transaction():
        make_user(email="waits@example.org", confirmed_at=None)
    pages = {
        email: client.post("/account/confirm", data={"email": email})
        for email in (RITA, "waits@example.org", "nobody@example.org")
    }
    assert {page.status_code for page in pages.values()} == {200}
    assert len({same(page.text, email) for email, page in pages.items()}) == 1
    assert [(message.wording, message.address) for message in outbox()] == [("confirm-address", "waits@example.org")]


class TestUnderItsOwnName:
    """A site that was told its address, asked under another."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, site_url="http://hereabouts.example.org")

    def test_links_lead_to_the_sites_own_address(self, client: FlaskClient, rita: User) -> None:
        assert forget(client).status_code == 200
        (link,) = [block["link"] for block in outbox()[0].body or [] if "link" in block]
        assert link.startswith("http://hereabouts.example.org/account/reset/")

    def test_a_forged_host_sends_nothing(self, client: FlaskClient, rita: User) -> None:
        forged = {"Host": "evil.example.org"}
        assert client.post("/account/forgotten", data={"email": RITA}, headers=forged).status_code == 400
        assert outbox() == []


def change(client: FlaskClient, old: str = PASSWORD, new: str = NEW) -> Any:
    return client.post("/account/password", data={"password": old, "new_password": new})


def test_changes_the_password_and_signs_out_everywhere_else(app: Flask, client: FlaskClient, rita: User) -> None:
    elsewhere = sign_in(app.test_client(), rita)
    sign_in(client, rita)
    before = client.get_cookie("session")
    assert change(client).location == "/account"
    after = client.get_cookie("session")
    assert before is not None and after is not None and before.value != after.value
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    assert wordings() == ["password-changed"]
    assert "password:change" in acts(rita)
    assert NEW not in json.dumps([str(vars(message)) for message in outbox()])


def test_keeps_the_second_step_when_the_password_changes(client: FlaskClient, cast: Cast) -> None:
    with transaction() as session:
        ada = session.get_one(User, cast.ada.id)
        ada.password = db.session.merge(make_user(email="other@example.org", password=PASSWORD)).password
    sign_in(client, cast.ada)
    assert change(client).status_code == 302
    assert client.get("/admin").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("not the password", NEW, "This password is not right"),
        ("", NEW, "Enter the password that you have now"),
        (PASSWORD, PASSWORD, "This is the password that you have now"),
        (PASSWORD, "", "Choose a new password"),
        (PASSWORD, "too short", "at least 12 letters"),
        (PASSWORD, "password1234", "too easy to guess"),
        (PASSWORD, "x" * 129, "128 letters or fewer"),
    ],
)
def test_says_what_is_wrong_with_a_change(client: FlaskClient, rita: User, old: str, new: str, said: str) -> None:
    sign_in(client, rita)
    answer = change(client, old, new)
    assert answer.status_code == 200 and said in answer.text
    assert wordings() == []


def test_eleventh_guess_at_the_password_is_not_looked_at(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita)
    for _ in range(10):
        assert change(client, "not the password").status_code == 200
    assert change(client).status_code == 429


def test_eleventh_link_is_not_looked_at(client: FlaskClient, rita: User) -> None:
    for _ in range(5):
        assert client.post("/account/confirm/made-up").status_code == 302
        assert client.post("/account/reset/made-up", data={"password": NEW}).status_code == 302
    forget(client)
    link = link_in(outbox()[-1])
    assert client.post(link, data={"password": NEW}).status_code == 429
    assert client.post("/sign-in", data={"email": RITA, "password": PASSWORD}).status_code == 302


def test_when_the_audit_cannot_be_written_the_password_stays(
    client: FlaskClient, rita: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, rita)

    def broken(*_args: object, **_named: object) -> None:
        raise AuditUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr("portal.audit.operations.hash_of", broken)
        assert change(client).status_code == 503
    assert wordings() == []
    assert client.get("/account").status_code == 200
    assert client.post("/sign-out").status_code == 302
    assert client.post("/sign-in", data={"email": RITA, "password": PASSWORD}).status_code == 302


def test_shows_once_more_who_it_is(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita, fresh=False)
    asked = client.get("/account/passkeys")
    assert asked.status_code == 303 and asked.location.startswith("/account/verify?next=/account/passkeys")
    assert "not right" in client.post(asked.location, data={"password": "wrong password"}).text
    assert client.post(asked.location, data={"password": PASSWORD}).location == "/account/passkeys"
    assert client.get("/account/passkeys").status_code == 200
    assert "sign-in:refused" in acts(rita)


def test_whoever_has_no_password_here_is_not_asked_for_one(client: FlaskClient, database: SQLAlchemy) -> None:
    with transaction():
        user = make_user()
    sign_in(client, user, fresh=False)
    assert client.post("/account/verify", data={"password": "anything"}).status_code == 200
    assert 'type="password"' not in client.get("/account/verify").text
