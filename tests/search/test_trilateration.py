"""Nobody can find out where a confidential venue is: wherever it stands, all that is asked is answered alike.

Two directories differ in one thing only, in where the confidential venue is: its position, name, street, town, postcode
and the way there. Then not one byte of any answer may differ. The places include next door to whoever asks, the very
position of another venue, other neighbourhoods, and the other end of the country.
"""

import datetime as dt
import random
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from portal.core import clock
from portal.core.database import db, transaction
from portal.directory.models import AccessFact, CostKind, Location, LocationKind, Service, ServiceStatus, Taxonomy
from portal.geo.models import AreaKind, Postcode
from portal.geo.place import Place, Precision
from portal.search.engine import engine
from portal.search.explaining import explain
from portal.search.finding import find, list_pins, matching_words, rescue, similar, suggest
from portal.search.log.models import LoggedOpening, LoggedSearch
from portal.search.log.queries import gaps_in, gaps_near, recent_searches, searches_that_led_to
from portal.search.log.visitors import OnceADay
from portal.search.log.writing import search_log
from portal.search.results import COST_CHOICES, DAY_CHOICES, SORTS, TIME_CHOICES, SearchRequest
from portal.search.shortlist import COOKIE, pack
from tests.conftest import MONDAY
from tests.factories import make_area, make_location, make_organisation, make_service, make_term, weekly
from tests.factories.accounts import Cast
from tests.signing_in import sign_in

LATITUDE, LONGITUDE = 51.4566, -0.0118
ASKERS = ((LATITUDE, LONGITUDE), (LATITUDE + 0.013, LONGITUDE - 0.02), (LATITUDE - 0.03, LONGITUDE + 0.04))
WORDS = ("", "", "safe", "talk", "safe place", "knitting", "rose house", "linden", '"rose house"', "-linden talk",
         "tal", "hidden lane", "quiet room", "SE13 9ZZ", "lonely", "people near me")  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """Where the confidential venue is."""

    position: tuple[float, float] | None
    name: str
    street: str
    town: str
    postcode: str
    way: str


SPOTS = (
    Spot((LATITUDE + 0.00001, LONGITUDE), "Rose House", "1 Hidden Lane", "Catford", "SE13 9ZZ", "The blue door"),
    Spot((LATITUDE + 0.02, LONGITUDE), "Linden Court", "7 Far Road", "Lee", "SE12 8AA", "Ring the lower bell"),
    Spot((54.9, -1.6), "Safe Haven Knitting", "3 Long Street", "Gateshead", "NE8 1AA", ""),
    Spot(None, "Quiet Room", "", "", "", ""),
)


@pytest.fixture
def people(app: Flask, cast: Cast) -> dict[str, Any]:
    """A directory with a venue that is told nowhere, alone, beside another, with an area, and under two groups."""
    with transaction():
        hall = make_location("Linden Hall", position=SPOTS[1].position, town="Lee", access={"step-free": True})
        near = make_location("Ladywell Hall", position=ASKERS[1], access={"lift": True})
        ward, west = (
            make_area(slug, [(a, 51.44), (b, 51.44), (b, 51.47), (a, 51.47)], name=slug.title(), kind=kind)
            for slug, a, b, kind in (("easter-ward", -0.015, 0.03, AreaKind.NEIGHBOURHOOD),
                                     ("wester-ward", -0.06, -0.015, AreaKind.NEIGHBOURHOOD))
        )  # fmt: skip
        secret = make_location("?", position=None, is_confidential=True)
        secret.access_facts.append(AccessFact(term=make_term(Taxonomy.ACCESS, "step-free"), is_there=True))
        group = make_organisation("Refuge for people")
        about = {"needs": ["loneliness"], "categories": ["company"], "cost_kind": CostKind.FREE}
        services = [
            make_service("A safe place to talk", venues=[(secret, [weekly("TU,MO", "09:00", "11:00")])],
                         organisation=group, audiences=["women"], languages=["yo"], **about),
            make_service("Talk and tea", venues=[(secret, [weekly("WE")]), (near, [weekly("TH", "18:00", "20:00")])],
                         **about),
            make_service("Safe at home", venues=[secret], areas=[ward], minimum_age=16, **about),
            make_service("Safe later", venues=[(secret, [weekly("SA")])], status=ServiceStatus.TEMPORARILY_CLOSED),
        ]  # fmt: skip
        make_service("Talk in the hall", venues=[(hall, [weekly("TU", "09:00", "11:00")])], **about)
        make_service("Knitting for people", venues=[(near, [weekly("MO,SA")])], categories=["company"])
        make_service("Safe line", attendance=["by telephone"], needs=["loneliness"], areas=[west])
        db.session.add(Postcode(code="SE13 6LG", latitude=LATITUDE, longitude=LONGITUDE))
        db.session.flush()
        found = {"secret": secret.id, "services": [service.id for service in services], "group": group.id}
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        # There the second engine answers.
        engine().answers_in_postgres = True
        engine().rebuild(lambda _done, _all: None)
    return found


