"""The second step: authenticator app, recovery codes, losing both, and what counts once."""

import re
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from passlib.totp import TOTP
from time_machine import Traveller

from portal.accounts.models import User
from portal.accounts.operations.second_factor import forget_second_factor
from portal.audit.errors import AuditUnavailableError
from portal.core.database import db, transaction
from tests.accounts.authenticator import Device, question_in
from tests.accounts.signing import PASSWORD, acts, wordings
from tests.factories.accounts import Cast, make_user
from tests.signing_in import sign_in

RITA = "rita.rowe@example.org"


@pytest.fixture
def rita(database: SQLAlchemy) -> User:
    with transaction():
        return make_user("Rita Rowe", email=RITA, password=PASSWORD)


def key_in(page: str) -> TOTP:
    """Return the authenticator app that was pointed at a page."""
    found = re.search(r'<code class="key">([A-Z2-7 ]+)</code>', page)
    assert found, "The page shows no key."
    return TOTP(key=found[1].replace(" ", ""))


def code_of(app: TOTP) -> str:
    return str(app.generate().token)


@pytest.fixture
def phone(app: Flask, rita: User, clock: Traveller) -> TOTP:
    """Rita's authenticator app, set up a minute ago."""
    client = sign_in(app.test_client(), rita, second_factor=False)
    authenticator = key_in(client.get("/account/second-step").text)
    assert client.post("/account/second-step", data={"code": code_of(authenticator)}).status_code == 302
    clock.shift(60)
    return authenticator


def give_password(client: FlaskClient, email: str = RITA) -> Any:
    return client.post("/sign-in", data={"email": email, "password": PASSWORD})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def passed_second_step(client: FlaskClient) -> bool:
    with client.session_transaction() as session:
        return "second_factor_at" in session


def test_sets_up_an_authenticator_app(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita, second_factor=False)
    page = client.get("/account/second-step")
    assert 'src="data:image/svg+xml' in page.text and 'autocomplete="one-time-code"' in page.text
    authenticator = key_in(page.text)
    before = client.get_cookie("session")
    answer = client.post("/account/second-step", data={"code": code_of(authenticator)})
    assert answer.location == "/account/recovery-codes"
    after = client.get_cookie("session")
    assert before is not None and after is not None and before.value != after.value
    assert passed_second_step(client)
    assert "second-factor:set-up" in acts(rita)
    assert wordings() == ["second-step-changed"]


def test_a_wrong_first_code_leaves_the_picture_as_it_is(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita, second_factor=False)
    authenticator = key_in(client.get("/account/second-step").text)
    page = client.post("/account/second-step", data={"code": "000000"}).text
    assert "This code is not right" in page
    assert key_in(page).base32_key == authenticator.base32_key
    assert not db.session.get_one(User, rita.id).has_second_factor
    assert not passed_second_step(client)


def test_asks_for_the_code_after_the_password(client: FlaskClient, rita: User, phone: TOTP) -> None:
    asked = give_password(client)
    assert asked.location.startswith("/sign-in/code")
    assert not is_signed_in(client)
    assert client.post(asked.location, data={"code": code_of(phone)}).location == "/account"
    assert is_signed_in(client) and passed_second_step(client)


def test_the_id_of_the_session_changes_at_the_second_step(client: FlaskClient, phone: TOTP) -> None:
    give_password(client)
    before = client.get_cookie("session")
    client.post("/sign-in/code", data={"code": code_of(phone)})
    after = client.get_cookie("session")
    assert before is not None and after is not None and before.value != after.value


def test_goes_on_to_the_page_that_was_wanted(client: FlaskClient, phone: TOTP) -> None:
    asked = client.post("/sign-in", data={"email": RITA, "password": PASSWORD, "next": "/account/sessions"})
    assert client.post(asked.location, data={"code": code_of(phone)}).location == "/account/sessions"


