"""The organisation's own sign-in: who gets in by it, and every way to lie about it."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.models import OutsideIdentity, User
from portal.accounts.roles import Role
from portal.core.database import db, transaction
from portal.core.settings import Settings
from tests.accounts import provider as providers
from tests.accounts.authenticator import Device, question_in
from tests.accounts.provider import Provider
from tests.accounts.signing import acts
from tests.factories.accounts import Cast, make_member, make_user
from tests.signing_in import sign_in


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providers.serve() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, provider: Provider) -> Settings:
    """A site that knows an organisation's sign-in."""
    return dataclasses.replace(
        settings,
        oidc_issuer=provider.issuer,
        oidc_client_id=providers.CLIENT,
        oidc_client_secret=providers.SECRET,
    )


@pytest.fixture
def lena(cast: Cast, provider: Provider) -> User:
    """The link worker, whom the organisation knows by the same address."""
    provider.person["email"] = cast.lena.email
    return cast.lena


def way_back(client: FlaskClient, provider: Provider, path: str = "/sign-in/organisation") -> str:
    """Go to the provider, sign in there, and return where it sends the browser."""
    there = client.get(path)
    assert there.status_code == 302, there.text
    assert there.location.startswith(f"{provider.issuer}/authorize?")
    return provider.sign_in(there.location)


def go(client: FlaskClient, provider: Provider, path: str = "/sign-in/organisation") -> Any:
    return client.get(way_back(client, provider, path))


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def passed_second_step(client: FlaskClient) -> bool:
    with client.session_transaction() as session:
        return "second_factor_at" in session


def identities() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(OutsideIdentity)) or 0


def test_signs_staff_in_and_remembers_them(client: FlaskClient, lena: User, provider: Provider) -> None:
    assert "Sign in with your organisation" in client.get("/sign-in").text
    answer = go(client, provider, "/sign-in/organisation?next=/account/sessions")
    assert (answer.status_code, answer.location) == (302, "/account/sessions")
    assert is_signed_in(client) and not passed_second_step(client)
    assert identities() == 1
    assert [act for act in acts(lena) if act in {"identity:link", "sign-in:accept"}] == [
        "identity:link",
        "sign-in:accept",
    ]
    asked = provider.asked[0]
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len(asked["nonce"]) >= 16 and len(asked["state"]) >= 16 and asked["scope"] == "openid email profile"


def test_knows_who_was_linked_by_name_and_not_by_address(
    app: Flask, client: FlaskClient, lena: User, provider: Provider
) -> None:
    go(client, provider)
    provider.person |= {"email": "lena.married@example.org", "email_verified": False}
    later = app.test_client()
    assert go(later, provider).status_code == 302 and is_signed_in(later)
    assert identities() == 1


def test_an_address_that_went_to_somebody_else_opens_nothing(
    app: Flask, client: FlaskClient, lena: User, provider: Provider
) -> None:
    go(client, provider)
    provider.person["sub"] = "a new colleague"
    later = app.test_client()
    assert go(later, provider).status_code == 400 and not is_signed_in(later)


@pytest.mark.parametrize("methods", [["mfa"], ["pwd", "otp"], ["hwk", "fpt"], ["pwd", "sc"]])
def test_two_factors_there_are_two_factors_here(
    client: FlaskClient, lena: User, provider: Provider, methods: list[str]
) -> None:
    provider.person["amr"] = methods
    assert go(client, provider).location == "/account"
    assert passed_second_step(client)


@pytest.mark.parametrize("methods", [["pwd"], ["otp"], ["hwk", "sc"], [], ["kba", "sms"], [1, None]])
def test_one_factor_there_is_one_here(client: FlaskClient, lena: User, provider: Provider, methods: list[Any]) -> None:
    provider.person["amr"] = methods
    go(client, provider)
    assert is_signed_in(client) and not passed_second_step(client)


def test_asks_for_the_own_second_step_after_one_factor(
    app: Flask, client: FlaskClient, lena: User, provider: Provider
) -> None:
    own = sign_in(app.test_client(), lena)
    question, address = question_in(own.post("/account/passkeys", data={"name": "Laptop"}).text)
    device = Device()
    own.post(address, data={"credential": device.make(question)})
    asked = go(client, provider)
    assert asked.location.startswith("/sign-in/passkey") and not is_signed_in(client)
    question, address = question_in(client.post(asked.location).text)
    assert client.post(address, data={"credential": device.show(question)}).status_code == 302
    assert is_signed_in(client) and passed_second_step(client)


@pytest.mark.parametrize(
    "who", ["not verified", "verified as text", "a stranger", "no address", "not staff", "off", "unconfirmed"]
)
def test_lets_nobody_else_in_and_makes_no_accounts(
    client: FlaskClient, lena: User, provider: Provider, who: str
) -> None:
    with transaction() as session:
        user = session.get_one(User, lena.id)
        match who:
            case "not verified":
                provider.person["email_verified"] = False
            case "verified as text":
                provider.person["email_verified"] = "true"
            case "a stranger":
                provider.person["email"] = "stranger@example.org"
            case "no address":
                del provider.person["email"]
            case "not staff":
                provider.person["email"] = make_user("Rory Resident").email
            case "off":
                user.active = False
            case "unconfirmed":
                user.confirmed_at = None
    count = db.session.scalar(sa.select(sa.func.count()).select_from(User))
    answer = go(client, provider)
    assert answer.status_code == 400 and "there is no staff account here" in answer.text
    assert not is_signed_in(client) and identities() == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(User)) == count
    assert acts()[-1] == "sign-in:refused"


