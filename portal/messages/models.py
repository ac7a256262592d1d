"""Messages on their way out: what goes to whom and what became of it; holds, unsafe addresses, changed wording."""

import datetime as dt
import enum
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core import clock
from portal.core.database import Base, Identified, UtcDateTime, choice
from portal.core.sealing import Sealed, SealedJson


class Channel(enum.Enum):
    """The way by which a message reaches somebody."""

    EMAIL = "e-mail"
    SMS = "text message"
    LETTER = "letter"


@dataclass(frozen=True)
class Recipient:
    """Who gets a message: an e-mail address, a telephone number, or the lines of a postal address after the name."""

    channel: Channel
    address: str
    name: str = ""


class MessageState(enum.Enum):
    """What became of a message."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"
    STOPPED = "stopped"
    REFUSED = "refused"
    GIVEN_UP = "given up"
    BOUNCED = "bounced"


# The legal changes of state. FAILED waits for its next try; UNSURE was handed over, but no answer came back; BOUNCED
# was taken, and came back later.
MOVES: dict[MessageState, frozenset[MessageState]] = {
    MessageState.QUEUED: frozenset(
        {MessageState.SENDING, MessageState.STOPPED, MessageState.REFUSED, MessageState.GIVEN_UP}
    ),
    MessageState.FAILED: frozenset(
        {MessageState.SENDING, MessageState.STOPPED, MessageState.REFUSED, MessageState.GIVEN_UP}
    ),
    MessageState.SENDING: frozenset(
        {MessageState.SENT, MessageState.FAILED, MessageState.UNSURE, MessageState.GIVEN_UP}
    ),
    MessageState.UNSURE: frozenset(
        {MessageState.SENT, MessageState.FAILED, MessageState.QUEUED, MessageState.GIVEN_UP, MessageState.BOUNCED}
    ),
    MessageState.STOPPED: frozenset({MessageState.QUEUED, MessageState.REFUSED, MessageState.GIVEN_UP}),
    MessageState.GIVEN_UP: frozenset({MessageState.QUEUED}),
    MessageState.SENT: frozenset({MessageState.BOUNCED}),
    MessageState.BOUNCED: frozenset(),
    MessageState.REFUSED: frozenset(),
}

# What a deliverer may take, and what is over unless somebody decides otherwise.
TO_TAKE = frozenset({MessageState.QUEUED, MessageState.FAILED})
OVER = frozenset({MessageState.SENT, MessageState.REFUSED, MessageState.GIVEN_UP, MessageState.BOUNCED})


class OutboxMessage(Identified, Base):
    """One message to one recipient, rendered when it was queued. `address`, `subject` and `body` are wiped in time.

    `claim` names the try that is under way, `leased_until` the instant after which nobody believes in it any more;
    `carrier` is the way that the last try took and `carrier_id` the number that it gave.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (sa.Index("ix_outbox_message_state_due_at", "state", "due_at"),)

    wording: Mapped[str] = mapped_column(sa.String(80), index=True)
    channel: Mapped[Channel] = mapped_column(choice(Channel))
    address: Mapped[str | None] = mapped_column(Sealed)
    name: Mapped[str | None] = mapped_column(Sealed)
    address_fingerprint: Mapped[str] = mapped_column(sa.String(64), index=True)
    subject: Mapped[str | None] = mapped_column(Sealed)
    body: Mapped[list[dict[str, Any]] | None] = mapped_column(SealedJson)
    is_urgent: Mapped[bool] = mapped_column(default=False)
    cause: Mapped[str] = mapped_column(sa.String(120), default="")
    hold: Mapped[str | None] = mapped_column(sa.String(120), index=True)
    state: Mapped[MessageState] = mapped_column(choice(MessageState), default=MessageState.QUEUED)
    why: Mapped[str] = mapped_column(sa.String(200), default="")
    queued_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    queued_by: Mapped[str] = mapped_column(sa.String(80))
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    first_tried_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    claim: Mapped[uuid.UUID | None]
    leased_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    carrier: Mapped[str | None] = mapped_column(sa.String(20))
    carrier_id: Mapped[str | None] = mapped_column(sa.String(200))
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    wiped_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    moves: Mapped[list["MessageMove"]] = relationship(order_by="MessageMove.number", viewonly=True)

    @property
    def own_hold(self) -> str:
        """The name of the hold that stops this one message and no other."""
        return f"message:{self.id}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it unless somebody decides so."""
        return self.state in OVER


class MessageMove(Base):
    """One change of state of one message: who, when, from, to, why. `answer` is what the other side said."""

    __tablename__ = "message_move"

    number: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    message_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("outbox_message.id", ondelete="CASCADE"), index=True)
    moved_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    actor: Mapped[str] = mapped_column(sa.String(80))
    from_state: Mapped[MessageState | None] = mapped_column(choice(MessageState, name="from_state"))
    to_state: Mapped[MessageState] = mapped_column(choice(MessageState, name="to_state"))
    why: Mapped[str] = mapped_column(sa.String(200), default="")
    answer: Mapped[str | None] = mapped_column(Sealed)


class MessageHold(Identified, Base):
    """A hold: messages that bear its name do not leave while it is on. Held again later, it is a new row."""

    __tablename__ = "message_hold"

    name: Mapped[str] = mapped_column(sa.String(120), index=True)
    placed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    placed_by: Mapped[str] = mapped_column(sa.String(80))
    released_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    released_by: Mapped[str | None] = mapped_column(sa.String(80))


class UnsafeAddress(Identified, Base):
    """An address that nothing may be sent to, known by its keyed hash only."""

    __tablename__ = "unsafe_address"

    fingerprint: Mapped[str] = mapped_column(sa.String(64), index=True)
    marked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    marked_by: Mapped[str] = mapped_column(sa.String(80))
    cleared_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    cleared_by: Mapped[str | None] = mapped_column(sa.String(80))


class WordingChange(Base):
    """One version of what an administrator made of a wording; the highest number counts, None is as in the file."""

    __tablename__ = "wording_change"

    key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject: Mapped[str | None] = mapped_column(sa.String(200))
    text: Mapped[str | None] = mapped_column(sa.Text)
    sms: Mapped[str | None] = mapped_column(sa.Text)
    letter: Mapped[str | None] = mapped_column(sa.Text)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_by: Mapped[str] = mapped_column(sa.String(80))
