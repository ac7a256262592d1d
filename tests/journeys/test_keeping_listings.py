"""Groups keep their listings: each journey at 320 px, by keyboard, and every page on the way looked at by axe."""

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from portal.accounts.models import User
from portal.core.database import db, transaction
from portal.directory.models import Organisation, Service, ServiceStatus
from portal.listings.jobs import ask_groups
from portal.listings.models import Claim, ClaimState, Listing, ListingState
from portal.messages.models import OutboxMessage
from seeds.cast import read_cast, seed_cast
from tests.accounts.reading import find, look
from tests.signing_in import browser_cookie

Open = Callable[..., Page]
Axe = Callable[[Page], list[str]]


@pytest.fixture
def people(app: Flask) -> dict[str, User]:
    """The cast of the demonstration by its keys."""
    with app.app_context():
        seed_cast()
        by_id = {member.id: member.key for member in read_cast().people}
        with look() as session:
            return {by_id[user.id]: user for user in session.scalars(sa.select(User)) if user.id in by_id}


@pytest.fixture
def open_as(app: Flask, people: dict[str, User], open_page: Open, live_url: str) -> Callable[[str, str], Page]:
    """Open a page on a small screen as one of the cast."""

    def open_it(who: str, path: str) -> Page:
        page = open_page("/about", width=320)
        with app.app_context():
            page.context.add_cookies([browser_cookie(app, people[who], live_url)])  # type: ignore[list-item]
            db.session.remove()
        page.goto(path)
        return page

    return open_it


def press(target: Locator, key: str = "Enter") -> None:
    """Press something by keyboard alone."""
    target.focus()
    if key == "Space":
        target.page.keyboard.press(key)
        return
    with target.page.expect_navigation():
        target.page.keyboard.press(key)


def write(page: Page, label: str, text: str) -> None:
    """Write into a field by keyboard alone."""
    page.get_by_label(label, exact=True).first.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def looks_right(page: Page, axe: Axe) -> None:
    """Fail when axe finds something, or when the page scrolls sideways."""
    assert axe(page) == []
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} scrolls sideways by {overflow} px"


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_register_and_publish_a_first_listing_in_eight_screens(
    app: Flask, open_as: Callable[[str, str], Page], axe: Axe
) -> None:
    page, screens = open_as("rita", "/groups/new"), 0

    def screen(text: str) -> None:
        nonlocal screens
        screens += 1
        heading(page, text)
        looks_right(page, axe)

    screen("Register a group")
    write(page, "Name of the group", "Ladywell Tea Circle")
    press(page.get_by_role("radio").first, "Space")
    write(page, "What it does", "We drink tea together and nobody is left out.")
    write(page, "Telephone number", "020 7946 0555")
    write(page, "E-mail address", "tea@example.org")
    page.get_by_role("textbox").last.focus()
    page.keyboard.type("I keep the kettle.")
    press(page.get_by_role("button", name="Register the group"))
    screen("A new listing")
    write(page, "Name", "Tuesday tea")
    write(page, "In one sentence, what is it?", "A cup of tea and a chat.")
    press(page.get_by_label("Groups and company"), "Space")
    press(page.get_by_role("button", name="Save and go on"))
    screen("When does it happen?")
    press(page.get_by_label("Every week"), "Space")
    press(page.get_by_label("Tuesday"), "Space")
    write(page, "Starts at", "10.30am")
    write(page, "Ends at", "12 noon")
    press(page.get_by_role("button", name="Save and go on"))
    screen("Where does it happen?")
    write(page, "Postcode", "SE13 6LG")
    press(page.get_by_role("button", name="Save and go on"))
    screen("About this place")
    write(page, "Name of the place", "Hilly Fields Hall")
    write(page, "Address", "1 Hilly Fields")
    press(page.get_by_role("button", name="Save", exact=True))
    screen("Tuesday tea")
    press(page.get_by_role("link", name="See it as people will"))
    screen("Tuesday tea")
    press(page.get_by_role("button", name="Publish it"))
    heading(page, "Thank you. We read “Tuesday tea” now")
    looks_right(page, axe)
    assert screens <= 8

    moderator = open_as("mo", "/moderation/queue")
    press(moderator.get_by_role("link", name=re.compile("Tuesday tea")).first)
    looks_right(moderator, axe)
    press(moderator.get_by_role("button", name="Publish it"))
    expect(moderator.get_by_role("heading", level=1)).to_be_visible()
    began = dt.datetime.now()
    moderator.goto("/services?q=tuesday+tea")
    expect(moderator.get_by_role("link", name=re.compile("Tuesday tea", re.IGNORECASE)).first).to_be_visible()
    assert dt.datetime.now() - began < dt.timedelta(seconds=5)


