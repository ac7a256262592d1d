"""Every reading of messages that came in."""

import datetime as dt
import re
import uuid
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from portal.core.database import db
from portal.messages.inbound import Reply, find_tagged
from portal.messages.inbound.models import InboundMessage, InboundState
from portal.messages.models import Channel, OutboxMessage

# A text message names no message that it answers: it answers the last one to that number, if that was not long ago.
SMS_ANSWERS_WITHIN = dt.timedelta(days=30)
# Our own Message-IDs begin with the message's id.
_OURS = re.compile(r"<([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?:\.[\w-]*)?@", re.IGNORECASE)


def is_known(session: Session, channel: Channel, provider_id: str) -> bool:
    """Say whether this message has been taken in before."""
    statement = sa.select(InboundMessage.id).where(
        InboundMessage.channel == channel, InboundMessage.provider_id == provider_id
    )
    return session.scalars(statement.limit(1)).first() is not None


def find_answered(session: Session, reply: Reply, fingerprint: str, at: dt.datetime) -> OutboxMessage | None:
    """Return the message of ours that a reply answers, or None: by its signed tag, by Message-ID, or, for a text
    message, the last one that went to that number within 30 days before `at`."""
    ids = [find_tagged(tag) for tag in reply.tags]
    ids += [uuid.UUID(found[1]) for one in reply.answers if (found := _OURS.match(one))]
    for message_id in filter(None, ids):
        found_message = session.get(OutboxMessage, message_id)
        if found_message is not None and found_message.channel is reply.channel:
            return found_message
    if reply.channel is not Channel.SMS:
        return None
    statement = sa.select(OutboxMessage).where(
        OutboxMessage.channel == Channel.SMS,
        OutboxMessage.address_fingerprint == fingerprint,
        OutboxMessage.first_tried_at.is_not(None),
        OutboxMessage.first_tried_at >= at - SMS_ANSWERS_WITHIN,
    )
    return session.scalars(statement.order_by(OutboxMessage.first_tried_at.desc(), OutboxMessage.id).limit(1)).first()


def find_reply(reply_id: uuid.UUID) -> InboundMessage | None:
    """Return one message that came in, or None."""
    return db.session.get(InboundMessage, reply_id)


def list_replies(
    *, states: Collection[InboundState] = (), limit: int = 50, offset: int = 0
) -> Sequence[InboundMessage]:
    """Return messages that came in, newest first; `states` empty means all. What is sealed is not read."""
    sealed = [defer(getattr(InboundMessage, name)) for name in ("sender", "text", "attachments")]
    statement = sa.select(InboundMessage).options(*sealed)
    if states:
        statement = statement.where(InboundMessage.state.in_(states))
    statement = statement.order_by(InboundMessage.received_at.desc(), InboundMessage.id)
    return db.session.scalars(statement.limit(limit).offset(offset)).all()


def count_replies(*, states: Collection[InboundState] = ()) -> int:
    """Return how many messages came in; `states` empty means all."""
    statement = sa.select(sa.func.count()).select_from(InboundMessage)
    if states:
        statement = statement.where(InboundMessage.state.in_(states))
    return db.session.scalar(statement) or 0


def list_replies_to(message_id: uuid.UUID) -> Sequence[InboundMessage]:
    """Return what came in to one message of ours, oldest first. What is sealed is not read."""
    sealed = [defer(getattr(InboundMessage, name)) for name in ("sender", "text", "attachments")]
    statement = sa.select(InboundMessage).options(*sealed).where(InboundMessage.answers_id == message_id)
    return db.session.scalars(statement.order_by(InboundMessage.received_at, InboundMessage.id)).all()


def list_to_wipe(before: dt.datetime) -> Sequence[InboundMessage]:
    """Return messages that still hold what somebody wrote, and came in before an instant."""
    statement = sa.select(InboundMessage).where(InboundMessage.wiped_at.is_(None), InboundMessage.received_at < before)
    return db.session.scalars(statement.order_by(InboundMessage.received_at, InboundMessage.id).limit(500)).all()
