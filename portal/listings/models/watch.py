"""A resident who asked to be told when places open or a listing changes."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, Identified, UtcDateTime
from portal.core.sealing import Sealed


class Watch(Identified, Base):
    """An address that is told about one service once it was confirmed; `stop_hash` belongs to the link to end it."""

    __tablename__ = "watch"
    __table_args__ = (sa.UniqueConstraint("service_id", "email_fingerprint"),)

    service_id: Mapped[uuid.UUID] = mapped_column(index=True)
    email: Mapped[str] = mapped_column(Sealed)
    email_fingerprint: Mapped[str] = mapped_column(sa.String(64), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    stop_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    asked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