def move(location_id: uuid.UUID, spot: Spot) -> None:
    """Put the confidential venue somewhere else, and forget what was asked before."""
    with transaction() as session:
        venue = session.get_one(Location, location_id)
        assert venue.is_confidential
        assert venue.kind is LocationKind.PHYSICAL
        venue.latitude, venue.longitude = spot.position or (None, None)
        venue.name, venue.address_1, venue.town = spot.name, spot.street, spot.town
        venue.postcode, venue.getting_there = spot.postcode, spot.way
        session.execute(sa.delete(LoggedSearch))
        session.execute(sa.delete(LoggedOpening))
    db.session.remove()
    search_log().forget()
    search_log().seen = OnceADay()
    assert engine().settle()


def question(lot: random.Random) -> SearchRequest:
    """Draw a question: any filter, sort, radius and place, the venue's own positions among them."""

    def some(values: tuple[str, ...], chance: float = 0.15) -> tuple[str, ...]:
        return tuple(lot.sample(values, min(len(values), lot.choice((1, 1, 2))))) if lot.random() < chance else ()

    spots = (*ASKERS, *(spot.position for spot in SPOTS if spot.position))
    latitude, longitude = lot.choice(spots)
    off = lot.choice((0.0, 0.0, 0.0001, 0.004, 0.02))
    place = Place(
        asked="x", key="x", name="x", latitude=latitude + lot.uniform(-off, off),
        longitude=longitude + lot.uniform(-off, off), precision=Precision.STREET,
    )  # fmt: skip
    return SearchRequest(
        q=lot.choice(WORDS),
        place=place if lot.random() < 0.8 else None,
        radius=lot.choice((0.1, 0.5, 1.0, 2.0, 25.0, 100.0, lot.uniform(0.1, 5.0))),
        needs=some(("loneliness",)),
        categories=some(("company",)),
        kinds=some(("activity", "service")),
        days=some(DAY_CHOICES),
        times=some(TIME_CHOICES),
        on=clock.today() + dt.timedelta(days=lot.randint(0, 40)) if lot.random() < 0.1 else None,
        open_now=lot.random() < 0.15,
        not_on_bank_holidays=lot.random() < 0.1,
        age=lot.choice((5, 30)) if lot.random() < 0.15 else None,
        costs=some(COST_CHOICES),
        access=some(("step-free", "lift")),
        audiences=some(("women",)),
        languages=some(("yo",)),
        sort=lot.choice(SORTS),
    )


def told(request: SearchRequest, service_id: uuid.UUID) -> str:
    """Return everything that the search says to a question, pins, ways out and the parts of scores among it."""
    found = find(request)
    said: list[object] = [replace(found, request=request, is_rebuilding=False), list_pins(request)]
    said += [matching_words(request)(text) for text in ("Rose House, a safe place", "Linden Court, quiet room")]
    said.append(explain(request, service_id))
    if not found.total:
        said.append(rescue(request))
    return repr(said)


def test_no_question_finds_out_where(people: dict[str, Any], proof: Callable[..., int]) -> None:
    count = proof("questions after a confidential venue", sample=40, full=3_000)
    if db.engine.dialect.name == "postgresql":
        count //= 4
    before: list[str] = []
    for spot in SPOTS:
        move(people["secret"], spot)
        lot = random.Random(4)
        requests = [question(lot) for _ in range(count)]
        answers = [told(request, lot.choice(people["services"])) for request in requests]
        answers += [repr(similar(service_id)) for service_id in people["services"]]
        answers += [repr(suggest(text)) for text in ("ro", "rose", "lin", "hid", "saf", "qui", "cat", "se13 9", "lee")]
        before = before or answers
        for number, (one, other) in enumerate(zip(before, answers, strict=True)):
            assert one == other, (spot, requests[number] if number < count else number)
    assert any(f"{people['services'][0]!r}" in answer for answer in before)


