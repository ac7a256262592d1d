"""What people decide about messages: holds, addresses that are not safe, and messages that may have left."""

import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.jobs import now_after_commit
from portal.messages.addresses import fingerprint_of_any
from portal.messages.models import TO_TAKE, MessageHold, MessageState, OutboxMessage, UnsafeAddress
from portal.messages.operations.moves import move
from portal.messages.operations.queueing import DELIVER


class DecisionError(Exception):
    """Nothing can be decided about this message (any more): it is in another state, or its content was wiped."""


class Decision(enum.Enum):
    """What staff can say about a message that did not leave, or may have."""

    ARRIVED = "it arrived"
    SEND_AGAIN = "send it again"
    LEAVE = "do not send it"


DECISIONS: dict[MessageState, tuple[Decision, ...]] = {
    MessageState.UNSURE: (Decision.ARRIVED, Decision.SEND_AGAIN, Decision.LEAVE),
    MessageState.GIVEN_UP: (Decision.SEND_AGAIN,),
    MessageState.STOPPED: (Decision.LEAVE,),
}
_TO = {
    Decision.ARRIVED: MessageState.SENT,
    Decision.SEND_AGAIN: MessageState.QUEUED,
    Decision.LEAVE: MessageState.GIVEN_UP,
}


def hold_messages(session: Session, *, hold: str, actor: str) -> int:
    """Hold all messages that bear this name (or one: `message.own_hold`), also those queued later.

    Return how many were stopped; one that is being handed over at this moment is not.
    """
    if not _holds_on(session, hold):
        session.add(MessageHold(name=hold, placed_by=actor))
    waiting = _of_hold(session, hold, *TO_TAKE)
    for message in waiting:
        move(session, message, MessageState.STOPPED, actor=actor, why="It is on hold.")
    note(session, actor=actor, act="messages:hold", about="hold", after={"hold": hold, "stopped": len(waiting)})
    return len(waiting)


def release_messages(session: Session, *, hold: str, actor: str) -> int:
    """End a hold; what it stopped is queued again and goes out right after the commit. Return how many."""
    for row in _holds_on(session, hold):
        row.released_at, row.released_by = clock.now(), actor
    stopped = _of_hold(session, hold, MessageState.STOPPED)
    for message in stopped:
        _queue_again(session, message, actor, "The hold has ended.")
    note(session, actor=actor, act="messages:release", about="hold", after={"hold": hold, "queued": len(stopped)})
    return len(stopped)


def _holds_on(session: Session, hold: str) -> list[MessageHold]:
    query = sa.select(MessageHold).where(MessageHold.name == hold, MessageHold.released_at.is_(None))
    return list(session.scalars(query))


def _of_hold(session: Session, hold: str, *states: MessageState) -> list[OutboxMessage]:
    which = OutboxMessage.hold == hold
    kind, _, number = hold.partition(":")
    if kind == "message":
        which = OutboxMessage.id == uuid.UUID(number)
    query = sa.select(OutboxMessage).where(which, OutboxMessage.state.in_(states)).order_by(OutboxMessage.queued_at)
    return list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def mark_unsafe(session: Session, *, address: str, actor: str) -> int:
    """Mark an address unsafe: nothing is sent to it any more, whatever was queued. Return how many were refused.

    Only a keyed hash is kept. One that is being handed over at this moment still goes.
    """
    fingerprint = fingerprint_of_any(address)
    if not _marks(session, fingerprint):
        session.add(UnsafeAddress(fingerprint=fingerprint, marked_by=actor))
    query = sa.select(OutboxMessage).where(
        OutboxMessage.address_fingerprint == fingerprint,
        OutboxMessage.state.in_([*TO_TAKE, MessageState.STOPPED]),
    )
    waiting = list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))
    for message in waiting:
        move(session, message, MessageState.REFUSED, actor=actor, why="The address is marked unsafe.")
    note(session, actor=actor, act="address:mark-unsafe", about="address", after={"refused": len(waiting)})
    return len(waiting)


def mark_safe(session: Session, *, address: str, actor: str) -> None:
    """Take back the mark of an address. What was refused meanwhile stays refused: it may be out of date."""
    for mark in _marks(session, fingerprint_of_any(address)):
        mark.cleared_at, mark.cleared_by = clock.now(), actor
    note(session, actor=actor, act="address:mark-safe", about="address")


def _marks(session: Session, fingerprint: str) -> list[UnsafeAddress]:
    query = sa.select(UnsafeAddress).where(UnsafeAddress.fingerprint == fingerprint, UnsafeAddress.cleared_at.is_(None))
    return list(session.scalars(query))


def decide(session: Session, *, message_id: uuid.UUID, decision: Decision, why: str, actor: str) -> None:
    """Settle by hand what became of a message. `why` is at most 200 signs and names nobody.

    Raises DecisionError when the message is not in a state in which this can be decided.
    """
    message = session.get(OutboxMessage, message_id, populate_existing=True, with_for_update=True)
    if message is None or decision not in DECISIONS.get(message.state, ()):
        raise DecisionError("This cannot be decided about the message any more. Look at it again.")
    if decision is Decision.SEND_AGAIN and message.wiped_at is not None:
        raise DecisionError("What stood in this message has been wiped, so it cannot be sent again.")
    before = message.state.value
    if decision is Decision.SEND_AGAIN:
        _queue_again(session, message, actor, why[:200])
    else:
        move(session, message, _TO[decision], actor=actor, why=why[:200])
    after = {"state": message.state.value}
    note(
        session, actor=actor, act="message:decide", about="message", about_id=message_id,
        before={"state": before}, after=after,
    )  # fmt: skip


def _queue_again(session: Session, message: OutboxMessage, actor: str, why: str) -> None:
    message.claim = message.first_tried_at = message.leased_until = None
    message.tries = 0
    message.due_at = max(message.due_at, clock.now())
    move(session, message, MessageState.QUEUED, actor=actor, why=why)
    now_after_commit(session, DELIVER, str(message.id))
