"""Services that are like another one, and near to it."""

import uuid

import numpy as np

from portal.core import clock
from portal.geo.distance import miles_from
from portal.search.answering import Answer
from portal.search.columns.build import Columns, Real
from portal.search.engine import engine
from portal.search.results import Hit, SearchRequest

_NEED, _CATEGORY, _AUDIENCE = 2.0, 1.0, 0.5
# Beyond this many miles a service is not "nearby" any more; within, nearness adds up to as much as one need.
_NEARBY_MILES = 5.0


def similar(service_id: uuid.UUID, limit: int = 3) -> list[Hit]:
    """Return services that share needs or categories with one, the most alike first, nearby where both have a position.

    Miles are between the two. A confidential venue has no position, so it is neither near nor far.
    """
    state = engine().state()
    columns = state.columns
    row = columns.find_row(service_id)
    if row is None:
        return []
    services = columns.services
    shared = _shared(columns, row)
    miles = _miles_from_service(columns, row)
    here = columns.venues.service == row
    has_position = bool(np.isfinite(columns.venues.latitude[here]).any())
    fits = columns.alive & (shared > 0) & (services.factor > 0) & (~np.isfinite(miles) | (miles <= _NEARBY_MILES))
    if has_position:
        # A physical service that is farther away than "nearby" has been left out; one without a position stays.
        fits &= np.isfinite(miles) | ~services.is_physical
    fits[row] = False
    nearness = np.where(np.isfinite(miles), _NEED * (1 - miles / _NEARBY_MILES), 0.0)
    scores = np.round((shared + nearness) * services.factor, 9)
    found = np.flatnonzero(fits)
    order = found[np.lexsort((columns.name_rank[found], -scores[found]))][:limit]
    whole = Answer(state, SearchRequest(), clock.now())
    return [_hit(whole, int(one), float(scores[one]), float(miles[one])) for one in order.tolist()]


def _shared(columns: Columns, row: int) -> Real:
    services = columns.services
    audience = services.audience & ~services.audience.all(axis=1, keepdims=True)
    weighed = ((services.need, _NEED), (services.category, _CATEGORY), (audience, _AUDIENCE))
    total = sum((flags & flags[row]).sum(axis=1) * weight for flags, weight in weighed[:2])
    # Being for the same people counts only on top of something that is offered.
    extra = (audience & audience[row]).sum(axis=1) * _AUDIENCE
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
    hit = whole.hits(place, place + 1)[0]
    return Hit(
        service_id=hit.service_id,
        score=score,
        at_number=hit.at_number,
        miles=round(miles, 9) if np.isfinite(miles) else None,
        starts_at=hit.starts_at,
        ends_at=hit.ends_at,
    )
