"""Not sending what has been answered while it waited."""

import uuid

from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.messages.models import TO_TAKE, MessageState, OutboxMessage
from portal.messages.operations.moves import move


def drop(session: Session, *, message_id: uuid.UUID, why: str, actor: str) -> bool:
    """Give up a message that has not left yet, within the caller's transaction; False when it has, or is leaving.

    `why` is at most 200 signs and names nobody.
    """
    message = session.get(OutboxMessage, message_id, populate_existing=True, with_for_update=True)
    if message is None or message.state not in {*TO_TAKE, MessageState.STOPPED}:
        return False
    move(session, message, MessageState.GIVEN_UP, actor=actor, why=why[:200])
    note(session, actor=actor, act="message:drop", about="message", about_id=message_id)
    return True
