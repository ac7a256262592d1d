"""What is done with messages that come in: kept once, given to the room they are for, wiped in time."""

import datetime as dt
import logging

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.messages.addresses import fingerprint_of
from portal.messages.inbound import Nature, Reply, find_taker
from portal.messages.inbound.models import InboundMessage, InboundState
from portal.messages.inbound.queries import find_answered, is_known, list_to_wipe
from portal.messages.models import MOVES, MessageState, OutboxMessage
from portal.messages.operations.moves import move

log = logging.getLogger(__name__)

# What nobody has taken by then is wiped: a note that three months did not bring to anybody helps nobody.
KEPT_FOR = dt.timedelta(days=90)
_STATES = {
    Nature.WRITTEN: InboundState.WAITING,
    Nature.AUTOMATIC: InboundState.AUTOMATIC,
    Nature.BOUNCE: InboundState.BOUNCE,
    Nature.UNREADABLE: InboundState.UNREADABLE,
}


def take_in(session: Session, *, reply: Reply, actor: str) -> InboundMessage | None:
    """Keep a message that came in and give it to the room it is for; None when it has been taken in before.

    A report that our message could not be delivered is noted at that message. Of what a program answered, and of
    what cannot be read, only the fact is kept. What no room takes waits, and administrators see that it does.
    """
    if is_known(session, reply.channel, reply.provider_id):
        return None
    now = clock.now()
    fingerprint = fingerprint_of(reply.channel, reply.sender)
    answered = find_answered(session, reply, fingerprint, now)
    is_written = reply.nature is Nature.WRITTEN
    row = InboundMessage(
        channel=reply.channel,
        provider_id=reply.provider_id,
        sender=reply.sender if is_written else None,
        sender_fingerprint=fingerprint,
        text=reply.text if is_written else None,
        attachments=list(reply.attachments) if is_written else None,
        received_at=now,
        answers=answered,
        is_from_recipient=answered is not None and answered.address_fingerprint == fingerprint,
        state=_STATES[reply.nature],
        wiped_at=None if is_written else now,
    )
    if not _add_once(session, row):
        return None
    if reply.nature is Nature.BOUNCE and answered is not None:
        _note_bounce(session, answered, actor)
    if is_written:
        _give(session, row=row, actor=actor)
    note(session, actor=actor, act="reply:take-in", about="inbound_message", about_id=row.id, after=_seen(row))
    return row


def _add_once(session: Session, row: InboundMessage) -> bool:
    """Store a row unless another process has stored the same message in the meantime."""
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        return False
    return True


def _note_bounce(session: Session, message: OutboxMessage, actor: str) -> None:
    session.refresh(message, with_for_update=True)
    if MessageState.BOUNCED in MOVES[message.state]:
        move(session, message, MessageState.BOUNCED, actor=actor, why="The other side sent it back: no such address.")


def _seen(row: InboundMessage) -> dict[str, object]:
    return {"state": row.state.value, "given_to": row.given_to, "answers": str(row.answers_id or "")}


def _give(session: Session, *, row: InboundMessage, actor: str) -> bool:
    """Give a message to the room that it answers, and say whether it took it. If the room fails, the message waits."""
    found = find_taker(row.answers.cause) if row.answers is not None else None
    if found is None or row.answers is None:
        return False
    operation, about = found
    try:
        with session.begin_nested():
            operation(session, reply=row, about=about, actor=actor)
            session.flush()
    except Exception as error:  # whatever is wrong above, what somebody wrote is not lost
        log.exception("A room did not take reply %s: %s", row.id, type(error).__name__)
        return False
    row.state, row.given_to, row.given_at = InboundState.GIVEN, row.answers.cause.partition(":")[0][:80], clock.now()
    _wipe(row)
    return True


def _wipe(row: InboundMessage) -> None:
    row.sender = row.text = row.attachments = None
    row.wiped_at = clock.now()


def offer_again(session: Session, *, row: InboundMessage, actor: str) -> bool:
    """Offer a message that waits to the room it is for once more, and say whether it was taken."""
    if row.state is not InboundState.WAITING:
        return False
    before = _seen(row)
    if not _give(session, row=row, actor=actor):
        return False
    note(
        session,
        actor=actor,
        act="reply:give",
        about="inbound_message",
        about_id=row.id,
        before=before,
        after=_seen(row),
    )
    return True


def wipe_old_replies(session: Session, *, actor: str) -> int:
    """Wipe what was written in replies that came in more than 90 days ago; return how many (at most 500 at once)."""
    rows = list_to_wipe(clock.now() - KEPT_FOR)
    for row in rows:
        _wipe(row)
        note(session, actor=actor, act="reply:wipe", about="inbound_message", about_id=row.id)
    return len(rows)
