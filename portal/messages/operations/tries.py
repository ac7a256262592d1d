"""The tries of delivery: who may try, and what came of it. A message that may have left is never tried again."""

import datetime as dt
import random
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.messages.channels import Outcome, Result
from portal.messages.models import OVER, TO_TAKE, Channel, MessageMove, MessageState, OutboxMessage
from portal.messages.operations.moves import move
from portal.messages.queries import is_held, is_unsafe

DELIVERER = "delivery"
# Longer than any try can take, with all its timeouts.
LEASE = dt.timedelta(minutes=15)
FIRST_PAUSE, LONGEST_PAUSE, LONGEST_IF_URGENT = (dt.timedelta(minutes=number) for number in (1, 30, 5))
GIVE_UP_AFTER = dt.timedelta(days=3)
WIPE_AFTER = dt.timedelta(days=30)

_STATE_OF = {
    Result.TAKEN: MessageState.SENT,
    Result.LATER: MessageState.FAILED,
    Result.NEVER: MessageState.GIVEN_UP,
    Result.UNKNOWN: MessageState.UNSURE,
}


@dataclass(frozen=True)
class Ticket:
    """The right to try one message once; everything that the carrier needs, read before the try."""

    message_id: uuid.UUID
    claim: uuid.UUID
    channel: Channel
    address: str
    name: str
    subject: str
    body: list[dict[str, Any]]


def claim(session: Session, *, message_id: uuid.UUID, carrier: str, actor: str = DELIVERER) -> Ticket | None:
    """Take a message that is due, for this process alone; None when it may not go or somebody else has it.

    Commit before handing anything over. Here, and nowhere earlier, it is checked whether the message is on hold and
    whether its address is marked unsafe.
    """
    at = clock.now()
    own = uuid.uuid4()
    taken = session.execute(
        sa.update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.state.in_(TO_TAKE), OutboxMessage.due_at <= at)
        .values(claim=own)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    # The row is ours until the commit: on PostgreSQL by its lock, on SQLite because there is one writer.
    message = session.get_one(OutboxMessage, message_id, populate_existing=True)
    if is_unsafe(session, message.address_fingerprint):
        move(session, message, MessageState.REFUSED, actor=actor, why="The address is marked unsafe.")
        return None
    if is_held(session, message):
        move(session, message, MessageState.STOPPED, actor=actor, why="It is on hold.")
        return None
    message.tries += 1
    message.first_tried_at = message.first_tried_at or at
    message.leased_until = at + LEASE
    message.carrier, message.carrier_id = carrier, None
    move(session, message, MessageState.SENDING, actor=actor)
    return Ticket(
        message_id=message.id,
        claim=own,
        channel=message.channel,
        address=message.address or "",
        name=message.name or "",
        subject=message.subject or "",
        body=message.body or [],
    )


def settle(session: Session, *, ticket: Ticket, outcome: Outcome, actor: str = DELIVERER) -> bool:
    """Record what came of a try; False when somebody decided about the message in the meantime.

    A message whose lease ran out is unsure; the deliverer, if it lives after all, still knows better.
    """
    message = _lock(session, ticket.message_id)
    if message.claim != ticket.claim or message.state not in {MessageState.SENDING, MessageState.UNSURE}:
        return False
    if message.state is MessageState.UNSURE and outcome.result is Result.UNKNOWN:
        return False
    _record(session, message, outcome, actor)
    return True


def settle_unsure(session: Session, *, message_id: uuid.UUID, outcome: Outcome, actor: str = DELIVERER) -> bool:
    """Record what a carrier said when it was asked about an unsure message; False when it is not unsure any more."""
    message = _lock(session, message_id)
    if message.state is not MessageState.UNSURE:
        return False
    _record(session, message, outcome, actor)
    return True


def _record(session: Session, message: OutboxMessage, outcome: Outcome, actor: str) -> None:
    at = clock.now()
    state, why = _STATE_OF[outcome.result], outcome.why
    if state is MessageState.FAILED:
        if message.first_tried_at and at - message.first_tried_at >= GIVE_UP_AFTER:
            state, why = MessageState.GIVEN_UP, f"Tried for three days. {why}"
        else:
            message.due_at = at + pause_after(message.tries, is_urgent=message.is_urgent)
    message.carrier_id = outcome.carrier_id or message.carrier_id
    message.leased_until = None
    move(session, message, state, actor=actor, why=why, answer=outcome.answer)


def pause_after(tries: int, *, is_urgent: bool) -> dt.timedelta:
    """Return how long to wait after so many tries: 1, 2, 4 … 30 minutes, a fifth more or less, to spread them.

    For an urgent message it is never more than about five.
    """
    longest = LONGEST_IF_URGENT if is_urgent else LONGEST_PAUSE
    pause = min(FIRST_PAUSE * (1 << min(tries - 1, 10)), longest)
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing


def take_back_overdue(session: Session, *, message_id: uuid.UUID, actor: str = DELIVERER) -> bool:
    """Call a message unsure whose deliverer was not heard of until its lease ended; False when it was."""
    message = _lock(session, message_id)
    is_overdue = message.leased_until is not None and message.leased_until < clock.now()
    if message.state is not MessageState.SENDING or not is_overdue:
        return False
    message.leased_until = None
    why = "The program stopped while handing it over, so it may or may not have left."
    move(session, message, MessageState.UNSURE, actor=actor, why=why)
    return True


def note_no_way(session: Session, *, channel: Channel, why: str, actor: str = DELIVERER) -> int:
    """Say on waiting messages that no way is set up by which they could leave; return on how many it was new."""
    del actor  # the state does not change, and who looked says nothing
    noted = session.execute(
        sa.update(OutboxMessage)
        .where(OutboxMessage.channel == channel, OutboxMessage.state.in_(TO_TAKE), OutboxMessage.why != why)
        .values(why=why)
        .execution_options(synchronize_session=False)
    )
    return int(noted.rowcount)  # type: ignore[attr-defined]


def wipe_old(session: Session, *, actor: str = DELIVERER) -> int:
    """Wipe what stood in messages that have been over for 30 days; their states stay. Return how many."""
    at = clock.now()
    old = session.scalars(
        sa.select(OutboxMessage.id).where(
            OutboxMessage.state.in_(OVER), OutboxMessage.changed_at < at - WIPE_AFTER, OutboxMessage.wiped_at.is_(None)
        )
    ).all()
    for start in range(0, len(old), 500):
        some = old[start : start + 500]
        empty = {
            "address": None,
            "name": None,
            "subject": None,
            "body": None,
            "address_fingerprint": "",
            "wiped_at": at,
        }
        unsynchronised = {"synchronize_session": False}
        session.execute(
            sa.update(OutboxMessage).where(OutboxMessage.id.in_(some)).values(empty), execution_options=unsynchronised
        )
        session.execute(
            sa.update(MessageMove).where(MessageMove.message_id.in_(some)).values(answer=None),
            execution_options=unsynchronised,
        )
    if old:
        note(session, actor=actor, act="messages:wipe", about="message", after={"wiped": len(old)})
    return len(old)


def _lock(session: Session, message_id: uuid.UUID) -> OutboxMessage:
    return session.get_one(OutboxMessage, message_id, populate_existing=True, with_for_update=True)
