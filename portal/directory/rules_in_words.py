"""Reads the lines in which people write when something happens: "every Monday and Thursday, 10:30-13:00".

The whole language stands in docs/importing.md. A line is parts between commas: first the days, then in any
order times, term time, bank holidays, exceptions, first and last date.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

from portal.core.text import clean
from portal.directory.models import Frequency
from portal.directory.operations.drafts import RuleDraft

# A Monday long past: the start of rules that name none, so that the same line always makes the same rule.
LONG_AGO = dt.date(2024, 1, 1)
LONGEST = 400

_DAYS = {
    "monday": "MO", "tuesday": "TU", "wednesday": "WE", "thursday": "TH", "friday": "FR",
    "saturday": "SA", "sunday": "SU",
}  # fmt: skip
_SHORT = {
    "mon": "MO", "tue": "TU", "tues": "TU", "wed": "WE", "thu": "TH", "thur": "TH", "thurs": "TH", "fri": "FR",
    "sat": "SA", "sun": "SU",
}  # fmt: skip
_SETS = {
    "day": ("MO", "TU", "WE", "TH", "FR", "SA", "SU"),
    "weekday": ("MO", "TU", "WE", "TH", "FR"),
    "weekend": ("SA", "SU"),
}
_WHICH = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "last": "-1"}
_WEEK = _SETS["day"]
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))? ?(am|pm)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_BETWEEN = re.compile(r" ?(?:-|–|—|\bto\b) ?")


class RuleError(ValueError):
    """A line was not understood; the message says what of it, as a sentence without the line."""


def parse_rule(text: str, today: dt.date) -> RuleDraft:
    """Read one line. `today` is the day from which "in 12 days" counts. Raises RuleError."""
    line = clean(text)
    if len(line) > LONGEST:
        raise RuleError(f"has {len(line):,} characters, at most {LONGEST} fit")
    parts = [part.strip() for part in line.lower().split(",")]
    if not parts[0]:
        raise RuleError("is empty")
    rule = _read_days(parts[0], today)
    seen: set[str] = set()
    position = 1
    while position < len(parts):
        rule, name, used = _read_part(rule, parts, position)
        if name in seen:
            raise RuleError(f"says {name} twice")
        seen.add(name)
        position += used
    return _whole(rule, parts[0])


def parse_time(text: str) -> dt.time:
    """Read "10:30", "9.30", "10.30am", "noon" or "midnight"; 24:00 becomes 23:59. Raises RuleError."""
    text = text.strip().lower()
    if text in {"noon", "midday", "12 noon"}:
        return dt.time(12)
    if text in {"midnight", "24:00"}:
        return dt.time(23, 59)
    found = _TIME.fullmatch(text)
    if not found or not (found[2] or found[3]):
        raise RuleError(f"“{text[:40]}” is not a time such as 10:30 or 2pm")
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            raise RuleError(f"“{text}” is not a time")
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    if hour > 23 or minute > 59:
        raise RuleError(f"“{text}” is not a time")
    return dt.time(hour, minute)


def parse_span(text: str) -> tuple[dt.time, dt.time | None]:
    """Read "10:30-13:00", "2-4pm" or "19:00" into opening and closing time. Raises RuleError."""
    ends = _BETWEEN.split(text.strip().lower())
    if len(ends) > 2:
        raise RuleError(f"“{text}” has more than two times; write each span as a line of its own")
    if len(ends) == 1:
        return parse_time(ends[0]), None
    first, last = ends
    half = re.search(r"[ap]m$", last)
    if half and re.fullmatch(r"\d{1,2}(?:[:.]\d{2})?", first):
        first = _in_same_half(first, half[0], last)
    opens, closes = parse_time(first), parse_time(last)
    if closes == dt.time():
        closes = dt.time(23, 59)
    if closes <= opens:
        raise RuleError(f"“{text}” closes before it opens")
    return opens, closes


def _in_same_half(first: str, half: str, last: str) -> str:
    """Say am or pm for the first of "10-1pm" and "2-4pm": the later half of the day that still comes before."""
    return first + half if parse_time(first + half) < parse_time(last) else first + ("am" if half == "pm" else "pm")


def parse_date(text: str) -> dt.date:
    """Read "2026-12-24". Raises RuleError."""
    try:
        if not _DATE.fullmatch(text.strip()):
            raise ValueError
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise RuleError(f"“{text[:40]}” is not a date such as 2026-12-24") from None


def _read_days(part: str, today: dt.date) -> RuleDraft:
    """Read the first part of a line: which days."""
    words = part.split()
    if words[0] == "on" and len(words) > 1:
        first, *others = (parse_date(text) for text in " ".join(words[1:]).split(" and "))
        return RuleDraft(frequency=Frequency.ONCE, starts_on=first, also_on=tuple(others))
    if found := re.fullmatch(r"in (\d{1,3}) days?", part):
        return RuleDraft(frequency=Frequency.ONCE, starts_on=today + dt.timedelta(days=int(found[1])))
    if part in {"today", "tomorrow"}:
        return RuleDraft(frequency=Frequency.ONCE, starts_on=today + dt.timedelta(days=part == "tomorrow"))
    if found := re.fullmatch(r"(?:every |the )?(.+) of (?:the|every|each) month", part):
        return _read_monthly(found[1])
    if words[0] in {"every", "each"} and len(words) > 1:
        return _read_weekly(words[1:])
    raise RuleError(f"“{part[:60]}” does not say which days, like “every Monday” or “first Tuesday of the month”")


def _read_weekly(words: list[str]) -> RuleDraft:
    interval = 1
    if len(words) > 1 and words[0] in {"second", "other"}:
        interval, words = 2, words[1:]
    if len(words) == 1 and words[0] in _SETS:
        days = list(_SETS[words[0]])
    elif len(words) == 3 and words[1] in {"to", "until"}:
        first, last = (_WEEK.index(_weekday(words[place])) for place in (0, 2))
        if last <= first:
            raise RuleError(f"“{' '.join(words)}” runs backwards")
        days = list(_WEEK[first : last + 1])
    else:
        days = [_weekday(word) for word in _without_and(words)]
    return RuleDraft(interval=interval, by_day=_in_order(days), starts_on=LONG_AGO)


def _read_monthly(text: str) -> RuleDraft:
    which: list[str] = []
    days: list[str] = []
    for word in _without_and(text.split()):
        if word in _WHICH and not days:
            which.append(_WHICH[word])
        else:
            days.append(_weekday(word))
    if not which or not days:
        raise RuleError(f"“{text[:60]} of the month” does not say which, like “first Tuesday of the month”")
    by_day = ",".join(f"{number}{day}" for number in which for day in days)
    return RuleDraft(frequency=Frequency.MONTHLY, by_day=by_day, starts_on=LONG_AGO)


def _without_and(words: list[str]) -> list[str]:
    return [word for word in words if word not in {"and", "&"}]


def _weekday(word: str) -> str:
    found = _DAYS.get(word) or _DAYS.get(word.removesuffix("s")) or _SHORT.get(word)
    if not found:
        raise RuleError(f"“{word[:40]}” is not a day of the week")
    return found


def _in_order(days: list[str]) -> str:
    if len(set(days)) < len(days):
        raise RuleError("names the same day twice")
    return ",".join(sorted(days, key=_WEEK.index))


def _read_part(rule: RuleDraft, parts: list[str], position: int) -> tuple[RuleDraft, str, int]:
    """Read one part after the days. Returns the rule, what the part is called, and how many parts were used."""
    part = parts[position]
    if part in {"term time", "in term time", "term time only"}:
        return replace(rule, term_time_only=True), "term time", 1
    if part in {"not on bank holidays", "not bank holidays"}:
        return replace(rule, not_on_bank_holidays=True), "bank holidays", 1
    for word, set_date in _DATED.items():
        if part.startswith(f"{word} "):
            return set_date(rule, parse_date(part.removeprefix(f"{word} "))), word, 1
    if part.startswith("except "):
        dates = [part.removeprefix("except ").removeprefix("on ")]
        while position + len(dates) < len(parts) and _DATE.fullmatch(parts[position + len(dates)]):
            dates.append(parts[position + len(dates)])
        days = tuple(parse_date(text) for date in dates for text in date.split(" and "))
        return replace(rule, except_on=days), "except", len(dates)
    if part and (part[0].isdigit() or part in {"noon", "midnight"} or part.startswith("noon")):
        opens, closes = parse_span(part)
        return replace(rule, opens_at=opens, closes_at=closes), "the times", 1
    raise RuleError(f"“{part[:60]}” was not understood" if part else "has a comma with nothing after it")


def _first_on(rule: RuleDraft, day: dt.date) -> RuleDraft:
    _refuse_once(rule, "from")
    return replace(rule, starts_on=day, valid_from=day)


def _last_on(rule: RuleDraft, day: dt.date) -> RuleDraft:
    _refuse_once(rule, "until")
    return replace(rule, valid_to=day)


def _refuse_once(rule: RuleDraft, word: str) -> None:
    if rule.frequency is Frequency.ONCE:
        raise RuleError(f"“{word}” has no meaning for something that happens on one day")


_DATED: dict[str, Callable[[RuleDraft, dt.date], RuleDraft]] = {"from": _first_on, "until": _last_on}


def _whole(rule: RuleDraft, days: str) -> RuleDraft:
    """Check what only the whole line shows."""
    if rule.interval > 1:
        if rule.valid_from is None:
            raise RuleError(f"“{days}” needs a date to count from, like “, from 2026-11-17”")
        if _WEEK[rule.starts_on.weekday()] not in rule.by_day.split(","):
            raise RuleError(f"“{days}” counts from {rule.starts_on}, which is another day of the week")
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        raise RuleError("ends before it begins")
    return rule
