"""Putting a message into the outbox."""

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.jobs import now_after_commit
from portal.core.site import site
from portal.core.text import clean
from portal.messages.addresses import AddressError, fingerprint_of, plain_address
from portal.messages.models import MessageState, OutboxMessage, Recipient
from portal.messages.operations.moves import append_move
from portal.messages.queries import wording_of
from portal.messages.rendering import render

DELIVER = "messages.deliver"
LONGEST_NAME = 120


def queue(
    session: Session,
    *,
    wording: str,
    to: Recipient,
    values: Mapping[str, str],
    actor: str,
    cause: str = "",
    hold: str | None = None,
    send_after: dt.datetime | None = None,
) -> OutboxMessage:
    """Put a message into the outbox within the caller's transaction; it goes out right after the commit.

    `values` fill the placeholders of the wording, exactly those that its file describes. `cause` says in the
    caller's words what it is about (`referral:<id>`); `hold` is the name of the hold that may stop it, now or
    later; before `send_after` (aware) it does not leave. Raises WordingError for a mistake of the caller. An address
    that cannot be one, since a person typed it, raises nothing: the message is given up, and staff see why.
    """
    chosen = wording_of(wording)
    rendered = render(chosen, to.channel, values, _facts())
    address, state, why = _plain(to)
    at = clock.now()
    message = OutboxMessage(
        id=uuid.uuid4(),
        wording=wording,
        channel=to.channel,
        address=address,
        name=clean(to.name, limit=LONGEST_NAME),
        address_fingerprint=fingerprint_of(to.channel, to.address),
        subject=rendered.subject,
        body=rendered.body,
        is_urgent=chosen.is_urgent,
        cause=cause,
        hold=hold,
        queued_by=actor,
        due_at=max(at, send_after) if send_after else at,
    )
    _begin(session, message, state, why)
    return message


def _begin(session: Session, message: OutboxMessage, state: MessageState, why: str) -> None:
    at = clock.now()
    message.queued_at = message.changed_at = at
    message.state, message.why = state, why
    session.add(message)
    session.flush()
    append_move(session, message, state, actor=message.queued_by, from_state=None, why=why)
    if state is MessageState.QUEUED and message.due_at <= at:
        now_after_commit(session, DELIVER, str(message.id))


def _facts() -> dict[str, str]:
    facts = site()
    return {"site_name": facts.name, "phone": facts.phone, "phone_hours": facts.phone_hours}


def _plain(to: Recipient) -> tuple[str, MessageState, str]:
    try:
        return plain_address(to.channel, to.address), MessageState.QUEUED, ""
    except AddressError as error:
        return to.address[:2000], MessageState.GIVEN_UP, str(error)
