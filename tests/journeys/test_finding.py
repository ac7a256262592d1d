"""A resident finds something near home: by keyboard alone, without script, by suggestion, and on the map."""

import contextlib
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.journeys.conftest import Complaints

Open = Callable[..., Page]


def press_until(page: Page, name: str, *, most: int = 80) -> None:
    """Press Tab until the thing of this name has the focus, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(() => {const e = document.activeElement;"
            " return e.labels?.[0]?.innerText || e.innerText || e.ariaLabel || ''})()"
        )
        if re.search(name, " ".join(focused.split())):
            return
    pytest.fail(f"{most} presses of Tab did not reach {name!r}.")


@pytest.mark.parametrize("width", [320, 1280])
def test_by_keyboard_alone(open_page: Open, width: int) -> None:
    page = open_page("/", width=width)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") is not None
    press_until(page, "^What are you looking for")
    page.keyboard.type("lunch club")
    page.keyboard.press("Escape")
    press_until(page, "^Where")
    page.keyboard.type("SE13 6LG")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/services\?"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"things? match"))
    first = page.locator("#results article").first.get_by_role("link").first
    name = first.inner_text()
    press_until(page, re.escape(name), most=150)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    press_until(page, "^Save")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto("/shortlist")
    expect(page.get_by_role("main")).to_contain_text(name)


@pytest.mark.parametrize("width", [320, 1280])
def test_without_script(open_page: Open, width: int) -> None:
    page = open_page("/", width=width, script=False)
    page.get_by_label("What are you looking for?").fill("lunch")
    page.get_by_label("Where?").fill("SE13 6LG")
    page.get_by_role("button", name="Search").click()
    before = int(re.findall(r"\d+", page.get_by_role("heading", level=1).inner_text())[0])
    if width == 320:
        page.get_by_role("link", name=re.compile("^Filters")).click()
    cost = page.locator("#group-cost")
    if not cost.get_attribute("open") and cost.get_attribute("open") != "":
        cost.locator("summary").first.click()
    page.get_by_label(re.compile("^Free")).first.check(force=True)
    page.get_by_role("button", name="Show results").click()
    expect(page).to_have_url(re.compile("cost=free"))
    after = int(re.findall(r"\d+", page.get_by_role("heading", level=1).inner_text())[0])
    assert 0 < after <= before
    page.get_by_role("link", name=re.compile("^Take away cost")).click()
    expect(page).not_to_have_url(re.compile("cost=free"))
    page.get_by_role("link", name="Map", exact=True).click()
    expect(page).to_have_url(re.compile("view=map"))
    assert page.locator("#results h2, #results h3").count() > 1, "Without script the map is a list by neighbourhood."
    page.locator("#results a[href^='/services/']").first.click()
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    expect(page.get_by_role("button", name=re.compile("Take off")).first).to_be_visible()
    page.goto("/shortlist")
    expect(page.locator("svg, img").first).to_be_attached()


def test_filters_apply_without_a_page_load(open_page: Open) -> None:
    page = open_page("/services?where=SE13+6LG")
    page.evaluate("window.stillHere = true")
    heading = page.get_by_role("heading", level=1)
    before = heading.inner_text()
    cost = page.locator("#group-cost")
    if cost.get_attribute("open") is None:
        cost.locator("summary").first.click()
    cost.get_by_label(re.compile("^Free")).check(force=True)
    expect(heading).not_to_have_text(before)
    expect(page).to_have_url(re.compile("cost=free"))
    assert page.evaluate("window.stillHere") is True
    expect(page.locator("#status")).to_contain_text(re.compile("match"))
    page.go_back()
    expect(heading).to_have_text(before)
    expect(page).not_to_have_url(re.compile("cost=free"))


def test_suggestions_while_typing(open_page: Open) -> None:
    page = open_page("/")
    box = page.get_by_label("What are you looking for?")
    with page.expect_response(re.compile("/suggest.q=warm%20wel$")):
        box.press_sequentially("warm wel", delay=20)
    option = page.get_by_role("option").first
    expect(option).to_contain_text(re.compile("warm", re.IGNORECASE))
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile(r"/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("warm", re.IGNORECASE))


def test_a_late_answer_does_not_take_away_what_is_chosen(open_page: Open) -> None:
    page = open_page("/")
    late: list[Route] = []
    page.route("**/suggest?q=lunch", lambda route: late.append(route))
    box = page.get_by_label("What are you looking for?")
    box.press_sequentially("lun", delay=20)
    option = page.get_by_role("option").first
    expect(option).to_be_visible()
    with page.expect_request("**/suggest?q=lunch"):
        box.press_sequentially("ch", delay=20)
    page.keyboard.press("ArrowDown")
    # The page has let go of the question, so the answer may find nobody there.
    with contextlib.suppress(Error):
        late[0].fulfill(json={"suggestions": []})
    page.wait_for_timeout(200)
    expect(option).to_have_attribute("aria-selected", "true")


def test_escape_closes_the_suggestions_and_keeps_the_words(open_page: Open) -> None:
    page = open_page("/")
    box = page.get_by_label("What are you looking for?")
    box.press_sequentially("lunch", delay=20)
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(box).to_have_value("lunch")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_map_by_keyboard(open_page: Open, width: int) -> None:
    page = open_page("/services?q=lunch&where=SE13+6LG&radius=5&view=map", width=width)
    pins = page.locator(".leaflet-marker-icon.pin")
    clusters = page.locator(".leaflet-marker-icon.cluster")
    expect(pins.or_(clusters).first).to_be_visible()
    for _ in range(6):
        if pins.count():
            break
        clusters.first.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(200)
    pin = pins.first
    pin.focus()
    rank = int(re.findall(r"\d+", pin.get_attribute("aria-label") or "")[0])
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    expect(card).to_be_visible()
    name = card.get_by_role("link").first.inner_text()
    expect(page.locator(f"#results li[value='{rank}']")).to_contain_text(name)
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(pin).to_be_focused()


def test_all_that_the_map_shows_is_in_the_list(open_page: Open) -> None:
    page = open_page("/services?q=lunch&where=SE13+6LG&radius=5&view=map")
    listed = {int(value) for value in page.locator("#results li[value]").evaluate_all("all => all.map(e => e.value)")}
    drawn = page.evaluate("fetch('/services/pins.json' + location.search).then(r => r.json())")
    assert drawn["r"]
    assert set(drawn["r"]) <= listed


def test_near_me_sends_a_rounded_position(open_page: Open) -> None:
    page = open_page("/", permissions=["geolocation"], geolocation={"latitude": 51.4565432, "longitude": -0.0123456})
    page.get_by_role("button", name="Near me").click()
    expect(page).to_have_url(re.compile(r"where=51\.457(%2C|,)-0\.012"))
    expect(page.get_by_role("main")).to_contain_text(re.compile("rounded|near you", re.IGNORECASE))


def test_quick_exit_leaves_at_once(open_page: Open, complaints: Complaints) -> None:
    page = open_page("/help-now")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.headers.get("referer", ""))
        route.fulfill(status=200, content_type="text/html", body="<title>Weather</title>")

    page.route("https://www.bbc.co.uk/**", answer)
    page.get_by_role("link", name=re.compile("leave|exit", re.IGNORECASE)).first.click()
    expect(page).to_have_title("Weather")
    assert asked == [""], "The site that is left for learns where somebody came from."


def test_unknown_postcode_keeps_the_rest(open_page: Open) -> None:
    page = open_page("/services?q=lunch&where=SE13+6ZZ&cost=free")
    expect(page.get_by_role("main")).to_contain_text("We do not know SE13 6ZZ")
    page.get_by_role("link", name=re.compile("SE13 6")).first.click()
    expect(page).to_have_url(re.compile("q=lunch"))
    expect(page).to_have_url(re.compile("cost=free"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("match"))


def test_a_shared_list_opens_elsewhere(open_page: Open) -> None:
    page = open_page("/services?q=lunch")
    for _ in range(2):
        page.get_by_role("button", name=re.compile("^Save(?!d)")).first.click()
        page.wait_for_load_state("networkidle")
    page.goto("/shortlist")
    address = page.locator("[data-copy]").get_attribute("data-copy")
    assert address is not None
    names = page.locator("main h2 a").all_inner_texts()
    assert len(names) == 2
    other = open_page(address[address.index("/shortlist") :])
    for name in names:
        expect(other.get_by_role("main")).to_contain_text(name)
