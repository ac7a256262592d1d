"""Which venue stands for a service, and in what order services come: a total one, which ends with name and id."""

from dataclasses import dataclass

import numpy as np

from portal.core.clock import LONDON
from portal.search.columns.build import Real, Whole
from portal.search.columns.filters import Filters
from portal.search.columns.sessions import NEVER, SessionTable
from portal.search.constants import (
    AGEING,
    AGEING_FROM_DAYS,
    DISTANCE_WEIGHT,
    SAME_NAME,
    STALE,
    STALE_FROM_DAYS,
    WITHOUT_POSITION,
)
from portal.search.text.language import Query
from portal.search.text.words import name_key

# Scores are compared to nine places, so that equal ones are equal whichever way they were added up.
_PLACES = 9


@dataclass(frozen=True)
class Ranked:
    """The services found, in order: one venue each (a place in the venue columns), its score, miles and next start."""

    services: Whole
    venues: Whole
    scores: Real
    miles: Real
    starts: Whole


def rank(filters: Filters, query: Query) -> Ranked:
    """Return everything that answers the question, in the order that was asked for."""
    venues = _one_venue_each(filters)
    services = filters.columns.venues.service[venues]
    miles = np.round(filters.miles[venues], _PLACES)
    starts = filters.next_starts[venues]
    scores = _scores(filters, services, miles, query)
    columns = filters.columns
    names = columns.name_rank[services]
    keys = {
        "relevance": (names, miles, -scores),
        "distance": (names, miles),
        "soonest": (names, miles, starts),
        "confirmed": (names, miles, -columns.services.confirmed[services]),
        "name": (names,),
    }[filters.question.sort]
    order = np.lexsort(keys)
    return Ranked(services[order], venues[order], scores[order], miles[order], starts[order])


def _one_venue_each(filters: Filters) -> Whole:
    """Return the venue of each service that stands for it: the nearest that fits, or the one with the next session."""
    rows = filters.venues
    service = filters.columns.venues.service[rows]
    miles, starts = np.round(filters.miles[rows], _PLACES), filters.next_starts[rows]
    first, second = (starts, miles) if filters.question.sort == "soonest" else (miles, starts)
    # Nearly all services have one venue, and the rows are in the order of the services.
    is_next = service[1:] == service[:-1]
    if not is_next.any():
        return rows
    has_others = np.zeros(len(rows), bool)
    has_others[1:] = is_next
    has_others[:-1] |= is_next
    several = np.flatnonzero(has_others)
    order = several[np.lexsort((rows[several], second[several], first[several], service[several]))]
    ordered = service[order]
    worse = order[1:][ordered[1:] == ordered[:-1]]
    return np.delete(rows, worse)


def _scores(filters: Filters, services: Whole, miles: Real, query: Query) -> Real:
    """The product of all factors."""
    scores = np.ones(len(services))
    for factor in factors(filters, services, miles, query).values():
        scores = scores * factor
    rounded: Real = np.round(scores, _PLACES)
    return rounded


def factors(filters: Filters, services: Whole, miles: Real, query: Query) -> dict[str, Real]:
    """Return what scores are made of, by name, for some services at some miles.

    `words` is how well the text answers and `name` the bonus of a name that was asked for; `distance`, `fresh` and
    `service` (places, completeness, closed for now) are soft. What does not apply is left out.
    """
    question, columns = filters.question, filters.columns
    found: dict[str, Real] = {}
    if question.scores is not None:
        found["words"] = question.scores[services]
    if query.words and not query.phrases:
        is_name = columns.services.name[services] == hash(name_key(query.words))
        found["name"] = np.where(is_name, SAME_NAME, 1.0)
    if question.request.place is not None:
        share = np.minimum(miles / question.request.radius, 1.0)
        found["distance"] = np.where(np.isinf(miles), WITHOUT_POSITION, 1 / (1 + DISTANCE_WEIGHT * share))
    confirmed = columns.services.confirmed[services]
    age = question.now.astimezone(LONDON).date().toordinal() - confirmed
    found["fresh"] = np.where(age >= STALE_FROM_DAYS, STALE, np.where(age >= AGEING_FROM_DAYS, AGEING, 1.0))
    found["service"] = columns.services.factor[services]
    return found


def next_session(filters: Filters, venue: int, start: int) -> tuple[SessionTable, int] | None:
    """Return (table, place) of the session at a venue that begins at a wall minute, None for NEVER.

    Of several that begin at once, the one that ends first.
    """
    if start == NEVER:
        return None
    columns = filters.columns
    rules = columns.holding.rules_of(venue)
    table = filters.table
    found = [place for rule in rules for place in table.starting(rule, start) if filters.sessions_met[place]]
    if not found and not filters.asks_when:
        table = columns.sessions.far
        found = [place for rule in rules for place in table.starting(rule, start)]
    return (table, min(found, key=lambda place: int(table.ends[place]))) if found else None
