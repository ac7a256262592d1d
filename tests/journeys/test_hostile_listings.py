"""Listings whose every text is hostile, in a real browser: on no page does anything of them run."""

import csv
import datetime as dt
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.core import clock
from portal.core.database import db, transaction
from portal.core.settings import Settings
from portal.directory.models import Service, ServiceAtLocation
from portal.listings.content import Content, content_of
from portal.listings.drafting import volunteers_id
from portal.listings.models import Claim, FreshnessLink, Listing, ListingState, Suggestion, Watch
from portal.listings.operations.claim_letters import ask_for_objections
from portal.listings.operations.watches import ask_to_be_told
from portal.listings.watching import hash_of, site_address, stop_token
from portal.messages.models import OutboxMessage
from portal.search.shortlist import LIMIT, pack
from portal.search.suggesting import LEAST_LETTERS
from portal.search.text.words import tokens
from tests.factories.hostile import A_GROUP, EVERY, HostileSite, write_hostile_site
from tests.hostile import missing, payloads, some_payloads, storable
from tests.journeys.conftest import site_in
from tests.journeys.unharmed import Watched
from tests.signing_in import browser_cookie

Open = Callable[..., Page]
SAMPLE = 6
STEPS = ("what", "when", "where", "cost", "who", "joining", "reaching", "picture", "volunteers")


@pytest.fixture
def settings(migrated_sqlite: Path, tmp_path: Path) -> Settings:
    """An empty site instead of the demonstration: there are hostile listings only."""
    shutil.copy(migrated_sqlite, tmp_path / "portal.sqlite3")
    return site_in(tmp_path, tmp_path)


@pytest.fixture
def site(app: Flask, request: pytest.FixtureRequest, proof: Callable[..., int]) -> Iterator[HostileSite]:
    """A listing for each text."""
    what = request.node.name.removeprefix("test_").replace("_", " ")
    count = proof(f"hostile texts, none of which ran: {what}", sample=SAMPLE, full=len(payloads()))
    with app.app_context():
        yield write_hostile_site(some_payloads(count))
        db.session.remove()


def watch(page: Page, live_url: str) -> Watched:
    return Watched(page, live_url)


def said_of(service_id: uuid.UUID) -> list[str]:
    """Return every text that a service's page has to show."""
    service = db.session.get_one(Service, service_id)
    at = service.locations[0]
    said = [service.name, service.summary, service.description, service.when_note, service.cost_note, at.note]
    said += [service.how_to_join, service.picture_words, at.location.name, at.location.address_1]
    said += [at.location.address_2, at.location.town, at.location.getting_there, service.organisation.name]
    said += [one.about for one in service.costs] + [one.about for one in service.phones]
    said += [one.note for one in service.access] + [one.note for one in at.location.access_facts]
    said += [one.name for one in service.contacts]
    db.session.rollback()
    return said


def test_what_everybody_reads(site: HostileSite, open_page: Open, live_url: str) -> None:
    seen = watch(open_page("/"), live_url)
    for path in _lists(site):
        seen.go(path)
    for one in site.listings[::EVERY]:
        seen.go(f"/services/{one.service_id}")
        seen.page.emulate_media(media="print")
        seen.look()
        seen.page.emulate_media(media="screen")
        seen.go(f"/services/{volunteers_id(one.service_id)}")
        for path in ("wrong", "tell-me", "tell-me/sent"):
            seen.go(f"/services/{one.service_id}/{path}")
    seen.assert_unharmed()


def test_nothing_but_our_own_care_is_needed(site: HostileSite, open_page: Open, live_url: str) -> None:
    # Without the policy nothing else keeps a text from running.
    seen, unread = watch(open_page("/about", bypass_csp=True), live_url), list[str]()
    for one in site.listings:
        shown = seen.go(f"/services/{one.service_id}")
        gone = missing(shown, said_of(one.service_id))
        unread += [f"/services/{one.service_id}: {text!a:.200}" for text in gone]
        assert seen.linked()["@graph"][0]["@type"] == "Service"
    numbers = db.session.scalars(sa.select(ServiceAtLocation.number)).all()
    db.session.rollback()
    for first in range(0, len(numbers), 20):
        # The cards of pins, put into the page in the most trusting way there is.
        put_in = """(numbers) => Promise.all(numbers.map(async (number) => {
          const card = await (await fetch(`/services/pins/${number}`)).text();
          document.querySelector("main").insertAdjacentHTML("beforeend", card);
        }))"""
        seen.page.evaluate(put_in, list(numbers[first : first + 20]))
        seen.look()
    seen.assert_unharmed()
    assert not unread, "\n".join(unread[:30])