def test_a_code_opens_once(app: Flask, client: FlaskClient, phone: TOTP) -> None:
    code = code_of(phone)
    give_password(client)
    assert client.post("/sign-in/code", data={"code": code}).location == "/account"
    thief = app.test_client()
    give_password(thief)
    assert "was used before" in thief.post("/sign-in/code", data={"code": code}).text
    assert not is_signed_in(thief)


def test_a_code_opens_once_when_two_come_at_the_same_moment(app: Flask, rita: User, phone: TOTP) -> None:
    browsers = [app.test_client() for _ in range(4)]
    for browser in browsers:
        give_password(browser)
    db.session.remove()
    code, start, answers = code_of(phone), threading.Barrier(len(browsers)), []

    def send(browser: FlaskClient) -> None:
        start.wait()
        answers.append(browser.post("/sign-in/code", data={"code": code}).status_code)

    threads = [threading.Thread(target=send, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers)[-1:] != [500] and answers.count(302) == 1, answers
    assert sum(is_signed_in(browser) for browser in browsers) == 1


def test_the_code_of_the_set_up_opens_nothing_more(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita, second_factor=False)
    code = code_of(key_in(client.get("/account/second-step").text))
    client.post("/account/second-step", data={"code": code})
    client.post("/sign-out")
    give_password(client)
    assert "was used before" in client.post("/sign-in/code", data={"code": code}).text


@pytest.mark.parametrize(("seconds", "opens"), [(-90, False), (-30, True), (0, True), (30, True), (90, False)])
def test_a_clock_may_be_half_a_minute_off(
    client: FlaskClient, phone: TOTP, clock: Traveller, seconds: int, opens: bool
) -> None:

    clock.shift(600)
    give_password(client)
    code = str(phone.generate(time.time() + seconds).token)
    assert (client.post("/sign-in/code", data={"code": code}).status_code == 302) is opens


def test_a_code_may_be_typed_with_a_blank(client: FlaskClient, phone: TOTP) -> None:
    give_password(client)
    code = code_of(phone)
    assert client.post("/sign-in/code", data={"code": f" {code[:3]} {code[3:]} "}).location == "/account"


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "1", "9" * 20, "１２３４５６", "\x00"])
def test_wrong_codes_open_nothing(client: FlaskClient, rita: User, phone: TOTP, code: str) -> None:
    give_password(client)
    assert client.post("/sign-in/code", data={"code": code}).status_code == 200
    assert not is_signed_in(client)


def test_a_wrong_code_is_noted(client: FlaskClient, rita: User, phone: TOTP) -> None:
    give_password(client)
    client.post("/sign-in/code", data={"code": "000000"})
    assert acts(rita)[-1] == "sign-in:refused"


def test_eleventh_code_is_not_looked_at_even_from_another_browser(app: Flask, client: FlaskClient, phone: TOTP) -> None:
    give_password(client)
    for number in range(10):
        assert client.post("/sign-in/code", data={"code": f"00000{number}"}).status_code == 200
    assert client.post("/sign-in/code", data={"code": code_of(phone)}).status_code == 429
    other = app.test_client()
    other.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    give_password(other)
    assert other.post("/sign-in/code", data={"code": code_of(phone)}).status_code == 429


def test_the_first_step_counts_for_ten_minutes(client: FlaskClient, phone: TOTP, clock: Traveller) -> None:
    give_password(client)
    clock.shift(605)
    assert client.post("/sign-in/code", data={"code": code_of(phone)}).location == "/sign-in"
    assert not is_signed_in(client)


@pytest.mark.parametrize("path", ["/sign-in/code", "/sign-in/recovery-code", "/sign-in/step", "/sign-in/lost"])
def test_the_second_step_needs_the_first(client: FlaskClient, phone: TOTP, path: str) -> None:
    assert client.get(path).location == "/sign-in"
    if path != "/sign-in/lost":
        assert client.post(path, data={"code": code_of(phone), "which": "authenticator"}).location == "/sign-in"
    assert not is_signed_in(client)


def make_codes(client: FlaskClient) -> list[str]:
    page = client.post("/account/recovery-codes", data={"generate_new_codes": "1"}).text
    return re.findall(r"<li><code>([0-9a-f-]+)</code></li>", page)


