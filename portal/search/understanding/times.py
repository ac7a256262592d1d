"""Parts of the day: "in the evening", "after 5pm", "before lunch", and "open now"."""

import re

from portal.search.constants import PARTS_OF_DAY
from portal.search.understanding.days import ANY, day_value, weekday_of
from portal.search.understanding.shapes import Known, Value

_HOUR = 60
# Where the day of most people has its joints, in minutes.
_MOMENTS = {
    "lunch": 12 * _HOUR, "lunchtime": 12 * _HOUR, "noon": 12 * _HOUR, "midday": 12 * _HOUR, "work": 17 * _HOUR,
    "tea": 17 * _HOUR, "dinner": 18 * _HOUR,
}  # fmt: skip
_NAMED = "|".join(_MOMENTS)
_CLOCK = r"(?P<hour>\d{1,2})(?:[.:](?P<minute>\d\d))? ?(?P<half>am|pm)?(?: ?o ?clock)?"
_SURE_CLOCK = r"(?P<hour>\d{1,2})(?:[.:](?P<minute>\d\d))? ?(?P<half>am|pm)"
_UNIT = r"(?! (?:years?|yrs?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|miles?|people|sessions?|pounds?|p)\b)"
_SAID = {"morning": "mornings", "afternoon": "afternoons", "evening": "evenings"}


def part_value(part: str) -> Value:
    """Return a part of the day as a value of its filter."""
    return Value("time", part, _SAID[part])


def _minutes(match: re.Match[str]) -> int | None:
    """Return the minutes of the day of a time that was said; None when there is no such time.

    Without am or pm, one to seven are hours after noon.
    """
    named = match.groupdict().get("moment")
    if named:
        return _MOMENTS[named]
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
    if hour > (12 if half else 23) or minute > 59 or (half and not hour):
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif 1 <= hour <= 7:
        hour += 12
    return hour * _HOUR + minute


def _after(match: re.Match[str], _known: Known) -> list[Value | None]:
    """Read "after four" as the parts of the day of which an hour or more is left then."""
    start = _minutes(match)
    parts = [] if start is None else [part for part, (_from, end) in PARTS_OF_DAY.items() if end - start >= _HOUR - 1]
    return [part_value(part) for part in parts] or [None]


def _before(match: re.Match[str], _known: Known) -> list[Value | None]:
    """Read "before three" as the parts of the day that begin more than an hour earlier."""
    end = _minutes(match)
    parts = [] if end is None else [part for part, (start, _to) in PARTS_OF_DAY.items() if end - start > _HOUR]
    return [part_value(part) for part in parts] or [None]


def _at(match: re.Match[str], _known: Known) -> list[Value | None]:
    moment = _minutes(match)
    found = [part for part, (start, end) in PARTS_OF_DAY.items() if moment is not None and start <= moment < end]
    return [part_value(part) for part in found] or [None]


def _part(match: re.Match[str], _known: Known) -> list[Value | None]:
    return [part_value(match["part"])]


def _evening(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [part_value("evening")]


def _afternoon(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [part_value("afternoon")]


def _night(match: re.Match[str], _known: Known) -> list[Value | None]:
    half = {"am": "morning", "pm": "afternoon"}.get(match["part"], "evening")
    return [day_value(weekday_of(match["name"])), part_value(half)]


def _now(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [Value("open_now", "1", "open now")]


RULES = (
    (r"(?:open )?(?:(?:in|during|on|every) )?(?:(?:the|an?) )?(?P<part>morning|afternoon|evening)s?(?: only)?", _part),
    (rf"(?:open )?(?:on )?(?P<name>{ANY}) (?P<part>nights?|am|pm)", _night),
    (r"(?:at night|open late|late opening)", _evening),
    (r"(?:at |over )?lunch ?times?", _afternoon),
    # "After-school club" is the name of a thing, so school is only a time where nothing follows that it belongs to.
    (r"after school(?=$| (?:on|in|near|free|for|at|tomorrow|today|(?:mon|tues|wednes|thurs|fri)days?)\b)", _afternoon),
    (rf"(?:any ?time )?after (?P<moment>{_NAMED})", _after),
    (rf"(?:any ?time )?after {_CLOCK}{_UNIT}", _after),
    (rf"from {_SURE_CLOCK}(?: on| onwards)?", _after),
    (rf"(?:any ?time )?before (?P<moment>{_NAMED})", _before),
    (rf"(?:any ?time )?before {_CLOCK}{_UNIT}", _before),
    (rf"(?:at )?{_SURE_CLOCK}", _at),
    (r"(?:at )?(?P<hour>\d\d):(?P<minute>\d\d)(?P<half>)", _at),
    (r"at (?P<moment>noon|midday)", _at),
    (
        r"(?:(?:is |are |whats |what is )?open (?:right )?now|now open|right now|open at the moment|currently open)",
        _now,
    ),
    (r"now(?=$)", _now),
)
