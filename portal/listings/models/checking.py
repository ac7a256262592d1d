"""What a named moderator has seen of a group, and the help that a group was given."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, Identified, UtcDateTime, choice


class CheckKind(enum.Enum):
    """What has to be seen before a group is sent people, or visits homes."""

    SAFEGUARDING = "safeguarding policy"
    INSURANCE = "insurance"
    DBS = "DBS checks"


class OrganisationCheck(Identified, Base):
    """A moderator saw something of a group on a London day; it holds until `expires_on`, or until a later row."""

    __tablename__ = "organisation_check"

    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    kind: Mapped[CheckKind] = mapped_column(choice(CheckKind))
    is_needed: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    seen_on: Mapped[dt.date]
    expires_on: Mapped[dt.date | None]
    seen_by: Mapped[str] = mapped_column(sa.String(80))
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    reminded_for: Mapped[str] = mapped_column(sa.String(40), default="")


class GroupHelp(Identified, Base):
    """Help that somebody gave a group to start or to grow: on which London day, how long, and what came of it."""

    __tablename__ = "group_help"
    __table_args__ = (sa.CheckConstraint("minutes > 0", name="minutes"),)

    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    given_on: Mapped[dt.date]
    minutes: Mapped[int]
    what: Mapped[str] = mapped_column(sa.Text)
    came_of_it: Mapped[str] = mapped_column(sa.Text, default="")
    given_by: Mapped[str] = mapped_column(sa.String(80))
    noted_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
