"""The cell that says when: rules as short lines that people can write, "Tuesday 10:30-12:00, in term time"."""

import datetime as dt
import re

from portal.core import clock
from portal.core.text import clean
from portal.core.wording import DAYS
from portal.directory.models import Frequency
from portal.directory.rules_in_words import RuleError, parse_rule
from portal.directory.schedule_words import WHICH
from portal.directory.schedules import parse_day
from portal.listings.content import When
from portal.listings.day_limits import MOST_DATES, NOT_NEAR, TOO_MANY, is_near

_ALSO = re.compile(r", also ([\d\- and]+)$")
_TIMES_AFTER_DAYS = re.compile(r"(?<=[a-z]) (?=\d{1,2}(?:[:.]\d\d)? ?(?:am|pm)?(?: ?(?:-|–|to) ?\d|$))")


class CellError(ValueError):
    """A cell cannot be taken; the message says what to do, without the column's name."""


def rule_as_text(rule: When) -> str:
    """Return a rule in the words of the table: "Tuesday 10:30-12:00, in term time"."""
    parts = [f"{_days_as_text(rule)} {_span_as_text(rule)}".strip()]
    if rule.term_time_only:
        parts.append("in term time")
    if rule.not_on_bank_holidays:
        parts.append("not on bank holidays")
    if rule.frequency is not Frequency.ONCE:
        if rule.starts_on and (rule.interval > 1 or rule.starts_on > clock.today()):
            parts.append(f"from {rule.starts_on}")
        if rule.ends_on:
            parts.append(f"until {rule.ends_on}")
    if rule.except_on:
        parts.append(f"except {' and '.join(map(str, rule.except_on))}")
    if rule.also_on and rule.frequency is not Frequency.ONCE:
        parts.append(f"also {' and '.join(map(str, rule.also_on))}")
    return ", ".join(parts)


def _days_as_text(rule: When) -> str:
    pairs = [parse_day(part) for part in rule.by_day.split(",") if part]
    days = " and ".join(dict.fromkeys(DAYS[day] for _which, day in pairs))
    if rule.frequency is Frequency.ONCE:
        return " and ".join(map(str, (rule.starts_on, *rule.also_on)))
    if rule.frequency is Frequency.DAILY or not pairs:
        return "every day"
    if rule.frequency is Frequency.MONTHLY:
        which = " and ".join(dict.fromkeys(WHICH.get(number, "every") for number, _day in pairs))
        return f"{which} {days}"
    return f"every second {days}" if rule.interval == 2 else days


def _span_as_text(rule: When) -> str:
    ends = [f"{time:%H:%M}" for time in (rule.opens_at, rule.closes_at) if time]
    return "-".join(ends)


def text_as_rule(text: str) -> When:
    """Read a rule as `rule_as_text` or a person wrote it. Raises CellError."""
    line = clean(text).lower()
    also: tuple[dt.date, ...] = ()
    try:
        if found := _ALSO.search(line):
            also = tuple(dt.date.fromisoformat(day.strip()) for day in found[1].split(" and "))
            line = line[: found.start()]
        rule = parse_rule(_as_sentence(line), clock.today())
    except RuleError as error:
        raise CellError(f"{error}" if str(error).startswith("“") else f"“{clean(text)[:60]}” {error}") from None
    except ValueError:
        raise CellError(f"“{clean(text)[:60]}”: write extra dates like “also 2026-12-24”") from None
    read = When(
        frequency=rule.frequency,
        interval=rule.interval,
        by_day=rule.by_day,
        starts_on=rule.starts_on if rule.interval > 1 or rule.valid_from or rule.frequency is Frequency.ONCE else None,
        ends_on=rule.valid_to,
        opens_at=rule.opens_at,
        closes_at=rule.closes_at,
        except_on=rule.except_on,
        also_on=(*rule.also_on, *also),
        not_on_bank_holidays=rule.not_on_bank_holidays,
        term_time_only=rule.term_time_only,
    )
    _refuse_far_and_many(read, clean(text)[:60])
    return read


def _refuse_far_and_many(rule: When, typed: str) -> None:
    """Hold a rule to what the form holds it to. Raises CellError; `typed` says which rule it is."""
    dates = (rule.starts_on, *rule.also_on) if rule.frequency is Frequency.ONCE else rule.also_on
    if max(len(set(dates)), len(set(rule.except_on))) > MOST_DATES:
        raise CellError(f"“{typed}…”: {TOO_MANY[0].lower()}{TOO_MANY[1:]}")
    for day in filter(None, (rule.starts_on, rule.ends_on, *rule.also_on, *rule.except_on)):
        if not is_near(day):
            raise CellError(f"“{typed}”: {day} {NOT_NEAR}")


def _as_sentence(line: str) -> str:
    """Write out what the table leaves away: "tuesday 10:30-12:00" is "every tuesday, 10:30-12:00"."""
    days, comma, rest = line.partition(",")
    times = ""
    if found := re.match(r"((?:\d{4}-\d{2}-\d{2}(?: and )?)+)(.*)", days):
        days, times = f"on {found[1].strip()}", found[2].strip()
    elif found := _TIMES_AFTER_DAYS.search(days):
        days, times = days[: found.start()], days[found.end() :]
    words = days.split()
    if words and words[0] in {"first", "second", "third", "fourth", "fifth", "last"} and "month" not in words:
        days = f"{days} of the month"
    elif words and words[0] not in {"every", "each", "on", "in", "the"} and "month" not in words:
        days = f"every {days}"
    return f"{days}{f', {times}' if times else ''}{comma}{rest}"
