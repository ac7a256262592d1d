"""How far from today the days of a listing may lie, and how many one rule may name; the same for forms and tables."""

import datetime as dt

from portal.core import clock

EARLIEST = dt.date(2015, 1, 1)
YEARS_AHEAD = 5
# In one field of one rule: its dates, the dates when it is not on, the extra dates.
MOST_DATES = 100
NOT_NEAR = "is too long ago or too far ahead. Check the year"
TOO_MANY = f"These are more than {MOST_DATES} dates. Leave out those long past or far ahead"


def is_near(day: dt.date) -> bool:
    """Say whether a London day is one that a listing may name: from 2015 to about five years from now."""
    return EARLIEST <= day <= clock.today().replace(day=1) + dt.timedelta(days=366 * YEARS_AHEAD)
