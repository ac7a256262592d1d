"""Messages that came in."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core import clock
from portal.core.database import Base, Identified, UtcDateTime, choice
from portal.core.sealing import Sealed, SealedJson
from portal.messages.models import Channel, OutboxMessage


class InboundState(enum.Enum):
    """What became of a message that came in."""

    WAITING = "waiting"
    GIVEN = "given"
    AUTOMATIC = "automatic answer"
    BOUNCE = "could not be delivered"
    UNREADABLE = "unreadable"


class InboundMessage(Identified, Base):
    """One message that came in. `text` is sealed, and wiped as soon as a room has taken it.

    `provider_id` is the same whenever the same message comes again. `is_from_recipient`: it came from the address
    that our message went to; anybody can claim an address, so a room asks before it believes.
    """

    __tablename__ = "inbound_message"
    __table_args__ = (sa.UniqueConstraint("channel", "provider_id"),)

    channel: Mapped[Channel] = mapped_column(choice(Channel))
    provider_id: Mapped[str] = mapped_column(sa.String(200))
    sender: Mapped[str | None] = mapped_column(Sealed)
    sender_fingerprint: Mapped[str] = mapped_column(sa.String(64), index=True)
    text: Mapped[str | None] = mapped_column(Sealed)
    attachments: Mapped[list[str] | None] = mapped_column(SealedJson)
    received_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    answers_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("outbox_message.id", ondelete="SET NULL"), index=True
    )
    is_from_recipient: Mapped[bool] = mapped_column(default=False)
    state: Mapped[InboundState] = mapped_column(choice(InboundState), default=InboundState.WAITING)
    given_to: Mapped[str | None] = mapped_column(sa.String(80))
    given_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    wiped_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    answers: Mapped[OutboxMessage | None] = relationship(lazy="joined")
