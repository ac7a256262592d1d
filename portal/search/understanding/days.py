"""Days of the week and dates: "tuesdays", "mon to fri", "next friday", "on 24 november", "boxing day"."""

import datetime as dt
import re

from portal.core.wording import DAYS, MONTHS, day_in_words
from portal.search.constants import DATES_AHEAD
from portal.search.results import DAY_CHOICES
from portal.search.understanding.shapes import Known, Value

FULL = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
# "sun", "sat" and "wed" are words as well; these say that a day is meant.
_SHORT = r"(?:tues?|thurs?|thur|weds|fri)"
_DOUBTFUL = r"(?:mon|wed|sat|sun)"
ANY = rf"(?:{FULL}|{_SHORT}|{_DOUBTFUL})"
_ON = r"(?:(?:open )?(?:(?:on|every|each) )?(?:an? )?(?:(?:only|just) )?)"
_SURELY_ON = r"(?:(?:open )?(?:on|every|each) (?:a )?)"
_MONTHS = {name.lower(): number for number, name in enumerate(MONTHS, start=1)}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_DATE_ON = rf"(?:(?:open )?(?:on )?(?:the )?(?:{ANY} )?(?:the )?)"
_NUMBER = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
# Day and month of feasts that never move.
_FEASTS = {
    "christmas eve": (12, 24), "xmas eve": (12, 24), "christmas day": (12, 25), "xmas day": (12, 25),
    "boxing day": (12, 26), "new years eve": (12, 31), "new years day": (1, 1), "new year eve": (12, 31),
    "new year day": (1, 1), "valentines day": (2, 14), "burns night": (1, 25), "bonfire night": (11, 5),
    "halloween": (10, 31),
}  # fmt: skip


def weekday_of(word: str) -> int:
    """Return the number of a day of the week, Monday 0, from any way to write it."""
    return DAY_CHOICES.index(word[:3])


def day_value(number: int) -> Value:
    """Return a day of the week as a value of its filter."""
    return Value("day", DAY_CHOICES[number], f"{DAYS[number]}s")


def date_value(day: dt.date, known: Known) -> Value | None:
    """Return a date as a value; None when it is over or too far ahead."""
    if not known.today <= day <= known.today + dt.timedelta(days=DATES_AHEAD):
        return None
    return Value("on", day.isoformat(), day_in_words(day, today=known.today))


def _day(match: re.Match[str], _known: Known) -> list[Value | None]:
    return [day_value(weekday_of(match["name"]))]


def _range(match: re.Match[str], _known: Known) -> list[Value | None]:
    first, last = weekday_of(match["first"]), weekday_of(match["last"])
    numbers = [number % 7 for number in range(first, last + 1 if last >= first else last + 8)]
    if numbers == [0, 1, 2, 3, 4]:
        return [Value("day", "weekday", "Monday to Friday")]
    return [day_value(number) for number in numbers]


