"""Services that are like another one, and near to it, as the tables tell it."""

import uuid
from collections.abc import Sequence
from typing import Any

from portal.search.postgres.parts import miles_over_ground
from portal.search.postgres.reading import rows_of

# Services like another one: what a need, a category and people that both are for count. Beyond so many miles a service
# is not "nearby" any more; within, nearness adds up to as much as one need.
ALIKE_NEED, ALIKE_CATEGORY, ALIKE_AUDIENCE, NEARBY_MILES = 2.0, 1.0, 0.5, 5.0
_WEIGHTS = {"need": ALIKE_NEED, "category": ALIKE_CATEGORY, "for": ALIKE_AUDIENCE}
_OWN = """
    SELECT document.number, flags, latitude, longitude FROM search.document
    LEFT JOIN search.venue ON venue.service = document.number AND latitude IS NOT NULL
    WHERE document.service_id = %(service_id)s::uuid ORDER BY place
"""


def find_alike(service_id: uuid.UUID, limit: int) -> Sequence[tuple[uuid.UUID, int, float, float]]:
    """Return (id, number, score, miles) of services that share needs or categories with one, the most alike first.

    Miles are infinite where one of them has no position.
    """
    own = rows_of(_OWN, {"service_id": service_id})
    if not own:
        return []
    shared = [tuple(flag.split(":", 1)) for flag in own[0].flags if flag.split(":")[0] in _WEIGHTS]
    statement, values = _statement(own, shared)
    rows = rows_of(statement, values | {"own": own[0].number, "limit": limit})
    return [(row.service_id, row.service, row.score, row.miles) for row in rows]


def _statement(own: Sequence[Any], shared: Sequence[tuple[str, ...]]) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}
    points: dict[str, list[str]] = {"offered": ["0"], "audience": ["0"]}
    for place, (name, value) in enumerate(shared):
        values[f"value_{place}"] = value
        bits = f"SELECT held FROM search.flag WHERE filter = '{name}' AND value = %(value_{place})s"
        points["audience" if name == "for" else "offered"].append(f"{_WEIGHTS[name]} * get_bit(({bits}), service)")
    ways = []
    for place, venue in enumerate(row for row in own if row.latitude is not None):
        values |= {f"latitude_{place}": venue.latitude / 1e6, f"longitude_{place}": venue.longitude / 1e6}
        ways.append(miles_over_ground(f"%(latitude_{place})s", f"%(longitude_{place})s"))
    miles = f"CASE WHEN latitude IS NULL THEN 'Infinity' ELSE least({', '.join(ways)}) END" if ways else "'Infinity'"
    # Being for the same people counts only on top of something that is offered.
    return (
        "WITH alike AS MATERIALIZED ("
        f"SELECT service, service_id, folded_name, factor, is_physical, {' + '.join(points['audience'])} AS audience, "
        f"offered, ({miles})::double precision AS way FROM (SELECT *, {' + '.join(points['offered'])} AS offered "
        "FROM search.venue WHERE service <> %(own)s::integer OFFSET 0) AS every WHERE offered > 0), "
        "each AS (SELECT service, service_id, folded_name, factor, is_physical, offered + audience AS shared, "
        "min(way) AS miles FROM alike GROUP BY 1, 2, 3, 4, 5, 6) "
        "SELECT service_id, service, miles, round(((shared + CASE WHEN miles = 'Infinity' THEN 0 "
        f"ELSE {ALIKE_NEED} * (1 - miles / {NEARBY_MILES}) END) * factor * 1e9)::double precision) / 1e9 AS score "
        f"FROM each WHERE factor > 0 AND (miles <= {NEARBY_MILES} "
        f"OR miles = 'Infinity'{' AND NOT is_physical' if ways else ''}) "
        "ORDER BY score DESC, folded_name, service_id LIMIT %(limit)s::bigint",
        values,
    )
