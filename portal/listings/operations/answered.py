"""Messages about old listings that are answered before they leave, as on a Sunday, are not sent any more."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.directory.models import Service
from portal.listings.models import Nudge
from portal.messages.models import TO_TAKE, MessageState, OutboxMessage
from portal.messages.operations import drop

WHY = "Everything that it asks about was confirmed before it left."


def drop_answered(session: Session, *, service_id: uuid.UUID, actor: str) -> int:
    """Drop what waits to be sent about a listing that was just confirmed; return how many messages.

    A message that asks about others as well goes, as long as one of them is not confirmed.
    """
    waits = sa.select(Nudge.message_id).join(OutboxMessage, OutboxMessage.id == Nudge.message_id)
    about = waits.where(Nudge.service_id == service_id, OutboxMessage.state.in_([*TO_TAKE, MessageState.STOPPED]))
    session.flush()
    dropped = 0
    for message_id in session.scalars(about.distinct()).all():
        if message_id is not None and not _is_open(session, message_id):
            dropped += drop(session, message_id=message_id, why=WHY, actor=actor)
    return dropped


def _is_open(session: Session, message_id: uuid.UUID) -> bool:
    """Say whether a message asks about a listing on which nobody has said a word since."""
    is_answered = sa.and_(Service.last_confirmed_on.is_not(None), Service.last_confirmed_on > Nudge.confirmed_on)
    asked = sa.select(Nudge.service_id).join(Service, Service.id == Nudge.service_id)
    still = asked.where(Nudge.message_id == message_id, sa.not_(is_answered))
    return session.scalars(still.limit(1)).first() is not None