def _weekend(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [Value("day", "weekend", "weekends")]


def _weekday(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [Value("day", "weekday", "Monday to Friday")]


def _this(match: re.Match[str], known: Known) -> list[Value | None]:
    ahead = (weekday_of(match["name"]) - known.today.weekday()) % 7
    return [date_value(known.today + dt.timedelta(days=ahead), known)]


def _next(match: re.Match[str], known: Known) -> list[Value | None]:
    """Read "next tuesday" as the Tuesday of next week; weeks begin on Monday."""
    ahead = 7 - known.today.weekday() + weekday_of(match["name"])
    return [date_value(known.today + dt.timedelta(days=ahead), known)]


def _near_day(match: re.Match[str], known: Known) -> list[Value | None]:
    ahead = 1 if match["near"].startswith("tom") else 0
    found: list[Value | None] = [date_value(known.today + dt.timedelta(days=ahead), known)]
    if match["near"] == "tonight" or match["night"]:
        found.append(Value("time", "evening", "evenings"))
    return found


def _this_part(match: re.Match[str], known: Known) -> list[Value | None]:
    return [date_value(known.today, known), Value("time", match["part"], f"{match['part']}s")]


def _date(match: re.Match[str], known: Known) -> list[Value | None]:
    month = match["month"]
    year = match.groupdict().get("year")
    return [_value_of(int(match["day"]), _MONTHS.get(month) or int(month), year, known)]


def _bare_numbers(match: re.Match[str], known: Known) -> list[Value | None]:
    """Read "24/11"; "1/2" may be a half, so without a year the day or the month has two digits."""
    if not match["on"] and not match["year"] and len(match["day"]) + len(match["month"]) < 4:
        return [None]
    return _date(match, known)


def _value_of(day: int, month: int, year: str | None, known: Known) -> Value | None:
    try:
        if year:
            return date_value(dt.date(int(year) + (2000 if len(year) == 2 else 0), month, day), known)
        # A leap year comes within eight.
        return date_value(next(iter(_coming(day, month, known.today))), known)
    except (ValueError, StopIteration):
        return None


def _coming(day: int, month: int, today: dt.date) -> list[dt.date]:
    found = (dt.date(year, month, day) for year in (today.year, today.year + 1))
    return [date for date in found if date >= today]


def _feast(match: re.Match[str], known: Known) -> list[Value | None]:
    month, day = _FEASTS[match["feast"]]
    return [_value_of(day, month, None, known)]


def _moving_feast(match: re.Match[str], known: Known) -> list[Value | None]:
    """Read the days round Easter, which the calendar of bank holidays knows."""
    name = match["feast"]
    wanted = "Good Friday" if name == "good friday" else "Easter Monday"
    back = dt.timedelta(days=1 if name == "easter sunday" else 0)
    for year in (known.today.year, known.today.year + 1):
        for day, title, _kind in known.calendar.list_holidays(year):
            if wanted in title and day - back >= known.today:
                return [date_value(day - back, known)]
    return [None]


def _bank_holiday(_match: re.Match[str], known: Known) -> list[Value | None]:
    """Read "on a bank holiday" as the next one."""
    for ahead in range(DATES_AHEAD):
        day = known.today + dt.timedelta(days=ahead)
        if known.calendar.is_bank_holiday(day):
            value = date_value(day, known)
            return [value and Value(value.filter, value.value, f"the next bank holiday, {value.label}")]
    return [None]


def _not_on_bank_holidays(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [Value("bank_holidays", "no", "not on bank holidays")]


_NO = r"(?:not|no|except|excluding|apart from|closed|never)"
# What follows a short form when a day is meant: the end, another day, or a time.
_AFTER_SHORT = rf"(?=$| (?:and|or|to|am|pm|mornings?|afternoons?|evenings?|nights?|{ANY}|before|after|\d))"
RULES = (
    (rf"{_ON}(?P<name>{FULL}|{_SHORT})", _day),
    (rf"{_SURELY_ON}(?P<name>{_DOUBTFUL})", _day),
    (rf"(?<!\bthe )(?<!\bmy )(?P<name>{_DOUBTFUL}){_AFTER_SHORT}", _day),
    (rf"{_ON}(?:from )?(?P<first>{ANY})(?:-| to | till | until | through )(?P<last>{ANY})", _range),
    (r"(?:open )?(?:(?:on|at|over|during|every|this) )?(?:(?:the|an?) )?weekends?(?: only)?", _weekend),
    (r"(?:open )?(?:(?:on|during|every) )?(?:(?:the|a) )?week ?days?(?: only)?", _weekday),
    (rf"(?:open )?(?:on )?(?:this|this coming|the coming) (?P<name>{ANY})", _this),
    (rf"(?:open )?(?:on )?next (?P<name>{ANY})", _next),
    (r"(?:open )?(?P<near>today|tonight|tomorrow|tommorrow|tommorow|tomorow)(?P<night> night)?", _near_day),
    (r"(?:open )?this (?P<part>morning|afternoon|evening)", _this_part),
    (rf"{_DATE_ON}{_NUMBER} (?:of )?(?P<month>{_MONTH})(?: (?P<year>\d{{4}}))?", _date),
    (rf"(?:open )?(?:on )?(?:{ANY} )?(?P<month>{_MONTH}) (?:the )?{_NUMBER}(?: (?P<year>\d{{4}}))?", _date),
    (
        rf"(?P<on>(?:on |{ANY} )?)(?P<day>\d{{1,2}})[/.](?P<month>\d{{1,2}})(?:[/.](?P<year>\d{{4}}|\d\d))?",
        _bare_numbers,
    ),
    (r"(?:on )?(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", _date),
    (rf"(?:open )?(?:on )?(?P<feast>{'|'.join(_FEASTS)})", _feast),
    (r"(?:open )?(?:on )?(?P<feast>good friday|easter sunday|easter monday)", _moving_feast),
    (r"open (?:on )?(?:(?:the|a|next) )*bank holidays?", _bank_holiday),
    (r"on (?:(?:the|a|next) )*bank holidays?", _bank_holiday),
    (rf"(?:but )?{_NO} (?:open )?(?:on )?(?:a )?bank holidays?", _not_on_bank_holidays),
)
