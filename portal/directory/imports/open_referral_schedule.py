"""Schedules of Open Referral UK as rules of ours."""

import datetime as dt
import re
from dataclasses import dataclass

from portal.directory.imports.open_referral_json import ItemReader, Json
from portal.directory.models import Frequency
from portal.directory.operations import RuleDraft
from portal.directory.rules_in_words import LONG_AGO

_DAY = re.compile(r"(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_NOT_READ = ("byweekno", "byyearday", "count")


@dataclass(frozen=True)
class Schedules:
    """The rules of a list of schedules, and words for those that are only words."""

    rules: tuple[RuleDraft, ...]
    words: tuple[str, ...]


def read_date(text: str) -> dt.date:
    """Read a date, or the date of an instant. Raises ValueError."""
    return dt.date.fromisoformat(text[:10])


def read_time(text: str) -> dt.time:
    """Read "10:00", "10:00:00" or "10:00Z" as London time, to the minute; 24:00 becomes 23:59. Raises ValueError."""
    if text.startswith("24:00"):
        return dt.time(23, 59)
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?", text)
    if not found:
        raise ValueError
    return dt.time(int(found[1]), int(found[2]))


def read_schedules(reader: ItemReader, item: Json) -> Schedules:
    """Read the schedules of a service, or of a service at a location."""
    rules: list[RuleDraft] = []
    words: list[str] = []
    for schedule in reader.parts(item, "schedules"):
        said = reader.text(schedule, "description", lines=True)
        notes = reader.text(schedule, "notes", lines=True)
        rule = _read_rule(reader, schedule, said)
        if rule is not None and rule not in rules:
            rules.append(rule)
        if said and (rule is None or not rule.note):
            words.append(said)
        if notes:
            words.append(notes)
    return Schedules(tuple(rules), tuple(words))


def _read_rule(reader: ItemReader, schedule: Json, said: str) -> RuleDraft | None:
    """Read one schedule; None when it has words only."""
    frequency = _frequency(reader, schedule)
    start = reader.parsed(schedule, "dtstart", read_date)
    first = reader.parsed(schedule, "valid_from", read_date)
    last = reader.parsed(schedule, "valid_to", read_date) or reader.parsed(schedule, "until", read_date)
    opens, closes = _times(reader, schedule)
    if frequency is None:
        if start is None or (first is not None and last is not None and first != last):
            return None
        frequency = Frequency.ONCE
    for name in _NOT_READ:
        if schedule.get(name):
            reader.note(f"schedules.{name}", "is not read; the days may be more than they should be")
    by_day, by_month_day = _days(reader, schedule, frequency)
    interval = reader.whole_number(schedule, "interval") or 1
    if interval > 1 and start is None and first is None:
        reader.note("schedules.interval", "has no date to count from; a fixed week was taken")
    return RuleDraft(
        frequency=frequency,
        interval=interval,
        by_day=by_day,
        by_month_day=by_month_day,
        starts_on=start or first or LONG_AGO,
        valid_from=first,
        valid_to=last,
        opens_at=opens,
        closes_at=closes,
        note=said if len(said) <= 300 else "",
    )


def _frequency(reader: ItemReader, schedule: Json) -> Frequency | None:
    text = reader.text(schedule, "freq").upper()
    if not text:
        return Frequency.WEEKLY if schedule.get("byday") else None
    try:
        return Frequency(text)
    except ValueError:
        reader.fault("schedules.freq", f"“{text[:20]}” is not WEEKLY or MONTHLY")
        return None


def _times(reader: ItemReader, schedule: Json) -> tuple[dt.time | None, dt.time | None]:
    """Read opening and closing time; a closing time alone, or the same as opening, says nothing that can be used."""
    opens = reader.parsed(schedule, "opens_at", read_time)
    closes = reader.parsed(schedule, "closes_at", read_time)
    if closes == dt.time() and opens is not None:
        closes = dt.time(23, 59)
    if closes is not None and (opens is None or closes == opens):
        reader.note("schedules.closes_at", "has no opening time before it; it was left out")
        closes = None
    if opens is not None and closes is not None and closes < opens:
        reader.fault("schedules.closes_at", f"{closes:%H:%M} is before the opening time {opens:%H:%M}")
    return opens, closes


def _days(reader: ItemReader, schedule: Json, frequency: Frequency) -> tuple[str, str]:
    """Read BYDAY and BYMONTHDAY as far as they mean something for the frequency (RFC 5545, section 3.3.10)."""
    by_day: list[str] = []
    for part in reader.text(schedule, "byday").upper().replace(" ", "").split(","):
        found = _DAY.fullmatch(part)
        if found:
            by_day.append(part if frequency is Frequency.MONTHLY else found[2])
        elif part:
            reader.fault("schedules.byday", f"“{part[:20]}” is not a day such as TH or 2TU")
    by_month_day = reader.text(schedule, "bymonthday").replace(" ", "")
    if by_month_day and frequency is not Frequency.MONTHLY:
        reader.note("schedules.bymonthday", "means nothing in a rule that is not MONTHLY; it was left out")
        by_month_day = ""
    if frequency is Frequency.ONCE:
        by_day = []
    return ",".join(dict.fromkeys(by_day)), by_month_day
