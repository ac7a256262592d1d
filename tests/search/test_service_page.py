"""A service in words, its calendar file and what search engines read."""

import datetime as dt
import json
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy

from portal.core import clock
from portal.directory.models import AccessFact, Contact, CostKind, CostOption, Phone, Service, ServiceStatus, Taxonomy
from portal.geo.models import AreaKind
from portal.search.calendar_file import calendar_file
from portal.search.service_page import ServicePage, describe, mail_href, safe_address
from portal.search.structured import as_script_text, structured
from tests.factories import make_area, make_location, make_organisation, make_service, make_term, once, weekly

SECRET: dict[str, Any] = {
    "name": "Rosewood House",
    "address_1": "7 Hidden Lane",
    "town": "Secretown",
    "postcode": "SE13 9ZZ",
    "getting_there": "Bus 999 to the secret stop",
    "position": (51.4511, -0.0222),
    "is_confidential": True,
}
SECRETS = (
    "Rosewood",
    "Hidden Lane",
    "Secretown",
    "SE13 9ZZ",
    "secret stop",
    "51.4511",
    "blue door",
    "key under the mat",
)


def page_of(database: SQLAlchemy, **values: Any) -> ServicePage:
    service = make_service(**values)
    database.session.commit()
    return describe(service, clock.now())


def confidential(database: SQLAlchemy) -> Service:
    location = make_location(**SECRET)
    fact = AccessFact(term=make_term(Taxonomy.ACCESS, "step-free"), is_there=True, note="key under the mat")
    location.access_facts.append(fact)
    service = make_service(
        "A safe place to talk", venues=[(location, [weekly("TU", "10:00", "11:00")])], phone="020 7946 0155"
    )
    service.locations[0].note = "blue door"
    database.session.commit()
    return service


def test_rules_dates_and_venues(database: SQLAlchemy) -> None:
    hall, library = make_location("Hall"), make_location("Library")
    page = page_of(
        database, venues=[(hall, [weekly("MO,TH", "10:30", "13:00")]), (library, [weekly("SA", "14:00", "16:00")])]
    )
    assert [list(venue.rules) for venue in page.venues] == [
        ["Every Monday and Thursday, 10.30am to 1pm."],
        ["Every Saturday, 2 to 4pm."],
    ]
    said = [(date.day, date.times, date.venue.name if date.venue else "") for date in page.dates]
    assert said == [
        ("Today, Monday 23 November", "10.30am to 1pm", "Hall"),
        ("Thursday 26 November", "10.30am to 1pm", "Hall"),
        ("Saturday 28 November", "2 to 4pm", "Library"),
        ("Monday 30 November", "10.30am to 1pm", "Hall"),
        ("Thursday 3 December", "10.30am to 1pm", "Hall"),
    ]


def test_rules_of_no_venue_hold_at_the_only_one(database: SQLAlchemy) -> None:
    page = page_of(database, venues=[make_location("Hall")], rules=[weekly("TU")])
    assert {date.venue.name for date in page.dates if date.venue} == {"Hall"}
    assert len(page.dates) == 5


def test_exceptions_are_said(database: SQLAlchemy) -> None:
    page = page_of(database, rules=[weekly("MO", not_on_bank_holidays=True, except_on=["2026-12-07", "2026-11-16"])])
    assert list(page.exceptions) == ["Not on Monday 28 December: bank holiday.", "Not on 7 December."]


def test_closed_names_no_dates(database: SQLAlchemy) -> None:
    page = page_of(database, rules=[weekly("MO")], status=ServiceStatus.TEMPORARILY_CLOSED)
    assert page.is_closed
    assert list(page.dates) == []


def test_who_it_is_for(database: SQLAlchemy) -> None:
    assert list(page_of(database).for_whom) == ["For everyone."]
    area = make_area("north", name="North")
    page = page_of(
        database, audiences=["older-people", "carers"], minimum_age=60, areas=[area], languages=["en", "vi", "xx"]
    )
    assert list(page.for_whom) == ["For older people and carers.", "Age 60 and over.", "For people who live in North."]
    assert page.languages == "English, Vietnamese and XX"
    assert list(page_of(database, minimum_age=16, maximum_age=25).for_whom) == ["Age 16 to 25."]


def test_prices(database: SQLAlchemy) -> None:
    costs = [
        CostOption(amount_pence=300, about="", position=0),
        CostOption(amount_pence=150, about="on benefits", position=1),
    ]
    page = page_of(database, cost_kind=CostKind.PAID, costs=costs)
    assert page.cost == "£1.50 to £3"
    assert list(page.prices) == ["£3", "£1.50 on benefits"]


def test_getting_in_says_yes_and_no(database: SQLAlchemy) -> None:
    hall = make_location("Hall", access={"step-free": True, "hearing-loop": False, "near-bus-stop": False})
    facts = {
        (fact.is_there, fact.text) for fact in page_of(database, venues=[hall], access={"bsl": False}).venues[0].facts
    }
    assert facts == {(True, "Step free"), (False, "No hearing loop"), (False, "Not near a bus stop")}