def addresses(people: dict[str, Any]) -> Iterator[str]:
    """Yield what a visitor can open."""
    yield from ("/", "/services", "/needs", "/categories/company", "/areas/easter-ward", "/areas/wester-ward",
                "/services/pins.json", f"/organisations/{people['group']}", "/shortlist")  # fmt: skip
    asked: list[dict[str, str]] = [
        {"where": "SE13 6LG"}, {"where": "SE13 6LG", "radius": "0.1"}, {"where": "SE13 6LG", "sort": "distance"},
        {"where": f"{LATITUDE},{LONGITUDE}", "sort": "name"}, {"where": "Easter-Ward"}, {"q": "safe near me"},
        {"where": "SE13 6LG", "q": "talk", "day": "tue", "access": "step-free"}, {"open_now": "1"},
        {"q": "safe zeppelin", "where": "SE13 6LG"}, {"where": "SE13 6LG", "radius": "1", "cost": "free", "age": "30"},
        *({name: spot.name} for spot in SPOTS[:2] for name in ("q", "where")),
        {"where": SPOTS[0].postcode}, {"q": f"talk {SPOTS[0].town}"}, {"q": SPOTS[0].street},
    ]  # fmt: skip
    for args in asked:
        yield f"/services?{urlencode(args)}"
    for args in asked[:6]:
        yield f"/services/pins.json?{urlencode(args)}"
    for args in asked[:2]:
        yield f"/services?{urlencode(args | {'view': 'map'})}"
    for text in ("rose", "linden", "safe", "hidden", "SE13 9"):
        yield f"/suggest?q={quote(text)}"
    for service_id in people["services"]:
        yield f"/services/{service_id}"
        yield f"/services/{service_id}/calendar.ics"
        yield f"/services/{service_id}?from={quote('/services?where=SE13+6LG', safe='')}"
    yield f"/shortlist/shared?s={pack(people['services'])}"
    for number in range(1, 8):
        yield f"/services/pins/{number}"


def of_moderators() -> Iterator[str]:
    """Yield what a moderator can open who looks at scores, and at shares by area."""
    yield from ("/services?q=talk&where=SE13+6LG&explain=1", "/services?where=SE13+6LG&view=map&explain=1",
                "/moderation/freshness", "/moderation/words")  # fmt: skip


def comparable(client: FlaskClient, address: str) -> tuple[int, str]:
    """Return status and body without what is new each time: tokens, nonces, ids of maps and forms."""
    answer = client.get(address)
    body = answer.get_data(as_text=True)
    body = re.sub(r'nonce="[^"]+"', "", body)
    body = re.sub(r'(name="(?:csrf_token|form_id|began|token)"[^>]* value=")[^"]*', r"\1", body)
    return answer.status_code, re.sub(r'[0-9a-f]{32}|DTSTAMP:\w+|data-seconds="\d+"', "", body)


def in_the_log() -> str:
    """Return the rows that were written down, without their random keys, and what is worked out from them."""
    search_log().flush()
    rows: list[str] = []
    for kind in (LoggedSearch, LoggedOpening):
        columns = [column for column in kind.__table__.columns if column.name != "id"]
        rows += sorted(repr(tuple(row)) for row in db.session.execute(sa.select(*columns)))
    spots = [spot.position for spot in SPOTS if spot.position]
    known: list[object] = [gaps_near(spots, 2.0), gaps_in(["easter-ward", "wester-ward"]), recent_searches(50)]
    service_ids = list(db.session.scalars(sa.select(Service.id)))
    known.append(searches_that_led_to(service_ids, clock.today()))
    db.session.rollback()
    return repr((rows, known))


def test_no_page_tells_where(app: Flask, people: dict[str, Any], cast: Cast, clock: time_machine.Traveller) -> None:
    app.test_client_class = FlaskClient
    clock.move_to(MONDAY)
    moderator = sign_in(app.test_client(), cast.mo)
    before: dict[str, object] = {}
    for spot in SPOTS[:3]:
        move(people["secret"], spot)
        clock.move_to(MONDAY)
        visitor = app.test_client()
        visitor.set_cookie(COOKIE, pack(people["services"]))
        answers: dict[str, object] = {address: comparable(visitor, address) for address in addresses(people)}
        answers |= {address: comparable(moderator, address) for address in of_moderators()}
        answers["log"] = in_the_log()
        before = before or answers
        assert answers.keys() == before.keys()
        for address, answer in answers.items():
            assert answer == before[address], (spot, address)
    statuses = [answer[0] for answer in before.values() if isinstance(answer, tuple)]
    assert set(statuses) <= {200, 404}
    assert statuses.count(200) > 45
    assert "'safe'" in str(before["log"])
