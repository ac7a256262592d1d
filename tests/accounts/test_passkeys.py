"""Passkeys: adding, signing in, the second step, proving oneself again, taking away, and answers that are wrong."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from time_machine import Traveller

from portal.accounts.models import Passkey, User
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


def add(client: FlaskClient, device: Device, name: str = "My phone") -> Any:
    question, address = question_in(client.post("/account/passkeys", data={"name": name}).text)
    return client.post(address, data={"credential": device.make(question)})


@pytest.fixture
def phone(app: Flask, rita: User) -> Device:
    """Rita's phone with a passkey."""
    device = Device()
    assert add(sign_in(app.test_client(), rita), device).status_code == 302
    return device


def show(client: FlaskClient, device: Device, path: str = "/sign-in/passkey") -> Any:
    question, address = question_in(client.post(path).text)
    return client.post(address, data={"credential": device.show(question)})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def keys() -> list[Passkey]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Passkey).order_by(Passkey.id)))


def test_adds_a_passkey(client: FlaskClient, rita: User) -> None:
    sign_in(client, rita, second_factor=False)
    question, _ = question_in(client.post("/account/passkeys", data={"name": "My phone"}).text)
    assert question["rp"] == {"name": "Hereabouts", "id": "localhost"}
    assert question["authenticatorSelection"]["userVerification"] == "required"
    assert question["authenticatorSelection"]["residentKey"] == "required"
    assert add(client, Device()).location == "/account/passkeys"
    page = client.get("/account/passkeys").text
    assert "Your passkey “My phone” is ready" in page and "Added 23 November 2026" in page
    assert wordings() == ["second-step-changed"]
    assert "passkey:add" in acts(rita)


def test_adding_counts_as_the_second_step(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.ada, second_factor=False)
    client.get("/account")
    add(client, Device())
    with client.session_transaction() as session:
        assert "second_factor_at" in session


def test_signs_in_with_a_passkey_and_needs_no_second_step(client: FlaskClient, rita: User, phone: Device) -> None:
    question, address = question_in(client.post("/sign-in/passkey").text)
    assert question["userVerification"] == "required"
    assert client.post(address, data={"credential": phone.show(question)}).location == "/account"
    assert is_signed_in(client)
    with client.session_transaction() as session:
        assert "second_factor_at" in session
    assert "sign-in:accept" in acts(rita)
    assert keys()[0].sign_count == phone.used


def test_goes_on_to_the_page_that_was_wanted(client: FlaskClient, phone: Device) -> None:
    question, address = question_in(client.post("/sign-in/passkey", data={"next": "/account/sessions"}).text)
    assert client.post(address, data={"credential": phone.show(question)}).location == "/account/sessions"


def test_is_the_second_step_after_a_password(client: FlaskClient, phone: Device) -> None:
    asked = client.post("/sign-in", data={"email": RITA, "password": PASSWORD})
    assert asked.location.startswith("/sign-in/passkey")
    assert not is_signed_in(client)
    question, address = question_in(client.post("/sign-in/passkey").text)
    assert [key["id"] for key in question["allowCredentials"]] == [json.loads(phone.show(question))["id"]]
    assert client.post(address, data={"credential": phone.show(question)}).location == "/account"
    assert is_signed_in(client)


def test_shows_once_more_who_it_is(client: FlaskClient, rita: User, phone: Device) -> None:
    sign_in(client, rita, fresh=False)
    assert client.get("/account/second-step").status_code == 303
    question, address = question_in(client.post("/account/verify/passkey?next=/account/second-step").text)
    assert client.post(address, data={"credential": phone.show(question)}).location == "/account/second-step"
    assert client.get("/account/second-step").status_code == 200


def test_nobody_shows_who_it_is_with_a_strangers_key(app: Flask, client: FlaskClient, rita: User) -> None:
    with transaction():
        other = make_user("Otto Other")
    foreign = Device()
    add(sign_in(app.test_client(), other), foreign)
    sign_in(client, rita, fresh=False)
    question, address = question_in(client.post("/account/verify/passkey").text)
    assert "verify" in client.post(address, data={"credential": foreign.show(question)}).location
    assert client.get("/account/second-step").status_code == 303


def test_a_strangers_key_is_no_second_step(app: Flask, client: FlaskClient, phone: Device) -> None:
    with transaction():
        other = make_user("Otto Other")
    foreign = Device()
    add(sign_in(app.test_client(), other), foreign)
    client.post("/sign-in", data={"email": RITA, "password": PASSWORD})
    assert show(client, foreign).location == "/sign-in/passkey"
    assert not is_signed_in(client)


def test_an_answer_serves_once(app: Flask, client: FlaskClient, phone: Device) -> None:
    question, address = question_in(client.post("/sign-in/passkey").text)
    answer = phone.show(question)
    thief = app.test_client()
    question_in(thief.post("/sign-in/passkey").text)
    assert thief.post(address, data={"credential": answer}).location == "/sign-in/passkey"
    assert not is_signed_in(thief)
    assert client.post(address, data={"credential": answer}).location == "/account"
    client.post("/sign-out")
    assert client.post(address, data={"credential": answer}).location == "/sign-in/passkey"
    assert not is_signed_in(client)


