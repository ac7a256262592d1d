"""Not waiting for the next try."""

import uuid

from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.jobs import now_after_commit
from portal.messages.models import MessageState, OutboxMessage
from portal.messages.operations.deciding import DecisionError
from portal.messages.operations.queueing import DELIVER


def hasten(session: Session, *, message_id: uuid.UUID, actor: str) -> None:
    """Try a message that failed right after the commit, instead of at its next time.

    Raises DecisionError when it does not wait for another try.
    """
    message = session.get(OutboxMessage, message_id, populate_existing=True, with_for_update=True)
    if message is None or message.state is not MessageState.FAILED:
        raise DecisionError("This message does not wait for another try any more. Look at it again.")
    message.due_at = clock.now()
    note(session, actor=actor, act="message:hasten", about="message", about_id=message_id)
    now_after_commit(session, DELIVER, str(message_id))
