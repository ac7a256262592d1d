"""Needs that the words speak of are offered, and moderators see why things stand in this order, on a phone."""

import re
from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Page, expect

from portal.accounts.queries.users import find_user_by_written_address
from portal.core.database import db
from tests.signing_in import browser_cookie

Open = Callable[..., Page]
Axe = Callable[[Page], list[str]]


def test_a_need_is_chosen_without_script(open_page: Open) -> None:
    page = open_page("/services?q=skint", width=320, script=False)
    offered = page.get_by_role("link", name=re.compile("^Show only help with"))
    expect(offered.first).to_be_visible()
    assert (offered.first.bounding_box() or {"height": 0})["height"] >= 44
    offered.first.click()
    expect(page).to_have_url(re.compile(r"q=skint&need="))
    expect(page.get_by_role("article").first).to_be_visible()
    page.get_by_role("link", name="Why this order?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why this order?")


def test_a_moderator_sees_points_on_a_phone(app: Flask, live_url: str, open_page: Open, axe: Axe) -> None:
    page = open_page("/about", width=320)
    with app.app_context():
        mo = find_user_by_written_address("mo@example.org")
        assert mo is not None
        page.context.add_cookies([browser_cookie(app, mo, live_url)])  # type: ignore[list-item]
        db.session.remove()
    page.goto("/services?q=lunch&where=SE13+6LG")
    page.get_by_role("link", name="Show the points").click()
    page.get_by_text(re.compile("points: why .* stands here")).first.click()
    expect(page.get_by_role("table").first).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