def _lists(site: HostileSite) -> Iterator[str]:
    """Yield the public pages on which many listings stand, or the groups that keep them."""
    pages = -(-2 * len(site.listings) // 20)
    ids = [one.service_id for one in site.listings]
    yield from ("/", "/guides/money-worries", "/services?q=zeppelin", "/services?view=map")
    for page in range(1, pages + 1):
        yield f"/services?page={page}"
    yield from ("/categories/company", "/categories/volunteering", "/areas/central")
    for first in range(0, len(ids), LIMIT):
        yield f"/shortlist/shared?s={pack(ids[first : first + LIMIT])}"
    for group in site.groups:
        yield f"/organisations/{group}"
    for text in site.texts[::EVERY]:
        yield f"/services?{urlencode({'q': text}, errors='ignore')}"


def test_the_map_and_its_cards(site: HostileSite, open_page: Open, live_url: str) -> None:
    seen = watch(open_page("/services?view=map"), live_url)
    page = seen.page
    pins, clusters = page.locator(".leaflet-marker-icon.pin"), page.locator(".leaflet-marker-icon.cluster")
    for _ in range(6):
        expect(pins.or_(clusters).first).to_be_visible()
        if pins.count():
            break
        clusters.first.press("Enter")
        page.wait_for_timeout(200)
    seen.look()
    assert pins.count()
    for number in range(min(pins.count(), A_GROUP)):
        pins.nth(number).press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        seen.look()
        page.keyboard.press("Escape")
    box, offered = page.get_by_role("combobox").first, page.get_by_role("listbox").get_by_role("option")
    for word in first_words(site)[:5]:
        box.fill(word)
        expect(offered.first).to_be_visible()
        seen.look()
    seen.assert_unharmed()


def first_words(site: HostileSite) -> list[str]:
    """Return the words that the names of listings begin with, where they are long enough to be offered something."""
    ids = [one.service_id for one in site.listings]
    names = db.session.scalars(sa.select(Service.name).where(Service.id.in_(ids)).order_by(Service.name)).all()
    db.session.rollback()
    words = dict.fromkeys(word for name in names for word in tokens(name)[:1])
    return [word for word in words if LEAST_LETTERS <= len(word) <= 30]


def sign_in(page: Page, app: Flask, who: User, live_url: str) -> None:
    page.context.add_cookies([browser_cookie(app, who, live_url)])  # type: ignore[list-item]


def test_what_editors_see(site: HostileSite, app: Flask, open_page: Open, live_url: str, tmp_path: Path) -> None:
    seen = watch(open_page("/about"), live_url)
    with transaction() as session:
        # What waits for a moderator has no preview.
        session.execute(sa.update(Listing).values(state=ListingState.DRAFT))
    sign_in(seen.page, app, site.cast.gus, live_url)
    for path in ("/listings", "/groups", "/listings/new", "/listings/upload", "/account"):
        seen.go(path)
    for group in site.groups:
        for path in ("", "/invite", "/leave"):
            seen.go(f"/groups/{group}{path}")
    for one in site.listings[::EVERY]:
        content = _waiting(one.id)
        shown = seen.go(f"/listings/{one.id}/preview")
        assert missing(shown, [content.name, content.summary, content.description, content.venues[0].name]) == []
    for one in site.listings[1::EVERY]:
        venue = _waiting(one.id).venues[0].id
        for path in ("", *(f"/{step}" for step in STEPS), f"/where/{venue}"):
            seen.go(f"/listings/{one.id}{path}")
        for path in ("versions", "figures", "cancel", "away", "sent"):
            seen.go(f"/listings/{one.id}/{path}")
    send_table(seen, site.texts, tmp_path / "hostile.csv")
    seen.assert_unharmed()


def _waiting(listing_id: uuid.UUID) -> Content:
    content = content_of(db.session.get_one(Listing, listing_id).content)
    db.session.rollback()
    return content


def send_table(seen: Watched, texts: Sequence[str], table: Path) -> None:
    """Send a table of hostile cells under hostile headings, and look at what it would change."""
    texts = [text for text in texts if text == storable(text).replace("\0", "")][:60]
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "summary", "description", "venue name", "postcode", "cost note", *texts[:3]])
        rows.writerows(
            [text] * 4 + ["SE13 7UZ" if number % 2 else text[:12], text] + texts[:3]
            for number, text in enumerate(texts)
        )
    seen.go("/listings/upload")
    seen.page.get_by_label("The file").set_input_files(table)
    seen.page.get_by_label("group").first.select_option(index=1)
    seen.page.get_by_role("button", name="Show me the changes").click()
    expect(seen.page.get_by_role("button", name="Take these changes")).to_be_visible()
    seen.look()


