"""Days on which groups do not meet: bank holidays in England, and school holidays."""

import csv
import datetime as dt
from functools import cache
from pathlib import Path

import holidays

TERMS = Path(__file__).with_name("vocabulary") / "school_terms.csv"


@cache
def _bank_holidays(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_bank_holiday(day: dt.date) -> bool:
    """Say whether a day is a bank holiday in England."""
    return day in _bank_holidays(day.year)


@cache
def school_terms() -> tuple[tuple[dt.date, dt.date], ...]:
    """Return the spans of term time, first and last day included, from the file that ships."""
    with TERMS.open(newline="", encoding="utf-8") as file:
        return tuple(
            (dt.date.fromisoformat(row["first_day"]), dt.date.fromisoformat(row["last_day"]))
            for row in csv.DictReader(file)
        )


def is_term_time(day: dt.date) -> bool:
    """Say whether schools are open; a day beyond the dates that are known counts as term time."""
    terms = school_terms()
    if not terms or day < terms[0][0] or day > terms[-1][1]:
        return True
    return any(first <= day <= last for first, last in terms)
