"""Keeps what happens at each venue in short, so that a question need not look through the sessions of five weeks."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from portal.search.constants import DATES_AHEAD, DAYS_AHEAD
from portal.search.postgres.tables import HAPPENING, NO_END
from portal.search.results import DAY_CHOICES

# What a rule gives, in short; {of_rules} narrows the rules down.
_OF_RULES = """
    SELECT rule, starts, ends, begins <> -1 AND closes <> -1 AS is_bounded, days, parts
    FROM search.session WHERE day BETWEEN %(today)s - 1 AND %(today)s{of_rules}
    UNION ALL
    SELECT rule, min(starts), %(no_end)s, false, days, parts
    FROM search.session WHERE day BETWEEN %(today)s + 1 AND %(last)s{of_rules} GROUP BY rule, days, parts
    UNION ALL
    SELECT rule, min(starts), %(no_end)s, false, 0::smallint, 0::smallint
    FROM search.session WHERE day BETWEEN %(last)s + 1 AND %(farthest)s{of_rules} GROUP BY rule
"""
# A date far away counts only where nothing is nearer; the days of today may be over before the day is.
_WRITE = f"""
    WITH here AS (SELECT id, rules FROM search.venue WHERE rules <> '{{{{}}}}'{{of_services}}),
    short AS ({_OF_RULES}),
    every AS (
        SELECT here.id, starts, ends, is_bounded, days, parts, bool_or(days <> 0 AND ends = %(no_end)s)
            OVER (PARTITION BY here.id) AS is_soon
        FROM here CROSS JOIN unnest(rules) AS one (rule) JOIN short USING (rule)
    )
    INSERT INTO search.happening
    SELECT id, min(starts), ends, is_bounded, days, parts FROM every WHERE days <> 0 OR NOT is_soon
    GROUP BY id, ends, is_bounded, days, parts, CASE WHEN ends = %(no_end)s THEN 0 ELSE starts END
"""
# All but the sessions that may be over before the day is, once more beside the venue.
_SUM_UP = f"""
    UPDATE search.venue SET later_starts = later.starts, later_bits = later.bits
    FROM (
        SELECT venue, min(starts) AS starts, bit_or(days::integer | (parts::integer << {len(DAY_CHOICES)})) AS bits
        FROM search.happening WHERE ends = {NO_END}{{of_services}} GROUP BY venue
    ) AS later WHERE later.venue = venue.id AND (later.starts, later.bits) IS DISTINCT FROM (later_starts, later_bits)
"""


def add(connection: sa.Connection, services: Sequence[int], today: dt.date) -> None:
    """Write what happens at the venues of services that have none of it yet, as seen from a London day."""
    of_rules = " AND rule IN (SELECT unnest(rules) FROM search.venue WHERE service = ANY (%(services)s::integer[]))"
    statement = _WRITE.format(of_services=" AND service = ANY (%(services)s::integer[])", of_rules=of_rules)
    connection.exec_driver_sql(statement, _days(today) | {"services": list(services)})
    here = " AND venue IN (SELECT id FROM search.venue WHERE service = ANY (%(services)s::integer[]))"
    connection.exec_driver_sql(_SUM_UP.format(of_services=here), {"services": list(services)})


def renew(connection: sa.Connection, today: dt.date) -> None:
    """Write what happens at all venues, as seen from a London day."""
    connection.execute(sa.delete(HAPPENING))
    connection.exec_driver_sql(_WRITE.format(of_services="", of_rules=""), _days(today))
    connection.exec_driver_sql(
        "UPDATE search.venue SET later_starts = NULL, later_bits = 0 WHERE later_starts IS NOT NULL"
    )
    connection.exec_driver_sql(_SUM_UP.format(of_services=""))


def _days(today: dt.date) -> dict[str, object]:
    day = today.toordinal()
    return {"today": day, "last": day + DAYS_AHEAD - 1, "farthest": day + DATES_AHEAD, "no_end": NO_END}
