"""Passkeys in a real browser, with an authenticator that the browser plays itself."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.core.database import transaction
from tests.accounts.signing import PASSWORD
from tests.factories.accounts import make_user
from tests.journeys.conftest import WIDTHS, Complaints

ADDRESS = "rowena@example.org"
DEVICE: dict[str, Any] = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def rowena(app: Flask) -> User:
    """Somebody with a password."""
    with app.app_context(), transaction():
        return make_user("Rowena Rowe", email=ADDRESS, password=PASSWORD)


@pytest.fixture
def start(live_url: str) -> str:
    """The sign-in page under a name: a passkey belongs to a name, never to a number."""
    return live_url.replace("127.0.0.1", "localhost") + "/sign-in"


def with_device(page: Page, **options: Any) -> Any:
    """Give the browser a device, and return the line to it and its number."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    made = line.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | options})
    return line, made["authenticatorId"]


def give_password(page: Page) -> None:
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def go(page: Page, start: str, path: str) -> None:
    page.goto(start.replace("/sign-in", path))


def add(page: Page, start: str) -> None:
    go(page, start, "/account/passkeys")
    page.get_by_label("Name of this passkey").fill("My phone")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("status").first).to_contain_text("Your passkey “My phone” is ready")


@pytest.mark.parametrize("width", WIDTHS)
def test_adds_signs_in_and_takes_away(
    width: int, rowena: User, start: str, open_page: Callable[..., Page], axe: Callable[[Page], list[str]]
) -> None:
    page = open_page(start, width=width)
    line, device = with_device(page)
    give_password(page)
    page.wait_for_url("**/account")
    add(page, start)
    assert axe(page) == []
    assert len(line.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1
    page.get_by_role("button", name="Sign out").first.click()
    # First alone, then after the password, then once more before something that matters.
    page.goto(start)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/account")
    page.get_by_role("button", name="Sign out").first.click()
    page.goto(start)
    give_password(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("The second step: your passkey")
    assert axe(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/account")
    go(page, start, "/account/verify")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/account")
    go(page, start, "/account/passkeys")
    page.get_by_role("link", name="Take away").click()
    assert axe(page) == []
    page.get_by_role("button", name="Take it away").click()
    expect(page.get_by_text("You have none yet.")).to_be_visible()


def test_says_what_to_do_when_the_device_refuses(
    rowena: User, start: str, open_page: Callable[..., Page], axe: Callable[[Page], list[str]]
) -> None:
    page = open_page(start)
    line, device = with_device(page)
    give_password(page)
    page.wait_for_url("**/account")
    add(page, start)
    page.get_by_role("button", name="Sign out").first.click()
    line.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto(start)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("[data-passkey-says]")).to_contain_text("That did not work, or it was stopped")
    assert axe(page) == []
    line.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url("**/account")


def test_without_script_nothing_is_offered_that_cannot_work(
    rowena: User, start: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(start, script=False)
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    give_password(page)
    go(page, start, "/account/passkeys")
    expect(page.get_by_role("button", name="Add it")).to_have_count(0)
    expect(page.get_by_text("switch on script in your browser")).to_be_visible()


def test_a_browser_that_knows_no_passkeys_is_told_so(
    rowena: User, start: str, open_page: Callable[..., Page], complaints: Complaints
) -> None:
    page = open_page(start)
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(start)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("[data-passkey-says]")).to_contain_text("does not know passkeys")
    assert complaints == []
