"""Every page in a real browser: axe finds nothing, nothing scrolls sideways, and no script or policy complains."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page

from portal.core.database import db
from portal.directory.models import Organisation, Service
from tests.journeys.conftest import WIDTHS, Complaints

PATHS = (
    "/",
    "/services",
    "/services?q=lunch&where=SE13+6LG&radius=2",
    "/services?q=lunch&where=SE13+6LG&view=map",
    "/services?kind=place&view=map",
    "/services?view=map",
    "/services?q=skint+and+lonely&view=map",
    "/services?q=zeppelin+mooring&where=SE6+4RU&cost=free",
    "/services?where=SE99+9ZZ&age=999",
    "/services/SERVICE",
    "/organisations/ORGANISATION",
    "/categories/food",
    "/areas/north",
    "/shortlist",
    "/shortlist/FILLED",
    "/shortlist/shared?s=broken",
    "/needs",
    "/help-now",
    "/about",
    "/why-this-order",
    "/accessibility",
    "/privacy",
    "/cookies",
)


def fill_in(path: str, app: Flask) -> str:
    with app.app_context():
        service = db.session.scalars(sa.select(Service).where(Service.name == "Warm Welcome Mornings")).one()
        organisation = db.session.get(Organisation, service.organisation_id)
        assert organisation is not None
        return path.replace("SERVICE", str(service.id)).replace("ORGANISATION", str(organisation.id))


def open_filled(path: str, app: Flask, open_page: Callable[..., Page], width: int) -> Page:
    if path == "/shortlist/FILLED":
        page = open_page(fill_in("/services/SERVICE", app), width=width)
        page.get_by_role("button", name="Save").first.click()
        page.goto("/shortlist")
    else:
        page = open_page(fill_in(path, app), width=width)
    if "view=map" in path:
        page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("path", PATHS)
def test_page(path: str, app: Flask, open_page: Callable[..., Page], axe: Callable[[Page], list[str]]) -> None:
    page = open_filled(path, app, open_page, WIDTHS[0])
    for width in WIDTHS:
        # No script looks at the width of a page but that of the map, which is drawn anew.
        if "view=map" in path and width != WIDTHS[0]:
            page = open_filled(path, app, open_page, width)
        page.set_viewport_size({"width": width, "height": 900})
        assert axe(page) == []
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} scrolls sideways by {overflow} px at {width} px"
        assert page.locator("h1").count() == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_page_that_is_not_there(
    width: int, open_page: Callable[..., Page], axe: Callable[[Page], list[str]], complaints: Complaints
) -> None:
    page = open_page("/nothing-here", width=width)
    assert axe(page) == []
    assert page.get_by_role("search").count() == 1
    assert [text for text in complaints if "404" not in text] == []
    complaints.clear()


@pytest.mark.parametrize("width", WIDTHS)
def test_page_that_broke(
    width: int,
    app: Flask,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    complaints: Complaints,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> str:
        raise RuntimeError("secret detail")

    monkeypatch.setitem(app.view_functions, "search.help_now", broken)
    page = open_page("/help-now", width=width)
    assert page.get_by_role("heading", level=1).inner_text() == "Something broke on our side"
    assert axe(page) == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"scrolls sideways by {overflow} px at {width} px"
    assert [text for text in complaints if "500" not in text] == []
    complaints.clear()