def test_only_public_contacts(database: SQLAlchemy) -> None:
    contacts = [Contact(name="Maureen"), Contact(name="Private Percy", is_public=False)]
    assert [one.name for one in page_of(database, contacts=contacts).contacts] == ["Maureen"]


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example.org", "http://", "https://a b.org", "https://me@evil.org",
     "http://[", "ftp://example.org", "https://example.org/\u202ex", "java\nscript:alert(1)", ""],
)  # fmt: skip
def test_addresses_that_become_no_link(text: str) -> None:
    assert safe_address(text) == ""


def test_addresses_and_mail_that_become_links() -> None:
    assert safe_address(" https://ladywell.example.org/a?b=c ") == "https://ladywell.example.org/a?b=c"
    assert mail_href("hello@ladywell.example.org") == "mailto:hello@ladywell.example.org"
    for text in ("a@b.org?bcc=evil@example.org", "a@b.org,c@d.org", "<a@b.org>", "a b@c.org", "", "a@b"):
        assert mail_href(text) == ""


def test_a_confidential_venue_is_told_nowhere(database: SQLAlchemy) -> None:
    service = confidential(database)
    make_area("ward", [(-0.1, 51.4), (0.1, 51.4), (0.1, 51.5), (-0.1, 51.5)], name="Secret Ward", kind=AreaKind.WARD)
    database.session.commit()
    page = describe(service, clock.now())
    assert page.has_confidential_venue
    assert page.public_venues == []
    assert [date.venue for date in page.dates] == [None] * 5
    graph = json.dumps(structured(page, "https://x.example.org/s", "https://x.example.org/o"))
    calendar = calendar_file(page, url="https://x.example.org/s", now=clock.now(), site_name="Hereabouts")
    for text in (repr(page.venues), graph, calendar):
        for secret in (*SECRETS, "Secret Ward"):
            assert secret not in text
    assert "LOCATION:The address is given when you ring" in calendar


def read_calendar(text: str) -> list[dict[str, str]]:
    """Unfold and read the events of a calendar file, as RFC 5545 says."""
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    events: list[dict[str, str]] = []
    for line in text.replace("\r\n ", "").split("\r\n"):
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events and ":" in line:
            name, value = line.split(":", 1)
            events[-1].setdefault(name, value)
    return events


def test_calendar(database: SQLAlchemy) -> None:
    hall = make_location("St Mary’s Centre", address_1="Ladywell Road", postcode="SE13 7HU")
    long = "Soup; bread, butter \\ and somebody to talk to " + "é" * 80 + "\nBEGIN:VEVENT"
    page = page_of(database, venues=[(hall, [weekly("MO", "10:30", "13:00")])], summary=long, phone="020 7946 0132")
    text = calendar_file(page, url="https://x.example.org/s", now=clock.now(), site_name="Hereabouts")
    events = read_calendar(text)
    assert len(events) == 5
    first = events[0]
    assert first["DTSTART;TZID=Europe/London"] == "20261123T103000"
    assert first["DTEND;TZID=Europe/London"] == "20261123T130000"
    assert first["LOCATION"] == "St Mary’s Centre\\, Ladywell Road\\, SE13 7HU"
    assert first["DESCRIPTION"].startswith("Soup\\; bread\\, butter \\\\ and")
    assert "\\nBEGIN:VEVENT\\nRing 020 7946 0132\\nhttps://" in first["DESCRIPTION"]
    assert len({event["UID"] for event in events}) == 5


def test_calendar_without_times_is_a_whole_day(database: SQLAlchemy) -> None:
    rule = once(dt.date(2026, 12, 12))
    rule.opens_at = rule.closes_at = None
    text = calendar_file(page_of(database, rules=[rule]), url="https://x", now=clock.now(), site_name="H")
    assert read_calendar(text)[0]["DTSTART;VALUE=DATE"] == "20261212"


def test_structured(database: SQLAlchemy) -> None:
    hall = make_location("Hall", postcode="SE13 7HU")
    maker = make_organisation(phone="020 7946 0132")
    page = page_of(
        database, venues=[(hall, [weekly("MO", "10:30", "13:00")])], cost_kind=CostKind.FREE, organisation=maker
    )
    graph = structured(page, "https://x.example.org/s", "https://x.example.org/o")["@graph"]
    assert [node["@type"] for node in graph] == ["Service"] + ["Event"] * 5
    assert graph[0]["offers"] == [{"@type": "Offer", "price": "0.00", "priceCurrency": "GBP"}]
    assert graph[1]["startDate"] == "2026-11-23T10:30:00+00:00"
    assert graph[1]["location"]["address"] == "SE13 7HU"


def test_structured_cannot_end_its_script(database: SQLAlchemy) -> None:
    page = page_of(database, name="</script><!-- & \u2028", phones=[Phone(number="1")])
    text = str(as_script_text(structured(page, "https://x", "https://x")))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["@graph"][0]["name"] == "</script><!-- & \u2028"