def address_in_message(pattern: str, to: str = "office@example.org") -> str:
    """Return the address of a page in the newest message to somebody that has one of this form."""
    with look() as session:
        for message in session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.queued_at.desc())):
            if message.address == to and (found := re.search(pattern, json.dumps(message.body))):
                return found[0]
    raise AssertionError("No message has such a link.")


def _old_service(app: Flask, name: str) -> Service:
    """Let a listing of the demonstration have had its last word seven months ago; give its group an address."""
    with app.app_context():
        with transaction() as session:
            service = session.scalars(sa.select(Service).where(Service.name == name)).one()
            service.last_confirmed_on = dt.date(2026, 4, 20)
            organisation = session.get_one(Organisation, service.organisation_id)
            organisation.email = "office@example.org"
            for other in session.scalars(sa.select(Service).where(Service.organisation_id == organisation.id)):
                if other is not service:
                    other.last_confirmed_on = dt.date(2026, 11, 20)
        db.session.remove()
    return service


def test_confirm_from_a_message_without_signing_in(app: Flask, open_page: Open, axe: Axe) -> None:
    service = _old_service(app, "Warm Welcome Mornings")
    with app.app_context():
        ask_groups()
        link = address_in_message(r"/confirm/[A-Za-z0-9_-]{43}")
        db.session.remove()
    page = open_page(link, width=320)
    heading(page, "Is this still right?")
    looks_right(page, axe)
    press(page.get_by_role("button", name=re.compile("Still right.*Warm Welcome Mornings")))
    heading(page, "Thank you, all of it is confirmed")
    page.goto(link)
    expect(page.get_by_text("This link is used up")).to_be_visible()
    looks_right(page, axe)
    with app.app_context():
        assert find(sa.select(Service.last_confirmed_on).where(Service.id == service.id)) == dt.date(2026, 11, 23)


def test_a_claim_and_an_objection(app: Flask, open_as: Callable[[str, str], Page], open_page: Open, axe: Axe) -> None:
    service = _old_service(app, "Warm Welcome Mornings")
    page = open_as("rita", f"/groups/{service.organisation_id}/claim")
    looks_right(page, axe)
    press(page.get_by_label(re.compile("moderator", re.IGNORECASE)).first, "Space")
    page.get_by_role("textbox").last.focus()
    page.keyboard.type("I am the new secretary.")
    press(page.get_by_role("button", name="Go on"))
    looks_right(page, axe)
    with app.app_context():
        claim = find(sa.select(Claim).where(Claim.organisation_id == service.organisation_id))
    assert claim.state in {ClaimState.CHECKING, ClaimState.OPEN}
    with app.app_context():
        link = address_in_message(r"/groups/objection/[A-Za-z0-9_-]{43}")
        db.session.remove()
    contact = open_page(link, width=320)
    looks_right(contact, axe)
    contact.get_by_role("textbox").last.focus()
    contact.keyboard.type("We do not know her.")
    press(contact.get_by_role("button", name="Tell the moderators"))
    looks_right(contact, axe)
    moderator = open_as("mo", f"/moderation/claims/{claim.id}")
    expect(moderator.get_by_text("We do not know her.")).to_be_visible()
    looks_right(moderator, axe)


