"""Days and times as people type them: "24 November 2026", "24/11/2026", "10.30am", "noon"."""

import datetime as dt
import re
from collections.abc import Iterable

from portal.core import clock
from portal.core.text import clean
from portal.core.wording import MONTHS, date_in_words
from portal.directory.rules_in_words import RuleError, parse_time
from portal.listings.day_limits import MOST_DATES, NOT_NEAR, TOO_MANY, is_near

LONGEST_BREAK = 100
_MONTHS = {name[:3].lower(): number for number, name in enumerate(MONTHS, start=1)}
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")
_WORDS = re.compile(r"(?:[a-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3,9})\.?,?(?: (\d{4}))?", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_RANGE = re.compile(r" ?(?:–|—|\bto\b|\buntil\b) ?| - ")


class NotADayError(ValueError):
    """What was typed is not a day or a time; the message says what to type."""


def read_day(text: str) -> dt.date:
    """Read one day. Without a year the next such day is meant. Raises NotADayError."""
    typed = clean(text)
    parts = _parts(typed)
    if parts is None:
        raise NotADayError(f"“{typed[:40]}” is not a date like 24 November 2026 or 24/11/2026")
    day, month, year = parts
    if year is None:
        year = _next_year(day, month)
    try:
        found = dt.date(year, month, day)
    except ValueError:
        raise NotADayError(f"“{typed[:40]}” is not in the calendar. Check the day and the month") from None
    if not is_near(found):
        raise NotADayError(f"“{typed[:40]}” {NOT_NEAR}")
    return found


def read_days(text: str) -> tuple[dt.date, ...]:
    """Read days between line breaks, commas or semicolons, and spans like "21 December 2026 to 4 January 2027".

    Returns them in order, each once. Raises NotADayError, also for more than MOST_DATES.
    """
    found: set[dt.date] = set()
    for piece in re.split(r"[\n;,]", text):
        ends = [end for end in _RANGE.split(clean(piece)) if end]
        if not ends:
            continue
        first, last = read_day(ends[0]), read_day(ends[-1])
        span = (last - first).days
        if len(ends) > 2 or not 0 <= span < LONGEST_BREAK:
            raise NotADayError(f"“{clean(piece)[:60]}” does not run from one day to a later one, at most 100 days")
        found |= {first + dt.timedelta(days=number) for number in range(span + 1)}
        if len(found) > MOST_DATES:
            raise NotADayError(TOO_MANY)
    return tuple(sorted(found))


def write_days(days: Iterable[dt.date]) -> str:
    """Return days for a field, one a line; three or more in a row as a span."""
    runs: list[list[dt.date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == dt.timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    lines: list[str] = []
    for run in runs:
        if len(run) > 2:
            lines.append(f"{date_in_words(run[0])} to {date_in_words(run[-1])}")
        else:
            lines += [date_in_words(day) for day in run]
    return "\n".join(lines)


def read_time(text: str, what: str = "a time") -> dt.time:
    """Read a London time: 10:30, 10.30am, 2pm, noon, midnight. Raises NotADayError; `what` names it there."""
    typed = clean(text).lower().replace("a.m.", "am").replace("p.m.", "pm").replace("a.m", "am").replace("p.m", "pm")
    typed = {"12 midnight": "midnight", "12 midday": "midday"}.get(typed, typed)
    try:
        return parse_time(typed)
    except RuleError:
        raise NotADayError(f"Enter {what} like 10:30 or 2pm") from None


def _parts(typed: str) -> tuple[int, int, int | None] | None:
    """Take a date apart into day, month and year; the year None when there was none."""
    if found := _ISO.fullmatch(typed):
        return int(found[3]), int(found[2]), int(found[1])
    if found := _NUMBERS.fullmatch(typed):
        year = int(found[3])
        return int(found[1]), int(found[2]), year + 2000 if year < 100 else year
    found = _WORDS.fullmatch(typed)
    month = _MONTHS.get(found[2][:3].lower()) if found else None
    if not found or month is None or not MONTHS[month - 1].lower().startswith(found[2].lower().rstrip(".")):
        return None
    return int(found[1]), month, int(found[3]) if found[3] else None


def _next_year(day: int, month: int) -> int:
    today = clock.today()
    return today.year if (month, day) >= (today.month, today.day) else today.year + 1