@pytest.fixture
def codes(app: Flask, rita: User, phone: TOTP) -> list[str]:
    """Rita's recovery codes."""
    return make_codes(sign_in(app.test_client(), rita))


def test_recovery_codes_are_shown_once_and_kept_as_hashes(client: FlaskClient, rita: User, codes: list[str]) -> None:
    assert len(codes) == len(set(codes)) == 10
    sign_in(client, rita)
    page = client.get("/account/recovery-codes?show_codes=1").text
    assert "<strong>10 codes</strong> left" in page
    kept = db.session.get_one(User, rita.id).mf_recovery_codes or []
    for code in codes:
        assert code not in page and code not in " ".join(kept)


@pytest.mark.parametrize("typed", ["{}", " {} ", "as shown without hyphens"])
def test_a_recovery_code_opens_once(app: Flask, client: FlaskClient, rita: User, codes: list[str], typed: str) -> None:
    code = codes[3].replace("-", "").upper() if "hyphens" in typed else typed.format(codes[3])
    give_password(client)
    assert "a recovery code" in client.get("/sign-in/lost").text
    assert client.post("/sign-in/recovery-code", data={"code": code}).location == "/account"
    assert is_signed_in(client) and passed_second_step(client)
    again = app.test_client()
    give_password(again)
    assert "was used before" in again.post("/sign-in/recovery-code", data={"code": code}).text
    assert not is_signed_in(again)
    assert len(db.session.get_one(User, rita.id, populate_existing=True).mf_recovery_codes or []) == 9


def test_new_codes_end_the_old_ones(client: FlaskClient, rita: User, codes: list[str]) -> None:
    sign_in(client, rita)
    make_codes(client)
    client.post("/sign-out")
    give_password(client)
    assert client.post("/sign-in/recovery-code", data={"code": codes[0]}).status_code == 200
    assert acts(rita)[-1] == "sign-in:refused"


def test_recovery_codes_count_as_guesses_with_the_codes_of_the_app(client: FlaskClient, codes: list[str]) -> None:
    give_password(client)
    for _ in range(5):
        client.post("/sign-in/code", data={"code": "000000"})
        client.post("/sign-in/recovery-code", data={"code": "0000-0000-0000"})
    assert client.post("/sign-in/recovery-code", data={"code": codes[0]}).status_code == 429


def test_who_has_an_app_and_a_passkey_chooses(app: Flask, client: FlaskClient, rita: User, phone: TOTP) -> None:
    own = sign_in(app.test_client(), rita)
    question, address = question_in(own.post("/account/passkeys", data={"name": "Laptop"}).text)
    own.post(address, data={"credential": Device().make(question)})
    assert give_password(client).location.startswith("/sign-in/step")
    page = client.get("/sign-in/step").text
    assert "With a code from my phone" in page and "With a passkey" in page
    assert client.post("/sign-in/step", data={"which": "webauthn"}).location.startswith("/sign-in/passkey")
    assert client.post("/sign-in/step", data={"which": "nonsense"}).status_code == 200
    assert client.post("/sign-in/step", data={"which": "authenticator"}).location.startswith("/sign-in/code")
    assert client.post("/sign-in/code", data={"code": code_of(phone)}).location == "/account"


def test_takes_the_app_away(client: FlaskClient, rita: User, phone: TOTP, codes: list[str]) -> None:
    sign_in(client, rita)
    assert client.post("/account/second-step/remove").location == "/account"
    user = db.session.get_one(User, rita.id, populate_existing=True)
    assert not user.has_second_factor and user.mf_recovery_codes is None
    assert "second-factor:remove" in acts(rita)
    client.post("/sign-out")
    assert give_password(client).location == "/account"


