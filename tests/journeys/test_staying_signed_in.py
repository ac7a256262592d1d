"""Staying signed in: the warning before a session ends, by keyboard, in two tabs, and without losing what was typed."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from time_machine import Traveller

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.core.database import db, transaction
from tests.factories.accounts import make_member, make_team
from tests.journeys.conftest import WIDTHS
from tests.signing_in import browser_cookie

WORRY = "The landlord wants her out by Friday."


@pytest.fixture
def lena(app: Flask) -> User:
    with app.app_context():
        with transaction():
            made = make_member(Role.LINK_WORKER, make_team("East side"), name="Lena Lowe")
        db.session.expunge_all()
        db.session.remove()
    return made


@pytest.fixture
def at_work(
    app: Flask, live_url: str, lena: User, open_page: Callable[..., Page], clock: Traveller
) -> Callable[..., Page]:
    """Open a page with Lena signed in, the browser's clock in step with the server's."""

    def open_it(path: str = "/services", **options: object) -> Page:
        page = open_page("/accessibility", **options)
        page.context.add_cookies([browser_cookie(app, lena, live_url)])  # type: ignore[list-item]
        page.clock.install(time=dt.datetime.now(dt.UTC))
        page.goto(path)
        return page

    return open_it


def wait(page: Page, clock: Traveller, minutes: float) -> None:
    """Let time pass, for the server and in the browser."""
    clock.shift(dt.timedelta(minutes=minutes))
    page.clock.fast_forward(int(minutes * 60_000))


def left(page: Page) -> int:
    return int(page.evaluate("fetch('/account/stay').then(answer => answer.json()).then(said => said.seconds)"))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_warning_comes_two_minutes_before_and_is_for_everybody(
    width: int, at_work: Callable[..., Page], clock: Traveller, axe: Callable[[Page], list[str]]
) -> None:
    page = at_work(width=width)
    dialog = page.get_by_role("dialog")
    wait(page, clock, 12.8)
    expect(dialog).to_be_hidden()
    wait(page, clock, 0.4)
    expect(dialog).to_be_visible()
    expect(dialog).to_have_accessible_name("Are you still there?")
    expect(dialog).to_have_accessible_description(
        "You will be signed out in 2 minutes, to keep people’s details safe. What you have typed stays on this page."
    )
    assert page.title().startswith("Are you still there?")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    wait(page, clock, 1)
    expect(dialog).to_contain_text(re.compile("in (1|less than a) minute"))


def test_staying_by_keyboard(at_work: Callable[..., Page], clock: Traveller) -> None:
    page = at_work()
    field = page.locator("#q")
    field.fill(WORRY)
    wait(page, clock, 13.2)
    button = page.get_by_role("button", name="Stay signed in")
    expect(button).to_be_focused()
    # The focus stays within the dialog, however often Tab is pressed.
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(field).to_be_focused()
    expect(field).to_have_value(WORRY)
    assert left(page) > 880
    wait(page, clock, 13.2)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert left(page) > 880


def test_another_tab_keeps_this_one_alive(at_work: Callable[..., Page], clock: Traveller) -> None:
    page = at_work()
    clock.shift(dt.timedelta(minutes=10))
    other = page.context.new_page()
    other.goto("/account")
    page.clock.fast_forward(10 * 60_000)
    wait(page, clock, 3.2)
    expect(page.get_by_role("dialog")).to_be_hidden()
    wait(page, clock, 10)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_what_was_typed_outlives_the_session(
    app: Flask,
    live_url: str,
    lena: User,
    at_work: Callable[..., Page],
    clock: Traveller,
    axe: Callable[[Page], list[str]],
) -> None:
    page = at_work()
    page.locator("#q").fill(WORRY)
    wait(page, clock, 13.2)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_accessible_name("Are you still there?")
    wait(page, clock, 2)
    expect(dialog).to_have_accessible_name("You are signed out")
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    old = page.locator("main input[name=csrf_token], dialog input[name=csrf_token]").first.input_value()
    # She signs in in another tab.
    page.context.add_cookies([browser_cookie(app, lena, live_url)])  # type: ignore[list-item]
    page.get_by_role("button", name="I have signed in").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#q")).to_have_value(WORRY)
    assert page.locator("input[name=csrf_token]").first.input_value() != old


def test_somebody_else_does_not_see_what_is_behind(
    app: Flask, live_url: str, at_work: Callable[..., Page], clock: Traveller
) -> None:
    page = at_work()
    page.locator("#q").fill(WORRY)
    wait(page, clock, 15.2)
    expect(page.get_by_role("dialog")).to_have_accessible_name("You are signed out")
    with app.app_context():
        with transaction():
            omar = make_member(Role.LINK_WORKER, make_team("West side"), name="Omar Osei")
        page.context.add_cookies([browser_cookie(app, omar, live_url)])  # type: ignore[list-item]
        db.session.remove()
    page.get_by_role("button", name="I have signed in").click()
    page.wait_for_url("**/account")
    expect(page.locator("main")).to_contain_text("Omar Osei")


def test_twelve_hours_cannot_be_made_longer(at_work: Callable[..., Page], clock: Traveller) -> None:
    page = at_work("/account")
    for _ in range(61):
        clock.shift(dt.timedelta(minutes=11.7))
        page.goto("/account")
    page.clock.set_system_time(dt.datetime.now(dt.UTC))
    wait(page, clock, 4.8)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_accessible_name("You will be signed out soon")
    page.get_by_role("button", name="Go on").click()
    expect(dialog).to_be_hidden()
    wait(page, clock, 2.2)
    expect(dialog).to_have_accessible_name("You are signed out")


def test_without_script_the_sign_in_page_says_why(at_work: Callable[..., Page], clock: Traveller) -> None:
    page = at_work("/account", script=False)
    clock.shift(dt.timedelta(minutes=15.1))
    page.goto("/account/sessions")
    expect(page.locator("main")).to_contain_text("You were signed out because nothing was done for a while")


def test_nobody_is_warned_who_is_not_signed_in(open_page: Callable[..., Page]) -> None:
    page = open_page("/services")
    assert page.locator("dialog").count() == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_of_the_account(
    width: int, app: Flask, live_url: str, lena: User, at_work: Callable[..., Page], axe: Callable[[Page], list[str]]
) -> None:
    page = at_work("/account", width=width)
    assert axe(page) == []
    browser_cookie(app, lena, live_url, browser="Chrome on Android")
    page.get_by_role("link", name="Where you are signed in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Where you are signed in")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    button = page.get_by_role("button", name="Sign out Chrome on Android")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Chrome on Android")).to_have_count(0)
