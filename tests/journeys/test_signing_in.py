"""Signing in with a real browser: by keyboard and without script, and every page of it under axe."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from passlib.totp import TOTP
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.core.database import transaction
from tests.accounts.signing import PASSWORD, link_in, outbox
from tests.factories.accounts import make_user
from tests.journeys.conftest import WIDTHS
from tests.signing_in import browser_cookie

ADDRESS = "rowena@example.org"

PUBLIC = (
    "/sign-in",
    "/account/register",
    "/account/forgotten",
    "/account/confirm",
    "/account/confirm/token",
    "/sign-out/done",
    "/sign-in/passkey",
)
OWN = ("/account/password", "/account/second-step", "/account/recovery-codes", "/account/passkeys", "/account/verify")


@pytest.fixture
def rowena(app: Flask) -> User:
    """Somebody with a password."""
    with app.app_context(), transaction():
        return make_user("Rowena Rowe", email=ADDRESS, password=PASSWORD)


def key_in(page: Page) -> TOTP:
    return TOTP(key=page.locator("code.key").inner_text().replace(" ", ""))


def check(page: Page, axe: Callable[[Page], list[str]]) -> None:
    """Fail when axe finds something, or when the page scrolls sideways."""
    page.wait_for_load_state("networkidle")
    assert axe(page) == [], page.url
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} scrolls sideways by {overflow} px"


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_that_everybody_may_open(
    width: int, rowena: User, open_page: Callable[..., Page], axe: Callable[[Page], list[str]]
) -> None:
    page = open_page(PUBLIC[0], width=width)
    for path in PUBLIC:
        page.goto(path)
        check(page, axe)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    check(page, axe)
    page.goto("/account/register")
    page.get_by_role("button", name="Make the account").click()
    check(page, axe)
    page.goto("/account/forgotten")
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_role("button", name="Send me the link").click()
    check(page, axe)


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_of_the_own_account(
    width: int,
    app: Flask,
    rowena: User,
    live_url: str,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
) -> None:
    page = open_page("/sign-in", width=width)
    page.context.add_cookies([browser_cookie(app, rowena, live_url)])  # type: ignore[list-item]
    for path in OWN:
        page.goto(path)
        check(page, axe)
    page.goto("/account/second-step")
    page.get_by_label("Code").fill(str(key_in(page).generate().token))
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Make ten new codes").click()
    expect(page.locator(".codes li")).to_have_count(10)
    check(page, axe)
    page.goto("/account/second-step/remove")
    check(page, axe)


def test_signs_in_by_keyboard_and_out(rowena: User, open_page: Callable[..., Page]) -> None:
    page = open_page("/sign-in", width=320)
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(ADDRESS)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_url("**/sign-out/done")
    page.goto("/account")
    assert "/sign-in" in page.url


def test_fields_say_what_they_are_to_password_managers(
    rowena: User, app: Flask, live_url: str, open_page: Callable[..., Page]
) -> None:
    page = open_page("/sign-in")

    def kinds() -> list[str | None]:
        fields = page.locator("main input:not([type=hidden])").all()
        return [field.get_attribute("autocomplete") for field in fields]

    assert kinds() == ["username", "current-password"]
    page.goto("/account/register")
    assert kinds() == ["name", "username", "new-password"]
    page.context.add_cookies([browser_cookie(app, rowena, live_url)])  # type: ignore[list-item]
    page.goto("/account/password")
    assert kinds() == ["username", "current-password", "new-password"]
    page.goto("/account/second-step")
    assert kinds() == ["one-time-code"]


@pytest.mark.parametrize("script", [True, False])
def test_second_step_from_set_up_to_recovery(
    script: bool, app: Flask, rowena: User, open_page: Callable[..., Page], clock: object
) -> None:
    page = open_page("/sign-in", script=script)

    def give_password() -> None:
        page.goto("/sign-in")
        page.get_by_label("E-mail address").fill(ADDRESS)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()

    give_password()
    page.goto("/account/second-step")
    authenticator = key_in(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Save").click()
    assert key_in(page).base32_key == authenticator.base32_key
    page.get_by_label("Code").fill(str(authenticator.generate().token))
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Make ten new codes").click()
    codes = page.locator(".codes code").all_inner_texts()
    page.get_by_role("button", name="Sign out").first.click()
    clock.shift(60)  # type: ignore[attr-defined]
    give_password()
    page.get_by_label("Code").fill(str(authenticator.generate().token))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/account$"))
    page.get_by_role("button", name="Sign out").first.click()
    give_password()
    page.get_by_role("link", name="I cannot get a code").click()
    page.get_by_role("link", name="Enter a recovery code").click()
    page.get_by_label("Recovery code").fill(codes[0].upper())
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/account$"))


def test_replaces_a_forgotten_password_without_script(app: Flask, rowena: User, open_page: Callable[..., Page]) -> None:
    page = open_page("/sign-in", script=False)
    page.get_by_role("link", name="I have forgotten my password").click()
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your e-mail")
    with app.app_context():
        link = link_in(outbox()[-1])
    page.goto(link)
    page.get_by_label("Choose a new password").fill("too short")
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("alert")).to_contain_text("at least 12 letters")
    page.get_by_label("Choose a new password").fill("seven green umbrellas")
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("status").first).to_contain_text("Your new password is saved")
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_label("Password", exact=True).fill("seven green umbrellas")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/account")
