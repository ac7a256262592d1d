"""When something happens."""

import datetime as dt
import enum
import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.database import Base, Identified, choice

if TYPE_CHECKING:
    from portal.directory.models.service import ServiceAtLocation


class Frequency(enum.Enum):
    """How a rule repeats. The names are those of RFC 5545 and Open Referral UK."""

    ONCE = "ONCE"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"


class Schedule(Identified, Base):
    """A recurrence (RRULE with EXDATE and RDATE) with local London times.

    It belongs to a service, or to one service at one location. `by_day` is written as in RFC 5545:
    "MO,TH" when weekly; "1TU", "-1FR" when monthly. `starts_on` anchors "every second week".
    A rule without times means "that day, times not said".
    """

    __tablename__ = "schedule"
    __table_args__ = (
        sa.CheckConstraint('"interval" >= 1', name="interval"),
        sa.CheckConstraint("valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from", name="validity"),
    )

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), index=True)
    at_number: Mapped[int | None] = mapped_column(sa.ForeignKey("service_at_location.number"), index=True)
    frequency: Mapped[Frequency] = mapped_column(choice(Frequency), default=Frequency.WEEKLY)
    interval: Mapped[int] = mapped_column(default=1)
    by_day: Mapped[str] = mapped_column(sa.String(60), default="")
    by_month_day: Mapped[str] = mapped_column(sa.String(100), default="")
    starts_on: Mapped[dt.date]
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]
    opens_at: Mapped[dt.time | None]
    closes_at: Mapped[dt.time | None]
    except_on: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    also_on: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    not_on_bank_holidays: Mapped[bool] = mapped_column(default=False)
    term_time_only: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    position: Mapped[int] = mapped_column(default=0)

    at: Mapped["ServiceAtLocation | None"] = relationship(back_populates="schedules", foreign_keys=[at_number])

    def __init__(self, **values: Any) -> None:
        """Make a rule whose unsaid parts are set at once, so that it can be expanded before it is stored."""
        unsaid = {
            "frequency": Frequency.WEEKLY,
            "interval": 1,
            "by_day": "",
            "by_month_day": "",
            "except_on": [],
            "also_on": [],
            "not_on_bank_holidays": False,
            "term_time_only": False,
            "note": "",
            "position": 0,
        }
        super().__init__(**{**unsaid, **values})
