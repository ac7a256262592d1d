"""Reading single values of an address: every text gives a value within limits, and a kind word if it was bent."""

import datetime as dt
import re
from collections.abc import Callable, Sequence

from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.text import clean
from portal.core.wording import date_in_words
from portal.search.constants import (
    DATES_AHEAD,
    LEAST_RADIUS,
    LONGEST_QUESTION,
    MOST_RADIUS,
    MOST_VALUES,
    OLDEST,
)
from portal.search.results import DEFAULT_RADIUS, LAST_PAGE, Problem

_SHORT = 40
_MOST_PROBLEMS = 20
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_BRITISH = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4}|\d{2})", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_REAL = re.compile(r"[+-]?(\d{1,9}(\.\d{0,9})?|\.\d{1,9})", re.ASCII)


class Asked:
    """The words of an address, cleaned when they are read. `problems` collects what could not be used."""

    def __init__(self, args: MultiDict[str, str], problems: list[Problem]) -> None:
        self._args = args
        self._problems = problems

    def text(self, name: str, limit: int) -> str:
        """Return the first value of a name, cleaned and cut; "" when there is none."""
        return clean(self._args.get(name) or "", limit=limit)

    def texts(self, name: str, limit: int) -> list[str]:
        """Return all values of a name, cleaned and cut; at most 50 are looked at."""
        return [text for raw in self._args.getlist(name)[:MOST_VALUES] if (text := clean(raw or "", limit=limit))]

    def values(self, name: str, is_known: Callable[[str], bool], message: str) -> tuple[str, ...]:
        """Return the known values of a name, each once; at most 50 are looked at."""
        found: dict[str, None] = {}
        for raw in self._args.getlist(name)[:MOST_VALUES]:
            value = clean(raw or "", limit=_SHORT)
            if value and is_known(value):
                found[value] = None
            elif value:
                self.complain(name, message)
        return tuple(found)

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """Return a choice, the first one when nothing or something else was said."""
        value = self.text(name, _SHORT)
        if value and value not in choices:
            self.complain(name, "We do not know this choice, so we took the usual one.")
        return value if value in choices else choices[0]

    def complain(self, name: str, message: str) -> None:
        """Note a problem, each only once."""
        problem = Problem(field=name, message=message)
        if problem not in self._problems and len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(problem)


def read_radius(asked: Asked) -> float:
    """Return miles between a tenth and a hundred."""
    text = asked.text("radius", _SHORT)
    if not text:
        return DEFAULT_RADIUS
    if not _REAL.fullmatch(text):
        asked.complain("radius", f"We could not read how far. We looked within {DEFAULT_RADIUS:g} miles.")
        return DEFAULT_RADIUS
    miles = float(text)
    within = min(MOST_RADIUS, max(LEAST_RADIUS, miles))
    if within != miles:
        asked.complain(
            "radius", f"We can look between {LEAST_RADIUS:g} and {MOST_RADIUS:g} miles. We looked within {within:g}."
        )
    return within


def read_age(asked: Asked) -> int | None:
    """Return whole years between 0 and 120, None when no age was said."""
    text = asked.text("age", _SHORT)
    if not text:
        return None
    if not _WHOLE.fullmatch(text):
        asked.complain("age", "Write the age as a number, like 67. We left it out.")
        return None
    age = int(text)
    within = min(OLDEST, max(0, age))
    if within != age:
        asked.complain("age", f"We can look for ages from 0 to {OLDEST}. We took {within}.")
    return within


def read_page(asked: Asked) -> int:
    """Return a page from 1 to 500."""
    text = asked.text("page", _SHORT)
    if not text:
        return 1
    if not _WHOLE.fullmatch(text):
        asked.complain("page", "We do not know that page. This is the first one.")
        return 1
    page = int(text)
    within = min(LAST_PAGE, max(1, page))
    if within != page:
        asked.complain("page", f"There is no page {page}. This is the nearest one.")
    return within


def read_date(asked: Asked) -> dt.date | None:
    """Return a London date from today on, at most 400 days ahead; None when none was said or it is no date.

    Takes 2026-11-24, 24/11/2026, "today" and "tomorrow".
    """
    text = asked.text("on", LONGEST_QUESTION).lower()
    today = clock.today()
    if not text:
        return None
    day = _day(text, today)
    if day is None:
        asked.complain("on", "We could not read the date. Write it like 24/11/2026.")
        return None
    last = today + dt.timedelta(days=DATES_AHEAD)
    if day < today:
        asked.complain("on", "That day has gone. We looked for today.")
    elif day > last:
        asked.complain("on", f"That is too far ahead. We looked for {date_in_words(last)}.")
    return min(last, max(today, day))


def _day(text: str, today: dt.date) -> dt.date | None:
    words = {"today": today, "tomorrow": today + dt.timedelta(days=1)}
    if text in words:
        return words[text]
    if match := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _BRITISH.fullmatch(text):
        day, month, year = (int(part) for part in match.groups())
        year += 2000 if year < 100 else 0
    else:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
