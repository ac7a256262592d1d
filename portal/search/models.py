"""Lists that were sent by e-mail, counted; and addresses that want none. Both by keyed hashes only."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, Identified, UtcDateTime


class ListSending(Base):
    """One list that was asked for, in one of the buckets it counts for. Kept for a day."""

    __tablename__ = "list_sending"
    __table_args__ = (sa.Index("ix_list_sending_bucket_asked_at", "bucket", "asked_at"),)

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    bucket: Mapped[str] = mapped_column(sa.String(64))
    asked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)


class ListRefusal(Identified, Base):
    """An address whose owner wants no lists, until they take it back."""

    __tablename__ = "list_refusal"

    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    refused_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
