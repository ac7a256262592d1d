"""Services that are like another one, and near to it."""

import uuid
from dataclasses import replace

import numpy as np

from portal.core import clock
from portal.geo.distance import miles_from
from portal.search.answering import Answer
from portal.search.columns.build import Columns, Real
from portal.search.engine import engine
from portal.search.postgres.alike import ALIKE_AUDIENCE, ALIKE_CATEGORY, ALIKE_NEED, NEARBY_MILES, find_alike
from portal.search.postgres.answer import TableAnswer
from portal.search.postgres.known import Known
from portal.search.results import Hit, SearchRequest
from portal.search.state import State


def similar(service_id: uuid.UUID, limit: int = 3) -> list[Hit]:
    """Return services that share needs or categories with one, the most alike first, nearby where both have a position.

    Miles are between the two. A confidential venue has no position, so it is neither near nor far.
    """
    known = engine().known()
    return _similar(known, service_id, limit) if isinstance(known, State) else _by_tables(known, service_id, limit)


def _by_tables(known: Known, service_id: uuid.UUID, limit: int) -> list[Hit]:
    alike = find_alike(service_id, limit)
    whole = TableAnswer(known, SearchRequest(), clock.now()).hits_of([number for _id, number, *_ in alike])
    return [_as_near(whole[key], score, miles) for key, _number, score, miles in alike if key in whole]


def _similar(state: State, service_id: uuid.UUID, limit: int) -> list[Hit]:
    columns = state.columns
    row = columns.find_row(service_id)
    if row is None:
        return []
    services = columns.services
    shared = _shared(columns, row)
    miles = _miles_from_service(columns, row)
    here = columns.venues.service == row
    has_position = bool(np.isfinite(columns.venues.latitude[here]).any())
    fits = columns.alive & (shared > 0) & (services.factor > 0) & (~np.isfinite(miles) | (miles <= NEARBY_MILES))
    if has_position:
        # A physical service that is farther away than "nearby" has been left out; one without a position stays.
        fits &= np.isfinite(miles) | ~services.is_physical
    fits[row] = False
    nearness = np.where(np.isfinite(miles), ALIKE_NEED * (1 - miles / NEARBY_MILES), 0.0)
    scores = np.round((shared + nearness) * services.factor, 9)
    found = np.flatnonzero(fits)
    order = found[np.lexsort((columns.name_rank[found], -scores[found]))][:limit]
    whole = Answer(state, SearchRequest(), clock.now())
    return [_hit(whole, int(one), float(scores[one]), float(miles[one])) for one in order.tolist()]


def _shared(columns: Columns, row: int) -> Real:
    services = columns.services
    audience = services.audience & ~services.audience.all(axis=1, keepdims=True)
    weighed = ((services.need, ALIKE_NEED), (services.category, ALIKE_CATEGORY), (audience, ALIKE_AUDIENCE))
    total = sum((flags & flags[row]).sum(axis=1) * weight for flags, weight in weighed[:2])
    # Being for the same people counts only on top of something that is offered.
    extra = (audience & audience[row]).sum(axis=1) * ALIKE_AUDIENCE
    return np.where(total > 0, total + extra, 0.0)


def _miles_from_service(columns: Columns, row: int) -> Real:
    """Return the miles between the nearest venues of one service and each other one, infinite without positions."""
    venues = columns.venues
    nearest = np.full(len(columns.documents), np.inf)
    for own in np.flatnonzero((venues.service == row) & np.isfinite(venues.latitude)).tolist():
        miles = miles_from(venues.latitude[own], venues.longitude[own], venues.latitude, venues.longitude)
        np.minimum.at(nearest, venues.service, np.where(np.isnan(miles), np.inf, miles))
    return nearest


def _hit(whole: Answer, row: int, score: float, miles: float) -> Hit:
    ranked = whole.ranked
    place = int(np.flatnonzero(ranked.services == row)[0])
    return _as_near(whole.hits(place, place + 1)[0], score, miles)


def _as_near(hit: Hit, score: float, miles: float) -> Hit:
    return replace(hit, score=score, miles=round(miles, 9) if np.isfinite(miles) else None)
