"""How old the last word on a listing is, in London calendar months, and when something may be sent about it."""

import calendar
import datetime as dt
from collections.abc import Callable

from portal.core.clock import LONDON
from portal.search.constants import STALE_FROM_DAYS

ASK_FROM_MONTHS, UNPUBLISH_FROM_MONTHS = 6, 14
# Nobody's listing is taken off before they had this long to answer, however old it was when it came to us.
NOTICE_MONTHS = 2
LINK_LASTS = dt.timedelta(days=60)
# Messages leave between these London hours, on weekdays and Saturdays that are no bank holidays.
OPENS_AT, CLOSES_AT = dt.time(8), dt.time(20)
_SUNDAY = 6


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day of a later month; its last day where the month is too short.

    Six months after 31 August are over on 28 February, or on the 29th of a leap year.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_between(earlier: dt.date, later: dt.date) -> int:
    """Return how many whole months have passed, as `add_months` counts them; 0 when `later` is the earlier one."""
    months = max(0, (later.year - earlier.year) * 12 + later.month - earlier.month)
    return months if months == 0 or add_months(earlier, months) <= later else months - 1


def sinks_on(counted_from: dt.date) -> dt.date:
    """Return the London day from which the search puts a listing lower and its page says so: after 365 days."""
    return counted_from + dt.timedelta(days=STALE_FROM_DAYS)


def next_opening(at: dt.datetime, is_bank_holiday: Callable[[dt.date], bool]) -> dt.datetime:
    """Return the first instant (UTC) from `at` (aware) on at which a message may leave: `at` itself, if it may."""
    local = at.astimezone(LONDON)
    day = local.date()
    if local.time() >= CLOSES_AT:
        day += dt.timedelta(days=1)
    while day.weekday() == _SUNDAY or is_bank_holiday(day):
        day += dt.timedelta(days=1)
    opens = dt.datetime.combine(day, OPENS_AT, LONDON).astimezone(dt.UTC)
    return max(at.astimezone(dt.UTC), opens)
