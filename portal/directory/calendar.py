"""Days on which groups do not meet: bank holidays in England, and school holidays. Administrators change both.

Until somebody has changed a date, the terms come from the file that ships. The changes themselves are in
`portal.directory.operations.dates`.
"""

import csv
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import holidays
import sqlalchemy as sa
from flask import Flask, current_app, has_app_context

from portal.core.database import reading
from portal.core.remembered import Remembered
from portal.directory.changes import changed
from portal.directory.models import CalendarState, HolidayException, HolidayKind, SchoolTerm

TERMS = Path(__file__).with_name("vocabulary") / "school_terms.csv"
# Any fixed UUID will do; under this "service" a change of a date is noted for the search.
CALENDAR_ID = uuid.UUID("5d0b7d3e-90a6-5a53-8f0e-3a0e9f2c6b11")
LOOK_EVERY = 0.5


@dataclass(frozen=True)
class TermTime:
    """A school term: London days on which schools are open, first and last day included."""

    id: uuid.UUID
    name: str
    first_day: dt.date
    last_day: dt.date
    version: int = 1


@dataclass(frozen=True)
class Calendar:
    """What is known of the year. `number` says how often it was changed; `exceptions` are what holidays are not."""

    number: int
    terms: Sequence[TermTime]
    exceptions: Mapping[dt.date, tuple[HolidayKind, str]] = field(default_factory=dict)

    def is_bank_holiday(self, day: dt.date) -> bool:
        """Say whether a day is a bank holiday here."""
        found = self.exceptions.get(day)
        return day in known_holidays(day.year) if found is None else found[0] is HolidayKind.EXTRA

    def list_holidays(self, year: int) -> list[tuple[dt.date, str, HolidayKind | None]]:
        """Return the bank holidays of a year in order, and the days that are none here, with what is special."""
        days: dict[dt.date, tuple[str, HolidayKind | None]] = {
            day: (name, None) for day, name in known_holidays(year).items()
        }
        days |= {day: (name, kind) for day, (kind, name) in self.exceptions.items() if day.year == year}
        return [(day, *days[day]) for day in sorted(days)]

    def is_term_time(self, day: dt.date) -> bool:
        """Say whether schools are open; a day beyond the dates that are known counts as term time."""
        if not self.terms or day < self.terms[0].first_day or day > self.terms[-1].last_day:
            return True
        return any(term.first_day <= day <= term.last_day for term in self.terms)


@cache
def known_holidays(year: int) -> Mapping[dt.date, str]:
    """Return the bank holidays in England of a year, by day, with their names."""
    return dict(sorted(holidays.country_holidays("GB", subdiv="ENG", years=year).items()))


@cache
def shipped() -> Calendar:
    """Return the calendar that nobody has changed: the terms of the file that ships, with ids that stay."""
    with TERMS.open(newline="", encoding="utf-8") as file:
        terms = [
            TermTime(
                id=uuid.uuid5(CALENDAR_ID, row["name"]),
                name=row["name"],
                first_day=dt.date.fromisoformat(row["first_day"]),
                last_day=dt.date.fromisoformat(row["last_day"]),
            )
            for row in csv.DictReader(file)
        ]
    return Calendar(0, tuple(sorted(terms, key=lambda term: term.first_day)))


def read_number(connection: sa.Connection) -> int:
    """Return how often the calendar was changed; 0 when the file that ships counts."""
    return connection.scalar(sa.select(CalendarState.number)) or 0


def read(connection: sa.Connection) -> Calendar:
    """Return the calendar of the database, or the one that ships when nobody has changed it."""
    number = read_number(connection)
    if not number:
        return shipped()
    columns = (SchoolTerm.id, SchoolTerm.name, SchoolTerm.first_day, SchoolTerm.last_day, SchoolTerm.version)
    terms = connection.execute(sa.select(*columns).order_by(SchoolTerm.first_day))
    days = connection.execute(
        sa.select(HolidayException.day, HolidayException.kind, HolidayException.name).order_by(HolidayException.day)
    )
    return Calendar(number, tuple(TermTime(*row) for row in terms), {day: (kind, name) for day, kind, name in days})


def init_app(app: Flask) -> None:
    """Give an application its calendar. The database is not touched before the first question."""
    remembered = Remembered(
        shipped(),
        is_current=lambda connection, known: read_number(connection) == known.number,
        read=read,
        seconds=LOOK_EVERY,
    )
    app.extensions["calendar"] = remembered
    # The signal keeps only a weak reference; a site that is gone is forgotten.
    changed.connect(remembered.forget)


def newest() -> Calendar:
    """Return the calendar as it is at this moment, for pages that change it."""
    with reading() as connection:
        return read(connection)


def current() -> Calendar:
    """Return the calendar as it was at most half a second ago; without an application, the one that ships."""
    if not has_app_context():
        return shipped()
    remembered: Remembered[Calendar] = current_app.extensions["calendar"]
    return remembered.value()
