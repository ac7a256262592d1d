"""Schedules shown back in words."""

from portal.core.wording import DAYS, MONTHS, date_in_words, list_in_words, span_in_words
from portal.directory.models.schedule import Frequency, Schedule
from portal.directory.schedules import days_of

WHICH = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
OFTEN = {1: "every", 2: "every second", 3: "every third", 4: "every fourth"}


def in_words(schedule: Schedule) -> str:
    """Return one rule as a phrase: "Every Monday and Thursday, 10.30am to 1pm, not on bank holidays"."""
    parts = [_days(schedule), span_in_words(schedule.opens_at, schedule.closes_at)]
    if schedule.term_time_only:
        parts.append("in term time")
    if schedule.not_on_bank_holidays:
        parts.append("not on bank holidays")
    if schedule.valid_from and schedule.frequency is not Frequency.ONCE:
        parts.append(f"from {date_in_words(schedule.valid_from)}")
    if schedule.valid_to and schedule.frequency is not Frequency.ONCE:
        parts.append(f"until {date_in_words(schedule.valid_to)}")
    phrase = ", ".join(part for part in parts if part)
    return phrase[:1].upper() + phrase[1:]


def _days(schedule: Schedule) -> str:
    if schedule.frequency is Frequency.ONCE:
        day = schedule.starts_on
        return f"{DAYS[day.weekday()]} {date_in_words(day)}"
    if schedule.frequency is Frequency.DAILY:
        return "every day" if schedule.interval == 1 else f"every {schedule.interval} days"
    if schedule.frequency is Frequency.WEEKLY:
        return _weekly(schedule)
    return _monthly(schedule)


def _weekly(schedule: Schedule) -> str:
    weekdays = sorted({day for _which, day in days_of(schedule)} or {schedule.starts_on.weekday()})
    often = OFTEN.get(schedule.interval, f"every {schedule.interval} weeks on")
    if weekdays == list(range(7)) and schedule.interval == 1:
        return "every day"
    if weekdays == list(range(5)) and schedule.interval == 1:
        return "Monday to Friday"
    if len(weekdays) > 2 and weekdays == list(range(weekdays[0], weekdays[-1] + 1)) and schedule.interval == 1:
        return f"{DAYS[weekdays[0]]} to {DAYS[weekdays[-1]]}"
    return f"{often} {list_in_words([DAYS[day] for day in weekdays])}"


def _monthly(schedule: Schedule) -> str:
    often = "the month" if schedule.interval == 1 else f"every {schedule.interval} months"
    if schedule.by_month_day:
        numbers = [int(part) for part in schedule.by_month_day.split(",")]
        named = ["the last day" if number == -1 else f"day {number}" for number in numbers]
        return f"{list_in_words(named)} of {often}"
    by_weekday: dict[int, list[str]] = {}
    for which, weekday in days_of(schedule):
        by_weekday.setdefault(weekday, []).append(WHICH.get(which, "every"))
    phrases = [f"{list_in_words(which)} {DAYS[weekday]}" for weekday, which in by_weekday.items()]
    if not phrases:
        return f"day {schedule.starts_on.day} of {often}"
    return f"{list_in_words(phrases)} of {often}"


def exceptions_in_words(schedule: Schedule, *, today_iso: str) -> list[str]:
    """Return the days still to come on which this rule does not hold, as "24 December"."""
    days = sorted(day for day in schedule.except_on if day >= today_iso)
    return [f"{int(day[8:])} {MONTHS[int(day[5:7]) - 1]}" for day in days]
