"""Cards: what a service says of itself in one look."""

import datetime as dt
import uuid
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from markupsafe import Markup, escape

from portal.core import clock
from portal.directory.models import Capacity, CostKind, CostOption, Joining, ServiceStatus
from portal.search.card import Card
from portal.search.cards import cards_for, hit_at, hit_without_question, make_card, read_services
from portal.search.results import Hit
from tests.factories import make_location, make_organisation, make_service, weekly

SESSION = dt.datetime(2026, 11, 24, 10, 30, tzinfo=clock.LONDON)


def card_of(database: SQLAlchemy, hit: dict[str, Any] | None = None, **values: Any) -> Card:
    service = make_service(**values)
    database.session.commit()
    if hit is None:
        return make_card(service, hit_without_question(service, clock.now()), now=clock.now())
    number = service.locations[0].number if service.locations else None
    return make_card(
        service, Hit(**{"service_id": service.id, "score": 1.0, "at_number": number, **hit}), now=clock.now()
    )


def test_the_next_session_stands_in_words(database: SQLAlchemy) -> None:
    card = card_of(database, {"starts_at": SESSION, "ends_at": SESSION + dt.timedelta(hours=1), "miles": 0.31},
                   venues=[make_location("Rushey Green Hall")])  # fmt: skip
    assert card.next_session == "Tuesday 24 November, 10.30 to 11.30am"
    assert card.starts_on == dt.date(2026, 11, 24)
    assert not card.is_today
    assert (card.venue, card.distance) == ("Rushey Green Hall", "0.3 miles")
    assert card.pin is not None


def test_today_is_said(database: SQLAlchemy) -> None:
    card = card_of(database, venues=[(make_location(), [weekly("MO", "10:30", "13:00")])])
    assert card.next_session == "Today, Monday 23 November, 10.30am to 1pm"
    assert card.is_today


def test_a_rule_without_times_says_the_day_only(database: SQLAlchemy) -> None:
    card = card_of(database, rules=[weekly("TU", "", "")])
    assert card.next_session == "Tuesday 24 November"


def test_without_a_next_date_the_rule_is_said(database: SQLAlchemy) -> None:
    over = weekly("TU", valid_to=dt.date(2026, 10, 1))
    card = card_of(database, rules=[over])
    assert card.next_session == ""
    assert card.when.startswith("Every Tuesday")


def test_a_confidential_venue_has_no_place(database: SQLAlchemy) -> None:
    hidden = make_location("Rosewood House", postcode="SE13 6LG", town="Catford", is_confidential=True)
    card = card_of(database, {"miles": 0.4}, venues=[hidden])
    assert (card.venue, card.distance, card.pin) == ("The address is given when you ring", "", None)


@pytest.mark.parametrize(
    ("attendance", "venue", "icon"),
    [
        (["telephone"], "", "door"),
        (["by telephone"], "By telephone", "phone"),
        (["online", "by telephone"], "Online or by telephone", "screen"),
        (["at home"], "In your own home", "house"),
    ],
)
def test_what_has_no_venue_says_how(database: SQLAlchemy, attendance: list[str], venue: str, icon: str) -> None:
    card = card_of(database, attendance=attendance)
    assert (card.venue, card.plate_icon) == (venue, icon)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"cost_kind": CostKind.FREE}, "Free"),
        ({"cost_kind": CostKind.DONATION}, "Pay what you can"),
        (
            {"cost_kind": CostKind.PAID, "costs": [300, 150]},
            "£1.50 to £3",
        ),
        ({"cost_kind": CostKind.PAID, "costs": [50]}, "50p"),
        ({"cost_kind": CostKind.PAID}, "You pay something. Ring to ask how much"),
        ({}, ""),
    ],
)
def test_cost(database: SQLAlchemy, values: dict[str, Any], words: str) -> None:
    values = dict(values)
    values["costs"] = [CostOption(amount_pence=pence) for pence in values.get("costs", [])]
    assert card_of(database, **values).cost == words