def test_returned_and_put_right(app: Flask, open_as: Callable[[str, str], Page], axe: Axe) -> None:
    page = open_as("gus", "/listings")
    looks_right(page, axe)
    press(page.get_by_role("button", name=re.compile("Keep it here")).first)
    press(page.get_by_role("link", name="What it is"))
    looks_right(page, axe)
    write(page, "Name", "Coffee for carers")
    press(page.get_by_role("button", name=re.compile("^Save")).first)
    with app.app_context():
        listing = find(sa.select(Listing).where(Listing.state == ListingState.DRAFT))
    page.goto(f"/listings/{listing.id}/preview")
    press(page.get_by_role("button", name="Publish it"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    moderator = open_as("mo", f"/moderation/listings/{listing.id}/return")
    looks_right(moderator, axe)
    moderator.get_by_role("textbox").last.focus()
    moderator.keyboard.type("Say which day it is.")
    press(moderator.get_by_role("button", name="Return it"))
    expect(moderator.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"/listings/{listing.id}")
    expect(page.get_by_text("Say which day it is.")).to_be_visible()
    looks_right(page, axe)
    press(page.get_by_role("link", name="What it is"))
    write(page, "Name", "Thursday coffee for carers")
    press(page.get_by_role("button", name=re.compile("^Save")).first)
    page.goto(f"/listings/{listing.id}/preview")
    press(page.get_by_role("button", name="Publish it"))
    moderator.goto(f"/moderation/listings/{listing.id}")
    looks_right(moderator, axe)
    press(moderator.get_by_role("button", name="Publish it"))
    expect(moderator.get_by_role("heading", level=1)).to_be_visible()
    moderator.goto(f"/services/{listing.service_id}")
    heading(moderator, "Thursday coffee for carers")


def test_suggest_an_edit_without_an_account(
    app: Flask, open_page: Open, open_as: Callable[[str, str], Page], axe: Axe
) -> None:
    service = _old_service(app, "Warm Welcome Mornings")
    page = open_page(f"/services/{service.id}", width=320)
    press(page.get_by_role("link", name=re.compile("wrong")).first)
    looks_right(page, axe)
    press(page.get_by_role("radio").first, "Space")
    write(page, "Tell us in your own words", "They meet on Thursdays now.")
    press(page.get_by_role("button", name="Send"))
    heading(page, "Thank you for telling us")
    looks_right(page, axe)
    moderator = open_as("mo", "/moderation/suggestions")
    looks_right(moderator, axe)
    press(moderator.get_by_role("main").get_by_role("link", name=re.compile("Warm Welcome Mornings")).first)
    expect(moderator.get_by_text("They meet on Thursdays now.")).to_be_visible()
    looks_right(moderator, axe)


def test_a_table_of_fifty_with_three_bad_rows(
    app: Flask, open_as: Callable[[str, str], Page], axe: Axe, tmp_path: Path
) -> None:
    rows = ["name,summary,categories,days,venue name,postcode,price"]
    for number in range(50):
        price = "a lot" if number in {7, 21, 42} else "2.50"
        rows.append(f"Class {number},Learn something new,Groups and company,Tuesday 10:30-12:00,Hall,SE13 6LG,{price}")
    table = tmp_path / "classes.csv"
    table.write_text("\n".join(rows), encoding="utf-8")
    page = open_as("gus", "/listings/upload")
    with app.app_context():
        kept = find(sa.select(sa.func.count()).select_from(Listing))
    looks_right(page, axe)
    page.get_by_label("The file").set_input_files(table)
    press(page.get_by_role("button", name="Show me the changes"))
    expect(page.get_by_role("heading", name="To put right: 3")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("New for .*: 47"))).to_be_visible()
    looks_right(page, axe)
    press(page.get_by_role("button", name="Take these changes"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    with app.app_context():
        assert find(sa.select(sa.func.count()).select_from(Listing)) == kept + 47


def test_take_down_now(app: Flask, open_page: Open, open_as: Callable[[str, str], Page], axe: Axe) -> None:
    service = _old_service(app, "Warm Welcome Mornings")
    page = open_as("mo", f"/services/{service.id}")
    looks_right(page, axe)
    page.get_by_label("Why it has to go").focus()
    page.keyboard.type("Somebody was hurt there.")
    press(page.get_by_role("button", name="Take down now"))
    looks_right(page, axe)
    with app.app_context():
        assert find(sa.select(Service.status).where(Service.id == service.id)) is ServiceStatus.INACTIVE
    visitor = open_page("/services?q=warm+welcome+mornings", width=320)
    assert visitor.locator(f'a[href*="{service.id}"]').count() == 0
