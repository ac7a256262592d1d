"""The one way in which a message changes its state, so that no change goes unrecorded."""

from sqlalchemy.orm import Session

from portal.core import clock
from portal.messages.models import MOVES, MessageMove, MessageState, OutboxMessage


class IllegalMoveError(Exception):
    """A message cannot go from this state to that one."""


def move(
    session: Session, message: OutboxMessage, to: MessageState, *, actor: str, why: str = "", answer: str = ""
) -> None:
    """Change the state of a message that this transaction holds, and append who, when, from, to and why.

    Raises IllegalMoveError when `MOVES` does not know the change.
    """
    if to not in MOVES[message.state]:
        raise IllegalMoveError(f"{message.id}: from {message.state.value} to {to.value}")
    append_move(session, message, to, actor=actor, from_state=message.state, why=why, answer=answer)
    message.state = to
    message.why = why
    message.changed_at = clock.now()


def append_move(
    session: Session,
    message: OutboxMessage,
    to: MessageState,
    *,
    actor: str,
    from_state: MessageState | None,
    why: str = "",
    answer: str = "",
) -> None:
    """Append one change of state to the history of a message."""
    session.add(
        MessageMove(
            message_id=message.id,
            moved_at=clock.now(),
            actor=actor,
            from_state=from_state,
            to_state=to,
            why=why,
            answer=answer[:500] or None,
        )
    )
