"""The one source of the present moment, so that tests can set it."""

import datetime as dt
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> dt.datetime:
    """Return the present instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def london_now() -> dt.datetime:
    """Return the present instant, aware, in London time."""
    return now().astimezone(LONDON)


def today() -> dt.date:
    """Return today's date in London."""
    return london_now().date()
