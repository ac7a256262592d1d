"""How often a listing was looked at, without anybody who looked; and whether its web address still answers."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, UtcDateTime, choice


class Seen(enum.Enum):
    """What is counted."""

    VIEWED = "viewed"
    SHORTLISTED = "shortlisted"
    FOUND = "found"


class Figure(Base):
    """How often something happened to a service on one London day. `words` is empty but for FOUND."""

    __tablename__ = "figure"

    service_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    kind: Mapped[Seen] = mapped_column(choice(Seen), primary_key=True)
    words: Mapped[str] = mapped_column(sa.String(80), primary_key=True, default="")
    count: Mapped[int] = mapped_column(default=0)


class LinkCheck(Base):
    """What a web address of a service answered when it was last asked. Dead after three failures in a row."""

    __tablename__ = "link_check"

    service_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(sa.String(500))
    checked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    failures: Mapped[int] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(sa.String(200), default="")
