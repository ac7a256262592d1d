"""Every public page: what it says, and what it answers to odd questions."""

import datetime as dt
import html
import json
import re
import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

from portal import create_app
from portal.core.database import db
from portal.core.settings import Settings
from portal.directory.models import (
    AccessFact,
    Capacity,
    Contact,
    CostKind,
    CostOption,
    Joining,
    OrganisationKind,
    Service,
    ServiceKind,
    ServiceStatus,
    Taxonomy,
)
from portal.geo.models import AreaKind, Postcode
from portal.search.shortlist import COOKIE, pack
from tests.factories import make_area, make_location, make_organisation, make_service, make_term, weekly
from tests.search.test_service_page import SECRETS, confidential

HALL: dict[str, Any] = {
    "name": "Ladywell Hall",
    "address_1": "Ladywell Road",
    "postcode": "SE13 7HU",
    "position": (51.4566, -0.0118),
}


def text_of(page: str) -> str:
    """Return what can be read on a page, on one line."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", bare)))


def read(client: FlaskClient, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, text_of(response.get_data(as_text=True))[:300]
    return text_of(response.get_data(as_text=True))


@pytest.fixture
def soup(database: SQLAlchemy) -> Service:
    """One service with nearly everything."""
    make_term(Taxonomy.NEED, "loneliness", plain_name="Feeling lonely", on_start_page=True, icon="cup")
    hall = make_location(
        **HALL, getting_there="Bus 54 stops outside.", access={"step-free": True, "hearing-loop": False}
    )
    service = make_service(
        "Warm Welcome Mornings",
        summary="Soup and someone to talk to.",
        description="Ten minutes is fine.\n\nSo is all morning.",
        organisation=make_organisation(phone="020 7946 0132", email="hello@ladywell.example.org"),
        venues=[(hall, [weekly("MO,TH", "10:30", "13:00")])],
        categories=["company"],
        needs=["loneliness"],
        languages=["en", "vi"],
        cost_kind=CostKind.FREE,
        joining=Joining.TURN_UP,
        how_to_join="Ask for Maureen.",
        contacts=[Contact(name="Maureen Asante")],
        last_confirmed_by="the group",
    )
    service.locations[0].note = "Side door with the blue railings."
    database.session.commit()
    return service


def test_start_page(client: FlaskClient, soup: Service) -> None:
    page = read(client, "/")
    assert "What would make this week easier?" in page
    assert "Feeling lonely" in page
    assert "I want to help" in page
    assert "Not sure what you need?" in page
    assert "10.30am Warm Welcome Mornings Ladywell Hall · free" in page
    assert "Company1 thing" in page


def test_start_page_of_an_empty_directory(client: FlaskClient) -> None:
    assert "We know of nothing more today" in read(client, "/")


def test_results_say_what_was_found(client: FlaskClient, soup: Service) -> None:
    response = client.get("/services?q=soup&day=mon&where=SE13+6LG")
    page = response.get_data(as_text=True)
    assert "<title>1 thing matches: “soup”, Monday, near SE13" in page
    words = text_of(page)
    assert "1 thing matches" in words
    assert "Today, Monday 23 November, 10.30am to 1pm" in words
    assert "Confirmed by the group 11 days ago." in words
    for part in ('id="found"', 'id="filters"', 'id="results"', 'rel="canonical"'):
        assert part in page


def test_every_chip_takes_its_part_away(client: FlaskClient, soup: Service) -> None:
    page = client.get("/services?q=soup&day=mon&cost=free").get_data(as_text=True)
    links = [html.unescape(link) for link in re.findall(r'class="chip" href="([^"]+)"', page)]
    left = [set(parse_qs(urlsplit(link).query)) for link in links]
    assert left == [{"day", "cost"}, {"q", "cost"}, {"q", "day"}]


def test_results_as_a_map_are_the_same_results(client: FlaskClient, soup: Service, database: SQLAlchemy) -> None:
    corners = [(-0.1, 51.4), (0.1, 51.4), (0.1, 51.5), (-0.1, 51.5)]
    make_area("central", corners, name="Central", kind=AreaKind.NEIGHBOURHOOD)
    make_service("By telephone only", attendance=["by telephone"])
    confidential(database)
    page = client.get("/services?view=map").get_data(as_text=True)
    assert re.findall(r'<h2 class="place-name">([^<]+)<', page) == [
        "Central",
        "Online, by telephone or in your home",
        "The address is given when you ring",
    ]
    assert 'id="map"' in page
    for name in ("Warm Welcome Mornings", "By telephone only", "A safe place to talk"):
        assert page.count(f">{name}</a>") == 1


def test_pins_are_columns(client: FlaskClient, soup: Service) -> None:
    columns = client.get("/services/pins.json").get_json()
    assert columns == {"n": [soup.locations[0].number], "a": [5145660], "o": [-1180], "r": [1], "scale": 100000}


def test_the_card_of_a_pin(client: FlaskClient, soup: Service) -> None:
    response = client.get(f"/services/pins/{soup.locations[0].number}")
    assert response.headers["X-Fragment"] == "1"
    assert "Ladywell Hall" in response.get_data(as_text=True)


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999999", "-1", "x"])
def test_no_card_for_a_pin_that_is_not_there(client: FlaskClient, soup: Service, number: str) -> None:
    assert client.get(f"/services/pins/{number}").status_code == 404


def test_no_card_for_what_is_not_public(client: FlaskClient, database: SQLAlchemy, soup: Service) -> None:
    hidden = confidential(database)
    assert client.get(f"/services/pins/{hidden.locations[0].number}").status_code == 404
    database.session.merge(soup).status = ServiceStatus.INACTIVE
    database.session.commit()
    assert client.get(f"/services/pins/{soup.locations[0].number}").status_code == 404


def test_suggestions_lead_somewhere(client: FlaskClient, soup: Service) -> None:
    for one in client.get("/suggest?q=warm").get_json()["suggestions"]:
        assert set(one) == {"text", "hint", "href"}
        read(client, one["href"])


def test_service(client: FlaskClient, soup: Service) -> None:
    page = read(client, f"/services/{soup.id}")
    for words in (
        "Every Monday and Thursday, 10.30am to 1pm.",
        "Today, Monday 23 November, 10.30am to 1pm",
        "Thursday 26 November",
        "Ladywell Hall, Ladywell Road, SE13 7HU",
        "Side door with the blue railings.",
        "Bus 54 stops outside.",
        "Step free",
        "No hearing loop",
        "Free.",
        "For everyone.",
        "English and Vietnamese",
        "Just turn up. Ask for Maureen.",
        "Ask for Maureen Asante",
        "020 7946 0132",
        "Confirmed by the group 11 days ago. The date was 12 November 2026.",
    ):
        assert words in page, words


def test_service_structured(client: FlaskClient, soup: Service) -> None:
    page = client.get(f"/services/{soup.id}").get_data(as_text=True)
    found = re.search(r'<script type="application/ld\+json" nonce="[^"]+">(.*?)</script>', page)
    assert found
    graph = json.loads(found.group(1))["@graph"]
    assert graph[0]["name"] == "Warm Welcome Mornings"
    assert graph[0]["url"] == f"http://localhost/services/{soup.id}"


def test_service_calendar(client: FlaskClient, soup: Service) -> None:
    response = client.get(f"/services/{soup.id}/calendar.ics")
    assert response.mimetype == "text/calendar"
    assert response.headers["Content-Disposition"] == 'attachment; filename="warm-welcome-mornings.ics"'
    assert response.get_data(as_text=True).count("BEGIN:VEVENT") == 12


def test_service_knows_the_way_back(client: FlaskClient, soup: Service) -> None:
    back = quote("/services?q=soup&where=SE13+6LG", safe="")
    page = client.get(f"/services/{soup.id}?from={back}").get_data(as_text=True)
    assert 'href="/services?q=soup&amp;where=SE13+6LG"' in page
    assert "miles from where you asked" in page
    shared = re.search(r'data-copy="([^"]+)"', page)
    assert shared
    assert "from" not in shared.group(1)


@pytest.mark.parametrize(
    "back",
    ["https://evil.example.org/services?", "//evil.example.org/services?q=x", "/\\evil.example.org",
     "/services/../evil", "javascript:alert(1)", "/about?x", "/services?" + "a=b&" * 3000, "/services\n?q=x"],
)  # fmt: skip
def test_service_goes_back_nowhere_else(client: FlaskClient, soup: Service, back: str) -> None:
    page = client.get(f"/services/{soup.id}", query_string={"from": back}).get_data(as_text=True)
    assert "Back to the results" not in page
    assert "evil" not in page


def test_closed_full_and_stale_are_said(client: FlaskClient, database: SQLAlchemy) -> None:
    closed = make_service("Closed", status=ServiceStatus.TEMPORARILY_CLOSED, rules=[weekly("TU")])
    full = make_service("Full", capacity=Capacity.WAITING_LIST, waiting_weeks=3)
    stale = make_service("Stale", last_confirmed_on=dt.date(2025, 10, 23))
    never = make_service("Never", last_confirmed_on=None)
    database.session.commit()
    page = read(client, f"/services/{closed.id}")
    assert "This is closed just now." in page
    assert "24 November" not in page
    read(client, f"/services/{closed.id}/calendar.ics", 404)
    assert "There is a waiting list of about 3 weeks." in read(client, f"/services/{full.id}")
    assert "Not confirmed for 13 months: ring first." in read(client, f"/services/{stale.id}")
    assert "Nobody has confirmed this yet: ring first." in read(client, f"/services/{never.id}")


def test_organisation(client: FlaskClient, soup: Service) -> None:
    page = read(client, f"/organisations/{soup.organisation_id}")
    assert "Community group" in page
    assert "hello@ladywell.example.org" in page
    assert "Warm Welcome Mornings" in page


def test_category_area_and_needs(client: FlaskClient, soup: Service, database: SQLAlchemy) -> None:
    corners = [(-0.1, 51.4), (0.1, 51.4), (0.1, 51.5), (-0.1, 51.5)]
    make_area("central", corners, name="Central", note="Illustrative.")
    database.session.commit()
    assert "Warm Welcome Mornings" in read(client, "/categories/company")
    area = read(client, "/areas/central")
    assert "What is on in and around Central" in area
    assert "Warm Welcome Mornings" in area
    assert "Feeling lonely" in read(client, "/needs")


@pytest.mark.parametrize(
    "address",
    [f"/services/{uuid.UUID(int=5)}", "/services/nonsense", f"/organisations/{uuid.UUID(int=5)}", "/categories/no",
     "/areas/no", "/areas/%00", "/categories/" + "x" * 3000, f"/services/{uuid.UUID(int=5)}/calendar.ics", "/nowhere"],
)  # fmt: skip
def test_unknown_things_are_404_with_search(client: FlaskClient, soup: Service, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert 'role="search"' in response.get_data(as_text=True)


def test_hidden_services_are_nowhere(client: FlaskClient, database: SQLAlchemy) -> None:
    for status in (ServiceStatus.INACTIVE, ServiceStatus.DEFUNCT):
        hidden = make_service("Hidden from all", status=status, categories=["company"])
        database.session.commit()
        read(client, f"/services/{hidden.id}", 404)
        read(client, f"/organisations/{hidden.organisation_id}", 404)
        for address in ("/services", "/categories/company", "/"):
            assert "Hidden from all" not in read(client, address)


@pytest.mark.parametrize("address", ["/help-now", "/about", "/accessibility", "/needs", "/shortlist"])
def test_pages_that_stand_alone(client: FlaskClient, address: str) -> None:
    assert "020 7946 0100" in read(client, address)


def test_help_now_names_every_line(client: FlaskClient) -> None:
    page = client.get("/help-now").get_data(as_text=True)
    for number in ("999", "111", "116123", "08082000247", "08001111"):
        assert f'href="tel:{number}"' in page
    assert "Leave fast" in page
    assert "press 55" in page
    assert "18000" in page


def test_about_says_who_else_is_asked(settings: Settings) -> None:
    def about(**values: Any) -> str:
        app = create_app(replace(settings, **values))
        page = read(app.test_client(), "/about")
        app.extensions["search"].close()
        with app.app_context():
            db.engine.dispose()
        return page

    alone = about()
    assert "Our pages load nothing from other companies" in alone
    assert "another service" not in alone
    tiles = about(tile_url="https://tiles.example.org/{z}/{x}/{y}.png")
    assert "The map’s pictures come from another company." in tiles
    assert "Our pages load nothing" not in tiles
    assert "It sees the place, not you." in about(geocoder="nominatim:https://nominatim.example.org")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (OrganisationKind.PUBLIC_BODY, "Council, school or NHS"),
        (OrganisationKind.CARE_PROVIDER, "A company that gives care"),
        (OrganisationKind.CHARITY, "Charity"),
    ],
)
def test_the_kind_of_an_organisation_is_plain(
    client: FlaskClient, database: SQLAlchemy, kind: OrganisationKind, words: str
) -> None:
    organisation = make_organisation(kind=kind)
    make_service("Soup", organisation=organisation)
    database.session.commit()
    assert words in read(client, f"/organisations/{organisation.id}")


HOSTILE = "{{7*7}}${7*7}<script>alert(1)</script>'\"><img src=x onerror=alert(2)>\u202etxt"


@pytest.fixture
def hostile(database: SQLAlchemy) -> Service:
    """A service with markup in every field that somebody types."""
    organisation = make_organisation(
        HOSTILE, description=HOSTILE, email=HOSTILE, website=f"javascript:{HOSTILE}", phone=HOSTILE[:40]
    )
    hall = make_location(
        HOSTILE, address_1=HOSTILE, address_2=HOSTILE, town=HOSTILE, postcode="<b>x</b>", getting_there=HOSTILE
    )
    term = make_term(Taxonomy.ACCESS, "step-free")
    hall.access_facts.append(AccessFact(term=term, is_there=True, note=HOSTILE))
    values: dict[str, Any] = dict.fromkeys(
        ("name", "summary", "description", "when_note", "cost_note", "how_to_join", "email", "last_confirmed_by"),
        HOSTILE,
    )
    values["website"] = "data:text/html," + HOSTILE
    service = make_service(
        **values,
        organisation=organisation,
        venues=[(hall, [weekly("MO", note=HOSTILE)])],
        kind=ServiceKind.ACTIVITY,
        costs=[CostOption(amount_pence=100, about=HOSTILE)],
        contacts=[Contact(name=HOSTILE, role=HOSTILE, email=HOSTILE)],
        phone=HOSTILE[:40],
        categories=["company"],
    )
    service.locations[0].note = HOSTILE
    database.session.commit()
    return service


def test_markup_in_every_field_is_text(client: FlaskClient, hostile: Service) -> None:
    client.set_cookie(COOKIE, pack([hostile.id]))
    addresses = [
        "/", "/services", "/services?view=map", f"/services/{hostile.id}", f"/organisations/{hostile.organisation_id}",
        "/categories/company", "/shortlist", f"/services/pins/{hostile.locations[0].number}",
    ]  # fmt: skip
    for address in addresses:
        page = client.get(address).get_data(as_text=True)
        assert "{{7*7}}" in page, address
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address
        assert "49" not in re.findall(r"(?:\{\{|\$\{)?49(?:\}\})?", text_of(page).split("Confirmed")[0]), address
        assert 'href="javascript:' not in page and 'href="data:' not in page, address
    calendar = client.get(f"/services/{hostile.id}/calendar.ics").get_data(as_text=True)
    assert "\r\n<" not in calendar


def test_a_question_with_markup_is_text(client: FlaskClient, soup: Service) -> None:
    for name in ("q", "where", "day", "category", "age", "on", "page", "sort", "view", "radius", "language", "from"):
        response = client.get("/services", query_string={name: HOSTILE})
        assert response.status_code in {200, 400}
        assert "<script>alert" not in response.get_data(as_text=True)


def test_a_confidential_venue_is_nowhere(client: FlaskClient, database: SQLAlchemy) -> None:
    service = confidential(database)
    make_area("ward", [(-0.1, 51.4), (0.1, 51.4), (0.1, 51.5), (-0.1, 51.5)], name="Secret Ward", kind=AreaKind.WARD)
    database.session.commit()
    client.set_cookie(COOKIE, pack([service.id]))
    addresses = [
        "/", "/services", "/services?view=map", "/services?where=SE13+6LG", "/services?where=SE13+6LG&view=map",
        f"/services/{service.id}?from=%2Fservices%3Fwhere%3DSE13%2B6LG", f"/organisations/{service.organisation_id}",
        "/shortlist", f"/shortlist/shared?s={pack([service.id])}", f"/services/{service.id}/calendar.ics",
        "/services/pins.json", "/suggest?q=rosewood", "/services?q=rosewood", "/suggest?q=safe",
    ]  # fmt: skip
    for address in addresses:
        page = client.get(address).get_data(as_text=True)
        for secret in (*SECRETS, "Secret Ward"):
            asked = secret in address or (secret == "Rosewood" and "rosewood" in address)
            assert asked or secret not in page, (address, secret)
    assert "The address is given when you ring" in read(client, f"/services/{service.id}")
    assert client.get("/services/pins.json").get_json()["n"] == []


def test_the_results_page_asks_the_database_a_few_times_only(client: FlaskClient, database: SQLAlchemy) -> None:
    for number in range(25):
        make_service(
            f"Service {number}",
            venues=[(make_location(f"Hall {number}", access={"step-free": True}), [weekly("TU")])],
            organisation=make_organisation(f"Group {number}", phone="020 7946 0001"),
            costs=[CostOption(amount_pence=100)],
        )
    database.session.add(Postcode(code="SE13 6LG", latitude=51.4566, longitude=-0.0118))
    database.session.commit()
    client.get("/services?where=SE13+6LG")
    asked: list[str] = []
    engine = database.engine
    event.listen(engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]) if seen[2] != "BEGIN" else None)
    for address in ("/services?where=SE13+6LG", "/services?where=SE13+6LG&view=map", "/services?page=2"):
        asked.clear()
        read(client, address)
        # Two beside the twelve: now and then the search asks what has changed, and the map draws its base.
        assert len(asked) <= (14 if "map" in address else 12), (address, asked)