@pytest.mark.parametrize(
    ("values", "tone", "words"),
    [
        ({"capacity": Capacity.PLACES, "places_left": 6}, "ok", "6 places left"),
        ({"capacity": Capacity.PLACES, "places_left": 1}, "ok", "1 place left"),
        ({"capacity": Capacity.PLACES, "places_left": 0}, "calm", "Full for now"),
        ({"capacity": Capacity.FULL, "joining": Joining.TURN_UP}, "calm", "Full for now"),
        ({"capacity": Capacity.WAITING_LIST, "waiting_weeks": 3}, "soon", "Waiting list, about 3 weeks"),
        ({"joining": Joining.TURN_UP}, "ok", "Just turn up"),
    ],
)
def test_places(database: SQLAlchemy, values: dict[str, Any], tone: str, words: str) -> None:
    mark = card_of(database, **values).places
    assert mark is not None
    assert (mark.tone, mark.text) == (tone, words)


def test_what_was_not_said_is_not_said(database: SQLAlchemy) -> None:
    assert card_of(database).places is None


def test_closed_says_so_and_names_no_date(database: SQLAlchemy) -> None:
    card = card_of(database, status=ServiceStatus.TEMPORARILY_CLOSED, rules=[weekly("TU")], capacity=Capacity.PLACES)
    assert card.closed is not None
    assert (card.next_session, card.when, card.starts_on, card.places) == ("", "", None, None)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (9, "Confirmed 9 days ago."),
        (364, "Confirmed 12 months ago."),
        (365, "Not confirmed for 12 months: ring first."),
        (396, "Not confirmed for 13 months: ring first."),
        (800, "Not confirmed for 2 years: ring first."),
    ],
)
def test_freshness(database: SQLAlchemy, days: int, words: str) -> None:
    card = card_of(database, last_confirmed_on=clock.today() - dt.timedelta(days=days))
    assert card.why == words


def test_words_that_matched_are_named(database: SQLAlchemy) -> None:
    service = make_service("Chair yoga", summary="With tea.")
    database.session.commit()

    def marked(text: str) -> Markup:
        return Markup("<mark>{}</mark>").format(text) if "yoga" in text else escape(text)

    card = make_card(service, hit_without_question(service, clock.now()), now=clock.now(), marked=marked)
    assert card.why.startswith("Words that fit yours are in the name. ")
    assert card.plain_name == "Chair yoga"


def test_hostile_names_stay_text(database: SQLAlchemy) -> None:
    card = card_of(database, name="<script>alert(1)</script>{{7*7}}", summary="<b>${x}</b>")
    assert str(card.name) == "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}"
    assert str(card.summary) == "&lt;b&gt;${x}&lt;/b&gt;"


def test_the_phone_is_the_services_own_else_the_groups(database: SQLAlchemy) -> None:
    group = make_organisation(phone="020 7946 0132")
    assert card_of(database, organisation=group).phone == "020 7946 0132"
    assert card_of(database, organisation=group, phone="020 7946 0199").phone == "020 7946 0199"


def test_a_session_at_another_venue_does_not_count(database: SQLAlchemy) -> None:
    service = make_service(venues=[(make_location("One"), [weekly("TU")]), (make_location("Two"), [weekly("WE")])])
    database.session.commit()
    second = hit_at(service, service.locations[1].number, clock.now())
    assert second.starts_at is not None
    assert second.starts_at.date() == dt.date(2026, 11, 25)


def test_cards_keep_the_order_of_hits_and_leave_out_what_is_gone(database: SQLAlchemy) -> None:
    first, second = make_service("First"), make_service("Second")
    hidden = make_service("Hidden", status=ServiceStatus.INACTIVE)
    database.session.commit()
    ids = [second.id, uuid.uuid4(), hidden.id, first.id]
    hits = [Hit(service_id=one, score=1.0) for one in ids]
    cards = cards_for(hits, read_services(hits), now=clock.now(), saved={first.id})
    assert [card.plain_name for card in cards] == ["Second", "First"]
    assert [card.is_saved for card in cards] == [False, True]
