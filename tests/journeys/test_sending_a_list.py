"""Somebody sends a list to a friend, by keyboard, without script and on a phone; administrators see that it left."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from portal.accounts.roles import Role
from portal.core import jobs
from portal.core.database import db
from tests.factories.accounts import make_member
from tests.journeys.conftest import WIDTHS
from tests.journeys.test_every_page import fill_in
from tests.signing_in import browser_cookie


@pytest.fixture
def letter(app: Flask, tmp_path: Path) -> Callable[[], str]:
    """The text of the one e-mail that has left."""

    def read() -> str:
        with app.app_context():
            assert jobs.settle()
        [path] = (tmp_path / "mail").rglob("*.eml")
        body = message_from_bytes(path.read_bytes(), policy=default).get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    return read


def save_one(page: Page, app: Flask) -> None:
    page.goto(fill_in("/services/SERVICE", app))
    page.get_by_role("button", name="Save").first.click()
    page.goto("/shortlist")


def no_sideways(page: Page) -> None:
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} scrolls sideways by {overflow} px"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_by_keyboard(
    app: Flask,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    letter: Callable[[], str],
    width: int,
    script: bool,
) -> None:
    page = open_page("/", width=width, script=script)
    save_one(page, app)
    field = page.get_by_label("Send it to this e-mail address")
    for _ in range(60):
        page.keyboard.press("Tab")
        if field.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.type("friend at example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="One thing to put right")).to_be_visible()
    expect(field).to_have_value("friend at example.org")
    expect(field).to_have_attribute("aria-invalid", "true")
    if script:
        assert axe(page) == []
    no_sideways(page)
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("friend@example.org")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your list is on its way")
    if script:
        assert axe(page) == []
    no_sideways(page)

    text = letter()
    assert "1. Warm Welcome Mornings" in text
    links = re.findall(r"http://127\.0\.0\.1:\d+(/shortlist/\S+)", text)
    friend = open_page(links[0], width=width, script=script)
    expect(friend.get_by_role("heading", level=1)).to_have_text("A list for you")
    friend.goto(links[1])
    if script:
        assert axe(friend) == []
    no_sideways(friend)
    friend.get_by_role("button", name="Do not send me lists").press("Enter")
    expect(friend.get_by_role("heading", level=1)).to_have_text("We will not send you lists any more")
    if script:
        assert axe(friend) == []
    expect(friend.get_by_role("button", name="Send me lists after all")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_administrators_see_that_it_left_and_change_the_words(
    app: Flask,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    letter: Callable[[], str],
    live_url: str,
    width: int,
) -> None:
    page = open_page("/", width=width)
    save_one(page, app)
    page.get_by_label("Send it to this e-mail address").fill("friend@example.org")
    page.get_by_role("button", name="Send the list").click()
    letter()
    with app.app_context():
        ada = make_member(Role.ADMINISTRATOR, name="Ann Other")
        db.session.commit()
        cookie = browser_cookie(app, ada, live_url)
    page.context.add_cookies([cookie])  # type: ignore[list-item]

    page.goto("/admin/outbox")
    expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    page.get_by_role("link", name="A shortlist by e-mail").click()
    expect(page.get_by_text("E-mail, to example.org")).to_be_visible()
    expect(page.get_by_text("friend")).to_have_count(0)
    for path in ("/admin/outbox", page.url, "/admin/outbox/replies", "/admin/outbox/addresses", "/admin/wording"):
        page.goto(path)
        assert axe(page) == [], path
        no_sideways(page)

    page.get_by_role("link", name="A shortlist by e-mail").click()
    text = page.get_by_label("E-mail", exact=True)
    text.fill(text.input_value().replace("Hello,", "Good day,"))
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_role("heading", name="This is how the e-mail will read")).to_be_visible()
    assert axe(page) == []
    no_sideways(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("The wording is changed")
    expect(text).to_have_value(re.compile("^Good day,"))
    assert axe(page) == []
