"""An administrator's pages about the site in a real browser: axe finds nothing, and all works without script."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page

from portal.accounts.roles import Role
from portal.core.database import transaction
from portal.core.site import site
from portal.directory import calendar
from tests.factories.accounts import make_membership, make_user
from tests.journeys.conftest import WIDTHS
from tests.signing_in import session_cookie

PATHS = (
    "/admin/site",
    "/admin/crisis-numbers",
    "/admin/crisis-numbers/new",
    "/admin/crisis-numbers/999",
    "/admin/vocabularies",
    "/admin/vocabularies/need",
    "/admin/vocabularies/reason",
    "/admin/vocabularies/need/loneliness",
    "/admin/vocabularies/reason/new",
    "/admin/dates",
    "/admin/dates/terms/new",
    "/admin/statements",
    "/admin/statements/privacy",
    "/admin/statements/privacy/versions/0",
    "/privacy",
    "/cookies",
)


@pytest.fixture
def as_ada(app: Flask, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page as an administrator."""
    with app.app_context():
        with transaction():
            ada = make_user("Ada Administers")
            make_membership(ada, Role.ADMINISTRATOR)
        name, token = session_cookie(app, ada)

    cookie = {
        "name": name, "value": token, "domain": "127.0.0.1", "path": "/",
        "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax",
    }  # fmt: skip

    def open_it(path: str, **options: Any) -> Page:
        return open_page(path, storage_state={"cookies": [cookie], "origins": []}, **options)

    return open_it


def look(page: Page, name: str) -> None:
    if folder := os.environ.get("SITE_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name.strip('/').replace('/', '-')}.png", full_page=True)


def is_sound(page: Page, axe: Callable[[Page], list[str]]) -> None:
    assert axe(page) == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} scrolls sideways by {overflow} px"
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page(width: int, as_ada: Callable[..., Page], axe: Callable[[Page], list[str]]) -> None:
    page = as_ada("/admin", width=width)
    for path in PATHS:
        response = page.goto(path)
        assert response is not None and response.status == 200, path
        look(page, f"{path}-{width}")
        is_sound(page, axe)


@pytest.mark.parametrize("width", WIDTHS)
def test_faults_and_two_editors(width: int, as_ada: Callable[..., Page], axe: Callable[[Page], list[str]]) -> None:
    page = as_ada("/admin/site", width=width)
    page.get_by_label("Main colour").fill("#ffd700")
    page.get_by_label("Name of the site").fill("")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Enter the name of the site").click()
    assert page.evaluate("document.activeElement.id") == "name"
    look(page, f"site-faults-{width}")
    is_sound(page, axe)
    other = page.context.new_page()
    other.goto("/admin/site")
    page.goto("/admin/site")
    for one, name, colour in ((page, "Nearby", "#005ea5"), (other, "Round Here", "#6a2353")):
        one.get_by_label("Name of the site").fill(name)
        one.get_by_label("Main colour").fill(colour)
        one.get_by_role("button", name="Save").click()
    assert other.get_by_label("Name of the site").input_value() == "Round Here"
    look(other, f"site-meanwhile-{width}")
    look(page, f"site-blue-{width}")
    is_sound(other, axe)
    is_sound(page, axe)
    page.goto("/")
    look(page, f"home-blue-{width}")
    is_sound(page, axe)


def test_by_keyboard_without_script(as_ada: Callable[..., Page], app: Flask) -> None:
    page = as_ada("/admin/crisis-numbers/new", script=False)
    page.get_by_label("Whom people reach").focus()
    for text in ("Shout", "85258", "Text if you cannot talk."):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Move up Shout").press("Enter")
    page.goto("/admin/statements/cookies")
    page.get_by_role("textbox", name="Text").fill("# One cookie\n- for {name}")
    page.get_by_role("button", name="Look at it first").press("Enter")
    assert page.get_by_role("heading", name="One cookie").is_visible()
    page.get_by_role("button", name="Save").press("Enter")
    page.goto("/cookies")
    assert page.get_by_role("listitem").filter(has_text="for Hereabouts").is_visible()
    page.goto("/admin/dates/terms/new")
    page.get_by_label("Name").fill("Spring 2028")
    page.get_by_label("First day of school").fill("2028-01-04")
    page.get_by_label("Last day of school").fill("2028-02-11")
    page.get_by_label("Last day of school").press("Enter")
    assert page.get_by_role("heading", name="Bank holidays and school terms").is_visible()
    with app.app_context():
        assert [line.name for line in site().crisis_lines][-2:] == ["Shout", "Childline"]
        assert calendar.newest().terms[-1].name == "Spring 2028"
