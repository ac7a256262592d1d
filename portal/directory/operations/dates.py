"""Changes of school terms and bank holidays. The search and every process follow at the next question."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.text import clean
from portal.core.wording import date_in_words
from portal.directory import calendar
from portal.directory.calendar import CALENDAR_ID
from portal.directory.changes import note_changes
from portal.directory.models import CalendarState, HolidayException, HolidayKind, SchoolTerm

LONGEST_TERM = dt.timedelta(days=200)
# Dates are kept for at most so many years before and after the present one.
YEARS_AROUND = 10


def add_term(*, actor: str, name: str, first_day: dt.date, last_day: dt.date) -> uuid.UUID:
    """Add a school term of London days, both included, and return its id. Raises RefusedChangeError."""
    with transaction() as session:
        _begin(session)
        term = SchoolTerm(**_checked(session, None, name, first_day, last_day))
        session.add(term)
        session.flush()
        note(session, actor=actor, act="school-term:add", about="school_term", about_id=term.id, after=_facts(term))
    return term.id


def change_term(
    *, actor: str, term_id: uuid.UUID, expected: int, name: str, first_day: dt.date, last_day: dt.date
) -> None:
    """Change a term that has the version `expected`.

    Raises RefusedChangeError, ChangedMeanwhileError with the present row, and LookupError when it is gone.
    """
    with transaction() as session:
        _begin(session)
        term = _get(session, term_id, expected)
        before = _facts(term)
        for column, value in _checked(session, term_id, name, first_day, last_day).items():
            setattr(term, column, value)
        note(
            session, actor=actor, act="school-term:change", about="school_term", about_id=term.id,
            before=before, after=_facts(term),
        )  # fmt: skip


def remove_term(*, actor: str, term_id: uuid.UUID, expected: int) -> None:
    """Take a term away. Raises ChangedMeanwhileError with the present row, and LookupError when it is gone."""
    with transaction() as session:
        _begin(session)
        term = _get(session, term_id, expected)
        before = _facts(term)
        session.delete(term)
        note(session, actor=actor, act="school-term:remove", about="school_term", about_id=term_id, before=before)


def add_holiday(*, actor: str, day: dt.date, name: str) -> None:
    """Make a day a bank holiday here. Raises RefusedChangeError when it is one, or has no name."""
    _check_year("day", day)
    kept = clean(name, limit=80)
    if not kept:
        raise RefusedChangeError("name", "Say what the day is called")
    with transaction() as session:
        _begin(session)
        there = session.get(HolidayException, day)
        is_one = day in calendar.known_holidays(day.year) if there is None else there.kind is HolidayKind.EXTRA
        if is_one:
            raise RefusedChangeError("day", f"{date_in_words(day)} is a bank holiday already")
        if there is not None:
            session.delete(there)
        else:
            session.add(HolidayException(day=day, kind=HolidayKind.EXTRA, name=kept, changed_by=actor))
        note(session, actor=actor, act="bank-holiday:add", about="bank_holiday", after={"day": day, "name": kept})


def take_holiday_away(*, actor: str, day: dt.date) -> None:
    """Make a bank holiday a day like any other here. Raises RefusedChangeError when it is not one."""
    _check_year("day", day)
    with transaction() as session:
        _begin(session)
        there, known = session.get(HolidayException, day), calendar.known_holidays(day.year).get(day)
        if there is not None and there.kind is HolidayKind.EXTRA:
            session.delete(there)
        elif there is None and known is not None:
            session.add(HolidayException(day=day, kind=HolidayKind.NOT_ONE, name=known, changed_by=actor))
        else:
            raise RefusedChangeError("day", f"{date_in_words(day)} is not a bank holiday")
        note(session, actor=actor, act="bank-holiday:take-away", about="bank_holiday", before={"day": day})


def _begin(session: Session) -> None:
    """Count a change, one at a time, and tell the search. The first change takes over the terms that ship."""
    state = session.get(CalendarState, 1, with_for_update=True)
    if state is None:
        session.add(CalendarState(id=1, number=1))
        for term in calendar.shipped().terms:
            session.add(SchoolTerm(id=term.id, name=term.name, first_day=term.first_day, last_day=term.last_day))
        try:
            session.flush()
        except IntegrityError:  # somebody else made the first change at the same moment
            session.rollback()
            raise ChangedMeanwhileError(None) from None
    else:
        state.number += 1
    note_changes(session, [CALENDAR_ID])


def _get(session: Session, term_id: uuid.UUID, expected: int) -> SchoolTerm:
    term = session.get(SchoolTerm, term_id, populate_existing=True)
    if term is None:
        raise LookupError(term_id)
    if term.version != expected:
        raise ChangedMeanwhileError(term)
    return term


def _checked(
    session: Session, term_id: uuid.UUID | None, name: str, first_day: dt.date, last_day: dt.date
) -> dict[str, str | dt.date]:
    """Return the columns of a term. Raises RefusedChangeError when it cannot be, or overlaps another one."""
    kept = clean(name, limit=80)
    if not kept:
        raise RefusedChangeError("name", "Enter a name, like Autumn 2027 first half")
    _check_year("first_day", first_day)
    _check_year("last_day", last_day)
    if last_day < first_day:
        raise RefusedChangeError("last_day", f"The last day comes before the first, {date_in_words(first_day)}")
    if last_day - first_day > LONGEST_TERM:
        raise RefusedChangeError("last_day", f"A term has at most {LONGEST_TERM.days} days. Is the year right?")
    others = sa.select(SchoolTerm).where(SchoolTerm.first_day <= last_day, SchoolTerm.last_day >= first_day)
    for other in session.scalars(others.order_by(SchoolTerm.first_day)):
        if other.id != term_id:
            span = f"{date_in_words(other.first_day)} to {date_in_words(other.last_day)}"
            field = "first_day" if other.first_day <= first_day else "last_day"
            raise RefusedChangeError(field, f"These dates overlap with {other.name}, {span}")
    return {"name": kept, "first_day": first_day, "last_day": last_day}


def _check_year(field: str, day: dt.date) -> None:
    if abs(day.year - clock.today().year) > YEARS_AROUND:
        raise RefusedChangeError(field, f"Look at the year again: {day.year}")


def _facts(term: SchoolTerm) -> dict[str, object]:
    return {"name": term.name, "first_day": term.first_day, "last_day": term.last_day}