def test_a_question_ends_after_ten_minutes(client: FlaskClient, phone: Device, clock: Traveller) -> None:
    question, address = question_in(client.post("/sign-in/passkey").text)
    clock.shift(605)
    assert client.post(address, data={"credential": phone.show(question)}).location == "/sign-in/passkey"
    assert "too long" in client.get("/sign-in/passkey").text
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "wrong", ["owner not checked", "another site", "another host", "unknown key", "another key", "counter went back"]
)
def test_wrong_answers_open_nothing(client: FlaskClient, rita: User, phone: Device, wrong: str) -> None:
    match wrong:
        case "owner not checked":
            phone.verifies = False
        case "another site":
            phone.origin = "http://hereabouts.example.net"
        case "another host":
            phone.host = "hereabouts.example.net"
        case "unknown key":
            phone.id = b"sixteen bytes ok"
        case "another key":
            phone.key = Device().key
        case "counter went back":
            with transaction() as session:
                session.execute(sa.update(Passkey).values(sign_count=100))
    answer = show(client, phone)
    assert (answer.status_code, answer.location) == (302, "/sign-in/passkey")
    assert "notice--" in client.get("/sign-in/passkey").text
    assert not is_signed_in(client)
    assert "sign-in:refused" in acts()


@pytest.mark.parametrize(
    "answer", ["", "nonsense", "{}", "[]", "null", '{"id": 5}', '{"id":"a","rawId":"b","type":"x"}']
)
def test_answers_that_are_none_do_no_harm(client: FlaskClient, rita: User, phone: Device, answer: str) -> None:
    _, address = question_in(client.post("/sign-in/passkey").text)
    assert client.post(address, data={"credential": answer}).status_code == 302
    assert client.post("/sign-in/passkey/made-up", data={"credential": answer}).status_code == 302
    sign_in(client, rita)
    _, address = question_in(client.post("/account/passkeys", data={"name": "Other"}).text)
    assert client.post(address, data={"credential": answer}).status_code == 302
    assert len(keys()) == 1


def test_an_account_that_is_switched_off_has_no_working_passkeys(
    client: FlaskClient, rita: User, phone: Device
) -> None:
    with transaction() as session:
        session.get_one(User, rita.id).active = False
    show(client, phone)
    with client.session_transaction() as session:
        assert "_user_id" not in session


def test_a_device_is_added_once_and_names_differ(client: FlaskClient, rita: User, phone: Device) -> None:
    sign_in(client, rita)
    assert "already" in client.post("/account/passkeys", data={"name": "My phone"}).text
    add(client, phone, "The same again")
    assert "This passkey is here already" in client.get("/account/passkeys").text
    assert client.post("/account/passkeys", data={"name": ""}).text.count("Give it a name") == 2
    assert "64 letters" in client.post("/account/passkeys", data={"name": "x" * 65}).text


def test_takes_a_passkey_away(app: Flask, client: FlaskClient, rita: User, phone: Device) -> None:
    sign_in(client, rita)
    number = keys()[0].id
    assert "Take away the passkey “My phone”?" in client.get(f"/account/passkeys/{number}/remove").text
    assert client.post(f"/account/passkeys/{number}/remove").location == "/account/passkeys"
    assert keys() == []
    assert "passkey:remove" in acts(rita)
    assert show(app.test_client(), phone).location == "/sign-in/passkey"


def test_staff_are_asked_twice_before_the_last_goes(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.lena)
    add(client, Device())
    number = keys()[0].id
    assert "last thing that protects your account" in client.get(f"/account/passkeys/{number}/remove").text
    assert "Tick this if you are sure" in client.post(f"/account/passkeys/{number}/remove").text
    assert len(keys()) == 1
    assert client.post(f"/account/passkeys/{number}/remove", data={"sure": "y"}).status_code == 302
    assert keys() == []


def test_nobody_takes_anothers_passkey_away(client: FlaskClient, cast: Cast, phone: Device) -> None:
    sign_in(client, cast.gus)
    number = keys()[0].id
    assert client.get(f"/account/passkeys/{number}/remove").status_code == 404
    assert client.post(f"/account/passkeys/{number}/remove").status_code == 404
    assert len(keys()) == 1


def test_passkeys_need_a_fresh_sign_in(client: FlaskClient, rita: User, phone: Device) -> None:
    sign_in(client, rita, fresh=False)
    number = keys()[0].id
    for path in ("/account/passkeys", f"/account/passkeys/{number}/remove", "/account/passkeys/token"):
        answer = client.post(path)
        assert answer.status_code == 303 and answer.location.startswith("/account/verify"), path


def test_eleventh_answer_is_not_looked_at(client: FlaskClient, phone: Device) -> None:
    for _ in range(10):
        client.post("/sign-in/passkey/made-up")
    assert client.post("/sign-in/passkey/made-up").status_code == 429
