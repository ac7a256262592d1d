"""Asking groups whether their listings are still right."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, Identified, UtcDateTime, choice
from portal.core.sealing import Sealed


class NudgeKind(enum.Enum):
    """Why a group was written to."""

    STILL_RIGHT = "still right"
    SINKING = "sinking"
    UNPUBLISHED = "unpublished"


class Nudge(Base):
    """That a listing was asked about, once for each month since its last word; so that nothing is asked twice."""

    __tablename__ = "nudge"

    service_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    confirmed_on: Mapped[dt.date] = mapped_column(primary_key=True)
    month: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[NudgeKind] = mapped_column(choice(NudgeKind))
    way: Mapped[str] = mapped_column(sa.String(20))
    message_id: Mapped[uuid.UUID | None]
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)


class FreshnessLink(Identified, Base):
    """A link that needs no sign-in, for one group. It works once for each listing and ends at `expires_at`."""

    __tablename__ = "freshness_link"

    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    services: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    used: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    sent_to: Mapped[str] = mapped_column(Sealed, default="")
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class FreshnessChoice(Base):
    """What a group wants of these messages: no digests. The notice of being unpublished comes all the same."""

    __tablename__ = "freshness_choice"

    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    wants_digests: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_by: Mapped[str] = mapped_column(sa.String(80))


class CallOutcome(enum.Enum):
    """What came of ringing a group."""

    CONFIRMED = "still right"
    NO_ANSWER = "no answer"
    CLOSED = "it has closed"


class FreshnessCall(Identified, Base):
    """Somebody rang a group about some of its services. It is due again from the London day `ring_again_on` on."""

    __tablename__ = "freshness_call"

    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    services: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    outcome: Mapped[CallOutcome] = mapped_column(choice(CallOutcome))
    spoke_with: Mapped[str] = mapped_column(Sealed, default="")
    ring_again_on: Mapped[dt.date | None]
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    by: Mapped[str] = mapped_column(sa.String(80))