def test_who_is_no_longer_staff_gets_in_no_more(
    app: Flask, client: FlaskClient, lena: User, provider: Provider
) -> None:
    go(client, provider)
    with transaction() as session:
        for membership in session.get_one(User, lena.id).memberships:
            membership.ended_at, membership.ended_by = membership.begun_at, "user:test"
    later = app.test_client()
    assert go(later, provider).status_code == 400 and not is_signed_in(later)


WRONG = ["nonce", "audience", "unsigned", "our own secret", "another key", "old", "no token", "no subject"]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_answers_open_nothing(client: FlaskClient, lena: User, provider: Provider, wrong: str) -> None:
    provider.wrong = wrong
    answer = go(client, provider)
    assert answer.status_code == 400 and "did not say who you are" in answer.text
    assert not is_signed_in(client) and identities() == 0


@pytest.mark.parametrize("wrong", ["issuer", "no answer"])
def test_a_provider_that_is_another_or_away_is_not_asked(
    client: FlaskClient, lena: User, provider: Provider, wrong: str
) -> None:
    provider.wrong = wrong
    answer = client.get("/sign-in/organisation")
    assert answer.status_code == 400 and "does not answer" in answer.text


def test_a_forged_state_opens_nothing(client: FlaskClient, lena: User, provider: Provider) -> None:
    back = way_back(client, provider)
    assert client.get(back.split("&state=")[0] + "&state=forged").status_code == 400
    assert client.get(back.split("&state=")[0]).status_code == 400
    assert client.get("/sign-in/organisation/back").status_code == 400
    assert client.get("/sign-in/organisation/back?error=access_denied&error_description=<b>x</b>").status_code == 400
    assert not is_signed_in(client)


def test_an_answer_serves_the_browser_that_asked(
    app: Flask, client: FlaskClient, lena: User, provider: Provider
) -> None:
    back = way_back(client, provider)
    victim = app.test_client()
    victim.get("/sign-in/organisation")
    assert victim.get(back).status_code == 400
    assert not is_signed_in(victim)


def test_an_answer_serves_once(client: FlaskClient, lena: User, provider: Provider) -> None:
    back = way_back(client, provider)
    assert client.get(back).status_code == 302
    client.post("/sign-out")
    assert client.get(back).status_code == 400
    # Even with a state that is good, the code has been used.
    state = way_back(client, provider).split("&state=")[1]
    assert client.get(back.split("&state=")[0] + f"&state={state}").status_code == 400
    assert not is_signed_in(client)


def test_a_verifier_of_another_question_opens_nothing(
    app: Flask, client: FlaskClient, lena: User, provider: Provider
) -> None:
    thief = app.test_client()
    stolen = way_back(client, provider)
    own = way_back(thief, provider)
    assert thief.get(stolen.split("&state=")[0] + "&state=" + own.split("&state=")[1]).status_code == 400
    assert not is_signed_in(thief)


def test_eleventh_answer_is_not_looked_at(client: FlaskClient, lena: User, provider: Provider) -> None:
    for _ in range(10):
        assert client.get("/sign-in/organisation/back?code=x&state=y").status_code == 400
    assert client.get("/sign-in/organisation/back?code=x&state=y").status_code == 429


def test_shows_once_more_who_it_is(client: FlaskClient, lena: User, provider: Provider) -> None:
    go(client, provider)
    with client.session_transaction() as session:
        session["fs_paa"] = session["fs_paa"] - 3600
    asked = client.get("/account/second-step")
    assert "Sign in with your organisation again" in client.get(asked.location).text
    answer = go(client, provider, "/sign-in/organisation?next=/account/second-step")
    assert provider.asked[-1]["prompt"] == "login" and provider.asked[-1]["max_age"] == "0"
    assert answer.location == "/account/second-step"
    assert client.get("/account/second-step").status_code == 200


@pytest.mark.parametrize("said", ["a stranger", "a colleague", "remembered", "no time"])
def test_shows_nothing_when_it_was_another_or_not_asked(
    app: Flask, client: FlaskClient, cast: Cast, lena: User, provider: Provider, said: str
) -> None:
    go(client, provider)
    if said == "a colleague":
        provider.person |= {"sub": "omar-at-work", "email": cast.omar.email}
        assert go(app.test_client(), provider).status_code == 302
    with client.session_transaction() as session:
        session["fs_paa"] = session["fs_paa"] - 3600
    match said:
        case "a stranger":
            provider.person["sub"] = "somebody else"
        case "remembered":
            provider.person["auth_time"] = 1_700_000_000
        case "no time":
            provider.person["auth_time"] = None
    assert go(client, provider).status_code == 400
    assert client.get("/account/second-step").status_code == 303


def test_goes_on_to_this_site_only(client: FlaskClient, lena: User, provider: Provider) -> None:
    assert go(client, provider, "/sign-in/organisation?next=https://evil.example.org").location == "/account"


class TestWithoutOrganisation:
    """A site that was not told of one."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, oidc_issuer="")

    def test_has_no_such_pages(self, client: FlaskClient) -> None:
        assert "organisation" not in client.get("/sign-in").text
        assert client.get("/sign-in/organisation").status_code == 404
        assert client.get("/sign-in/organisation/back?code=x&state=y").status_code == 404


def test_roles_that_are_staff_are_staff(client: FlaskClient, cast: Cast, provider: Provider) -> None:
    with transaction():
        mo = make_member(Role.MODERATOR, name="Mona Moderator")
        provider.person["email"] = mo.email
    assert go(client, provider).status_code == 302