def test_what_moderators_see(site: HostileSite, app: Flask, open_page: Open, live_url: str) -> None:
    seen = watch(open_page("/about"), live_url)
    sign_in(seen.page, app, site.cast.mo, live_url)
    for path in ("", "queue", "stopped", "claims", "suggestions", "freshness", "links", "groups"):
        seen.go(f"/moderation/{path}".rstrip("/"))
    claims = db.session.scalars(sa.select(Claim.id)).all()
    suggestions = db.session.scalars(sa.select(Suggestion.id)).all()
    db.session.rollback()
    for claim in claims:
        seen.go(f"/moderation/claims/{claim}")
    for suggestion in suggestions[::EVERY]:
        seen.go(f"/moderation/suggestions/{suggestion}")
    for group in site.groups:
        seen.go(f"/moderation/groups/{group}")
    for kind in ("calls", "duplicates"):
        seen.go(f"/moderation/{kind}")
        links = seen.page.locator(f"main a[href*='/moderation/{kind}/']")
        for path in {link.get_attribute("href") or "" for link in links.all()[:2]}:
            seen.go(path)
    for one in site.listings[1::EVERY]:
        for path in ("", "/edit", "/return", "/history", "/history/1", "/history/2"):
            seen.go(f"/moderation/listings/{one.id}{path}")
        seen.go(f"/moderation/services/{one.service_id}/stop")
        seen.go(f"/services/{one.service_id}")
    seen.assert_unharmed()


def test_what_links_in_messages_open(site: HostileSite, app: Flask, open_page: Open, live_url: str) -> None:
    seen = watch(open_page("/about"), live_url)
    sign_in(seen.page, app, site.cast.rita, live_url)
    for path in _held_addresses(site):
        seen.go(path)
    for one in site.listings[::EVERY]:
        seen.go(f"/services/{one.service_id}")
        seen.page.get_by_role("button", name="Save").first.click()
    for group in site.groups:
        seen.go(f"/groups/{group}/claim")
    seen.go("/shortlist")
    seen.page.get_by_label("address").last.fill("rita@example.org")
    seen.page.get_by_role("button", name="Send the list").click()
    seen.look()
    sign_in(seen.page, app, site.cast.pat, live_url)
    # Nobody has claimed anything for Pat, who is asked how to prove it.
    for group in site.groups:
        seen.go(f"/groups/{group}/claim")
    sign_in(seen.page, app, site.cast.ada, live_url)
    seen.go("/admin/outbox")
    messages = db.session.scalars(sa.select(OutboxMessage.id)).all()
    db.session.rollback()
    assert len(messages) > 2 * len(site.groups)
    for message in messages:
        seen.go(f"/admin/outbox/{message}")
    seen.assert_unharmed()


def _held_addresses(site: HostileSite) -> list[str]:
    """Queue what residents and groups are sent, and return the addresses in it that open with a secret text."""
    held = list[str]()
    for number, one in enumerate(site.listings[::EVERY]):

        def link(token: str) -> str:
            held.append(f"/services/tell-me/confirm/{token}")
            return f"{site_address()}{held[-1]}"

        ask_to_be_told(service_id=one.service_id, email=f"r{number}@example.org", link=link, actor="public")
    with transaction() as session:
        held += [f"/services/tell-me/stop/{stop_token(watch_id)}" for watch_id in session.scalars(sa.select(Watch.id))]
        for claim in session.scalars(sa.select(Claim)):
            claim.objection_until = clock.now() + dt.timedelta(days=7)
            ask_for_objections(session, claim, site.cast.rita, ["office@example.org"], actor="test")
        session.flush()
        bodies = " ".join(map(str, session.scalars(sa.select(OutboxMessage.body))))
        held += dict.fromkeys(re.findall(r"/groups/objection/[\w-]+", bodies))
        for group in site.groups:
            of_group = [str(one.service_id) for one in site.listings if one.group_id == group]
            held += [f"/confirm/{group.hex}", f"/confirm/{group.hex}/stop"]
            session.add(
                FreshnessLink(
                    token_hash=hash_of(group.hex), organisation_id=group, services=of_group, used=[],
                    sent_to="office@example.org", expires_at=clock.now() + dt.timedelta(days=60),
                )
            )  # fmt: skip
    assert len(held) == 5 * len(site.groups)
    return held
