"""School terms, bank holidays that are other than the law says, and the number of their last change."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, Edited, Identified, UtcDateTime, choice


class SchoolTerm(Identified, Edited, Base):
    """A span of London days on which schools are open, first and last day included."""

    __tablename__ = "school_term"
    __table_args__ = (sa.CheckConstraint("first_day <= last_day", name="order"),)

    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = mapped_column(sa.String(80))
    first_day: Mapped[dt.date]
    last_day: Mapped[dt.date]

    __mapper_args__ = {"version_id_col": version}


class HolidayKind(enum.Enum):
    """How a day departs from the bank holidays that are known."""

    EXTRA = "extra"
    NOT_ONE = "not one"


class HolidayException(Base):
    """A day that is a bank holiday here although the list does not know it, or is not although it does."""

    __tablename__ = "holiday_exception"

    day: Mapped[dt.date] = mapped_column(primary_key=True)
    kind: Mapped[HolidayKind] = mapped_column(choice(HolidayKind))
    name: Mapped[str] = mapped_column(sa.String(80))
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_by: Mapped[str] = mapped_column(sa.String(80))


class CalendarState(Base):
    """One row, once somebody has changed a date: how often that happened. Until then the file that ships counts."""

    __tablename__ = "calendar_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
