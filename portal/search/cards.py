"""From rows and hits to cards."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence

from markupsafe import Markup, escape

from portal.core.clock import LONDON
from portal.core.wording import day_in_words, miles_in_words, span_in_words
from portal.directory.models import Schedule, Service
from portal.directory.schedules import next_sessions
from portal.search import service_words as words
from portal.search.card import Card
from portal.search.listed import Listed, known_listings, listed_from
from portal.search.results import Hit

_DAY_ENDS = dt.time(23, 59)

Marked = Callable[[str], Markup]


def read_services(hits: Sequence[Hit]) -> dict[uuid.UUID, Listed]:
    """Return what is known of the services of hits by id; one that is no longer public is left out."""
    return known_listings().read([hit.service_id for hit in hits])


def cards_for(
    hits: Sequence[Hit],
    services: Mapping[uuid.UUID, Listed],
    *,
    now: dt.datetime,
    marked: Marked = escape,
    saved: Collection[uuid.UUID] = (),
) -> list[Card]:
    """Return the cards of hits, in their order, made from what is known of their services.

    `now` is an aware instant; `marked` escapes a text and marks the words that matched; `saved` are the ids
    on the visitor's shortlist.
    """
    return [
        card_of(services[hit.service_id], hit, now=now, marked=marked, saved=saved)
        for hit in hits
        if hit.service_id in services
    ]


def hit_without_question(service: Service, now: dt.datetime) -> Hit:
    """Return what a search would have said of a service that was reached without one: first venue, next session."""
    venue = next((at for at in service.locations if not at.location.is_confidential), None)
    return hit_at(service, venue.number if venue else None, now)


def hit_at(service: Service, number: int | None, now: dt.datetime) -> Hit:
    """Return a service at one of its venues (None: at none) with its next session there after an aware instant."""
    upcoming = next_sessions(schedules_at(service, number), now, 1)
    return Hit(
        service_id=service.id,
        score=0.0,
        at_number=number,
        starts_at=upcoming[0].starts_at if upcoming else None,
        ends_at=upcoming[0].ends_at if upcoming else None,
    )


def schedules_at(service: Service, number: int | None) -> list[Schedule]:
    """Return the rules that hold at one venue, or all rules of a service when no venue is named."""
    return [rule for rule in service.schedules if number is None or rule.at_number in {None, number}]


def make_card(
    service: Service, hit: Hit, *, now: dt.datetime, marked: Marked = escape, saved: Collection[uuid.UUID] = ()
) -> Card:
    """Return the card of a service that was read with what a card shows."""
    return card_of(listed_from(service), hit, now=now, marked=marked, saved=saved)


def card_of(
    listed: Listed, hit: Hit, *, now: dt.datetime, marked: Marked = escape, saved: Collection[uuid.UUID] = ()
) -> Card:
    """Return one card. Of a confidential venue nothing is said but that its address is given when people ring."""
    today = now.astimezone(LONDON).date()
    starts_at = None if listed.is_closed or hit.starts_at is None else hit.starts_at.astimezone(LONDON)
    name, summary = marked(listed.name), marked(listed.summary)
    place = None if hit.at_number is None else listed.venues.get(hit.at_number)
    return Card(
        id=listed.id,
        plain_name=listed.name,
        name=name,
        organisation=listed.organisation,
        organisation_id=listed.organisation_id,
        summary=summary,
        starts_on=starts_at.date() if starts_at else None,
        plate_icon=listed.plate_icon,
        is_today=starts_at is not None and starts_at.date() == today,
        next_session=session_in_words(starts_at, hit.ends_at, today) if starts_at else "",
        when="" if starts_at or listed.is_closed else listed.when(hit.at_number),
        venue=place.name if place else listed.elsewhere,
        distance=miles_in_words(hit.miles) if hit.miles is not None and place else "",
        cost=listed.cost,
        places=None if listed.is_closed else listed.places,
        closed=listed.closed,
        phone=listed.phone,
        why=_why(listed, name, summary, today),
        pin=hit.at_number if place and place.has_pin else None,
        is_saved=listed.id in saved,
    )


def session_in_words(starts_at: dt.datetime, ends_at: dt.datetime | None, today: dt.date) -> str:
    """Return "Today, Monday 23 November, 10.30am to 1pm" for aware times; times that were not said are left out."""
    start = starts_at.astimezone(LONDON)
    end = ends_at.astimezone(LONDON).time() if ends_at else None
    day = day_in_words(start.date(), today=today)
    if start.date() == today:
        day = f"Today, {day}"
    is_whole_day = start.time() == dt.time() and end in {None, _DAY_ENDS}
    span = "" if is_whole_day else span_in_words(start.time(), None if end == _DAY_ENDS else end)
    return f"{day}, {span}" if span else day


def _why(listed: Listed, name: Markup, summary: Markup, today: dt.date) -> str:
    """Say where the words were found, when any were marked, and how fresh the listing is."""
    found = ""
    if "<mark>" in name:
        found = "Words that fit yours are in the name."
    elif "<mark>" in summary:
        found = "Words that fit yours are in what they say."
    return f"{found} {words.confirmed_in_words(listed, today)}".strip()