def test_staff_are_asked_twice_before_the_last_goes(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.lena, second_factor=False)
    authenticator = key_in(client.get("/account/second-step").text)
    client.post("/account/second-step", data={"code": code_of(authenticator)})
    assert "last thing that protects your account" in client.get("/account/second-step/remove").text
    assert "Tick this if you are sure" in client.post("/account/second-step/remove").text
    assert db.session.get_one(User, cast.lena.id, populate_existing=True).has_second_factor
    assert client.post("/account/second-step/remove", data={"sure": "y"}).status_code == 302
    assert not db.session.get_one(User, cast.lena.id, populate_existing=True).has_second_factor


def test_an_administrator_forgets_what_was_lost(
    app: Flask, client: FlaskClient, cast: Cast, rita: User, phone: TOTP, codes: list[str]
) -> None:
    own = sign_in(app.test_client(), rita)
    with transaction() as session:
        forget_second_factor(session, user_id=rita.id, actor=cast.ada.actor)
    assert not is_signed_in(own)
    assert give_password(client).location == "/account"
    assert "second-factor:forget" in acts(rita)
    assert wordings()[-1] == "second-step-changed"
    with pytest.raises(LookupError), transaction() as session:
        forget_second_factor(session, user_id=cast.central.id, actor=cast.ada.actor)


@pytest.mark.parametrize("path", ["/account/second-step", "/account/second-step/remove", "/account/recovery-codes"])
def test_changing_the_second_step_needs_a_fresh_sign_in(
    client: FlaskClient, rita: User, phone: TOTP, path: str
) -> None:
    sign_in(client, rita, fresh=False)
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 303 and answer.location.startswith("/account/verify")


@pytest.mark.parametrize(
    "path",
    ["/account/second-step", "/account/second-step/remove", "/account/recovery-codes", "/account/passkeys"],
)
def test_a_session_that_saw_no_second_factor_changes_none(
    client: FlaskClient, rita: User, phone: TOTP, path: str
) -> None:
    sign_in(client, rita, second_factor=False)
    answer = client.post(path)
    assert answer.status_code == 303 and answer.location.startswith("/sign-in?")
    assert not is_signed_in(client)
    assert rita.tf_totp_secret is None or "recovery-codes:renew" not in acts(rita)


def test_other_sessions_end_when_a_second_factor_comes_or_goes(app: Flask, client: FlaskClient, rita: User) -> None:
    elsewhere = sign_in(app.test_client(), rita, second_factor=False)
    sign_in(client, rita, second_factor=False)
    authenticator = key_in(client.get("/account/second-step").text)
    client.post("/account/second-step", data={"code": code_of(authenticator)})
    assert is_signed_in(client) and not is_signed_in(elsewhere)
    elsewhere = sign_in(app.test_client(), rita)
    client.post("/account/second-step/remove", data={"sure": "y"})
    assert is_signed_in(client) and not is_signed_in(elsewhere)


def test_new_recovery_codes_are_told(client: FlaskClient, rita: User, phone: TOTP) -> None:
    sign_in(client, rita)
    client.post("/account/recovery-codes", data={"generate_new_codes": "1"})
    assert "recovery-codes:renew" in acts(rita)
    assert wordings() == ["second-step-changed", "second-step-changed"]


def test_when_the_audit_cannot_be_written_a_code_opens_nothing_and_stays_good(
    client: FlaskClient, rita: User, phone: TOTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise AuditUnavailableError

    give_password(client)
    code = code_of(phone)
    with monkeypatch.context() as patch:
        patch.setattr("portal.audit.operations.hash_of", broken)
        assert client.post("/sign-in/code", data={"code": code}).status_code == 503
    assert not is_signed_in(client)
    assert client.post("/sign-in/code", data={"code": code}).location == "/account"


def test_secrets_stand_nowhere_in_the_open(rita: User, phone: TOTP, codes: list[str]) -> None:
    raw = db.session.execute(sa.text("SELECT tf_totp_secret, mf_recovery_codes FROM user_account")).one()
    kept = b"".join(bytes(value) for value in raw)
    for secret in (phone.base32_key, *codes):
        assert secret.encode() not in kept and secret.replace("-", "").encode() not in kept
