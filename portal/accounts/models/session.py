"""Sessions that live on the server, forms kept for somebody who was signed out, and guesses that were counted."""

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, Identified, UtcDateTime, choice
from portal.core.sealing import Sealed, SealedJson


class Ending(enum.Enum):
    """Why a session ended that its owner did not end by signing out."""

    IDLE = "idle"
    LONG = "long"
    OWNER = "owner"
    CHANGED = "changed"


class BrowserSession(Identified, Base):
    """One browser's session. The cookie holds a random text of which only a hash is kept here."""

    __tablename__ = "browser_session"

    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    contents: Mapped[dict[str, Any]] = mapped_column(SealedJson)
    begun_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    idle_minutes: Mapped[int]
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ending: Mapped[Ending | None] = mapped_column(choice(Ending))
    address: Mapped[str] = mapped_column(Sealed, default="")
    browser: Mapped[str] = mapped_column(Sealed, default="")


class KeptForm(Identified, Base):
    """What somebody sent just after their session had ended, kept for half an hour for the same user."""

    __tablename__ = "kept_form"

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    path: Mapped[str] = mapped_column(Sealed)
    fields: Mapped[list[list[str]]] = mapped_column(SealedJson)
    kept_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)


class Guess(Base):
    """One guess at a secret that was let through to be checked, in one of the buckets it counts for."""

    __tablename__ = "guess"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    bucket: Mapped[str] = mapped_column(sa.String(64))
    guessed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)

    __table_args__ = (sa.Index("ix_guess_bucket_guessed_at", "bucket", "guessed_at"),)
