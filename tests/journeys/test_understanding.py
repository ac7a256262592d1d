"""A whole sentence in the box: what was read stands above the results, and each part of it can be taken back."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.test_finding import press_until

Open = Callable[..., Page]


def test_by_keyboard_on_a_phone(open_page: Open, axe: Callable[[Page], list[str]]) -> None:
    page = open_page("/services?q=yoga+tuesday+free", width=320)
    box = page.get_by_label("What", exact=True)
    assert axe(page) == []
    chips = page.locator(".chip--read")
    expect(chips).to_have_count(2)
    assert all((around := chip.bounding_box()) and around["height"] >= 44 for chip in chips.all())
    press_until(page, "We read “tuesday” as Tuesdays. Take it back")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("words=tuesday"))
    expect(page.locator(".chip--read")).to_have_count(1)
    expect(box).to_have_value("yoga tuesday free")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_what_is_unticked_stays_unticked(open_page: Open) -> None:
    page = open_page("/services?q=yoga+tuesday+free")
    expect(page.get_by_label(re.compile("^Tuesday")).first).to_be_checked()
    page.get_by_label(re.compile("^Tuesday")).first.uncheck(force=True)
    expect(page).to_have_url(re.compile(r"/services\?q=yoga&cost=free$"))
    expect(page.get_by_label("What", exact=True)).to_have_value("yoga")
    expect(page.get_by_label(re.compile("^Tuesday")).first).not_to_be_checked()


def test_without_script(open_page: Open) -> None:
    page = open_page("/", width=320, script=False)
    page.get_by_label("What are you looking for?").fill("yoga tuesday morning se6")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_title(re.compile("“yoga”, Tuesday, morning, near SE6"))
    page.get_by_role("link", name="We read “morning” as mornings. Take it back").click()
    expect(page).to_have_url(re.compile("words=morning"))
    page.get_by_role("link", name=re.compile("^Filters")).click()
    page.get_by_label(re.compile("^Tuesday")).first.uncheck(force=True)
    page.get_by_role("button", name="Show results").click()
    expect(page).to_have_url(re.compile(r"q=yoga\+morning&words=morning&where=SE6"))
    expect(page.locator(".chip--read")).to_have_count(0)
