"""A narrow screen: what matters most comes first, and nothing on the map lies under something else."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.journeys.test_every_page import fill_in

Open = Callable[..., Page]

ICONS_THAT_TOUCH = """() => {
    const icons = [...document.querySelectorAll('.pin, .cluster, .leaflet-control-zoom a')];
    const boxes = icons.map((icon) => [icon, icon.getBoundingClientRect()]);
    const touch = ([, a], [, b]) =>
        a.left < b.right - 1 && a.right > b.left + 1 && a.top < b.bottom - 1 && a.bottom > b.top + 1;
    return boxes.flatMap((one, at) => boxes.slice(at + 1)
        .filter((other) => [one, other].some(([icon]) => icon.matches('.cluster')) && touch(one, other))
        .map((other) => [one[0].outerHTML, other[0].outerHTML]));
}"""


@pytest.mark.parametrize("script", [True, False])
def test_the_search_form_waits_behind_one_line(script: bool, open_page: Open) -> None:
    page = open_page("/services?q=lunch&where=SE13+6LG", width=320, height=800, script=script)
    expect(page.get_by_label("Where", exact=True)).to_be_hidden()
    first = page.locator("#results article").first.bounding_box()
    assert first is not None
    assert first["y"] < 800, "The first result stands on the first screen."
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Where", exact=True).fill("Catford")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".asked")).to_contain_text("near Catford")


def test_without_words_the_search_form_is_open(open_page: Open) -> None:
    page = open_page("/services?kind=place", width=320)
    expect(page.get_by_label("What", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Change")).to_have_count(0)


def test_what_to_put_right_has_the_focus(open_page: Open) -> None:
    page = open_page("/services?where=SE99+9ZZ", width=320)
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(page.get_by_label("Where", exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_what_to_do_next_comes_before_the_facts(width: int, app: Flask, open_page: Open) -> None:
    page = open_page(fill_in("/services/SERVICE", app), width=width)
    panel, facts = page.get_by_role("complementary", name="What to do next"), page.locator(".service__facts")
    panel_box, facts_box = panel.bounding_box(), facts.bounding_box()
    assert panel_box is not None
    assert facts_box is not None
    assert panel_box["y"] < facts_box["y"]
    assert (panel_box["x"] > facts_box["x"]) == (width == 1280)
    is_before = "(panel, facts) => !!(panel.compareDocumentPosition(facts) & Node.DOCUMENT_POSITION_FOLLOWING)"
    assert panel.evaluate(f"panel => ({is_before})(panel, document.querySelector('.service__facts'))") is True


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("asked", ["", "kind=place", "age=70", "where=Catford&radius=2"])
def test_no_cluster_covers_anything(asked: str, width: int, open_page: Open) -> None:
    page = open_page(f"/services?{asked}&view=map", width=width)
    expect(page.locator(".cluster").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate(ICONS_THAT_TOUCH) == []
