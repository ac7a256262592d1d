"""What changed and has yet to be indexed, and where imported rows came from."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, UtcDateTime, choice


class Change(Base):
    """A note, written in the transaction of the change itself, that a service is to be indexed anew."""

    __tablename__ = "change"

    sequence: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    service_id: Mapped[uuid.UUID] = mapped_column(index=True)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)

    __table_args__ = {"sqlite_autoincrement": True}


class Noun(enum.Enum):
    """What an imported row became."""

    ORGANISATION = "organisation"
    SERVICE = "service"
    LOCATION = "location"


class ImportedRecord(Base):
    """Which row of which source became which object, so that a second import makes nothing twice."""

    __tablename__ = "imported_record"

    source: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    noun: Mapped[Noun] = mapped_column(choice(Noun), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(300), primary_key=True)
    object_id: Mapped[uuid.UUID] = mapped_column(index=True)
    imported_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
