"""Delivery: takes what is due, hands it over, and records what came of it. Never twice, and nothing lost unseen.

Taking a message is committed before anything leaves. Whoever dies after that leaves it in "sending"; when its lease
is over it is called unsure and not sent again by itself, unless the carrier can say whether it has it.
"""

import datetime as dt
import logging
from collections.abc import Mapping
from uuid import UUID

from flask import current_app

from portal.core import clock
from portal.core.database import db, transaction
from portal.messages import operations, queries
from portal.messages.channels import Carrier, NotBuiltError, Outcome, Parcel, Result
from portal.messages.channels.choosing import WHY_NO_WAY, carrier_for
from portal.messages.models import Channel

log = logging.getLogger(__name__)

AT_ONCE = 50
MOST_IN_A_RUN = 1_000
NEVER, LEAVE_ALONE = dt.datetime.min.replace(tzinfo=dt.UTC), dt.timedelta(minutes=1)
# How long a carrier is given to know of a message before it is asked, and until when its "no" can be believed.
ASK_AFTER, ASK_UNTIL = dt.timedelta(minutes=5), dt.timedelta(days=3)


def deliver_promptly(message_id: UUID) -> None:
    """Deliver a message right after its commit, unless its way out was away a moment ago: then the worker will.

    A server that hangs would else make everybody wait in turn who queues a message.
    """
    away: dict[Channel, dt.datetime] = current_app.extensions.setdefault("messages.away", {})
    channel = queries.find_channel(message_id)
    db.session.rollback()
    if channel is None or clock.now() - away.get(channel, NEVER) < LEAVE_ALONE:
        return
    outcome = deliver(message_id)
    if outcome is not None and outcome.is_away:
        away[channel] = clock.now()


def deliver(message_id: UUID) -> Outcome | None:
    """Try to deliver one message now. Return what came of it, or None when it was not tried: it is not due, on hold,
    refused, taken by another process, or there is no way out.
    """
    channel = queries.find_channel(message_id)
    db.session.rollback()
    if channel is None:
        return None
    carrier = carrier_for(channel)
    if carrier is None:
        _note_no_way(channel)
        return None
    return _try(message_id, carrier)


def deliver_due() -> int:
    """Try everything that is due, urgent messages first; return how many were tried.

    A way out that turns out to be away is left alone until the next run, so that an outage costs the messages
    that wait neither tries nor time.
    """
    carriers = _ways_out()
    tried: set[UUID] = set()
    while carriers and len(tried) < MOST_IN_A_RUN:
        due = queries.list_due(channels=carriers, at=clock.now(), limit=AT_ONCE)
        db.session.rollback()
        fresh = [found for found in due if found[0] not in tried]
        if not fresh:
            break
        for message_id, channel in fresh:
            tried.add(message_id)
            if channel not in carriers:
                continue
            outcome = _try(message_id, carriers[channel])
            if outcome is not None and outcome.is_away:
                del carriers[channel]
    return len(tried)


def heal() -> None:
    """Do what was missed: take back what a dead process left behind, ask about what is unsure, deliver what is due."""
    for message_id in queries.list_overdue(at=clock.now()):
        with transaction() as session:
            operations.take_back_overdue(session, message_id=message_id)
    _ask_about_unsure()
    deliver_due()


def _try(message_id: UUID, carrier: Carrier) -> Outcome | None:
    with transaction() as session:
        ticket = operations.claim(session, message_id=message_id, carrier=carrier.name)
    if ticket is None:
        return None
    parcel = Parcel(message_id, ticket.channel, ticket.address, ticket.name, ticket.subject, ticket.body)
    try:
        outcome = carrier.send(parcel)
    except NotBuiltError as error:
        log.error("Message %s could not be put together: %s", message_id, error)
        outcome = Outcome(Result.LATER, "It could not be put together: a fault of the program.", str(error))
    except Exception as error:
        # What it says may hold an address, so only its kind is logged.
        log.error("Message %s could not be handed over: %s", message_id, type(error).__name__)
        why = "Something went wrong that nobody expected, so it may or may not have left."
        outcome = Outcome(Result.UNKNOWN, why, f"{type(error).__name__}: {error}")
    with transaction() as session:
        operations.settle(session, ticket=ticket, outcome=outcome)
    return outcome


def _ways_out() -> dict[Channel, Carrier]:
    found = {channel: carrier_for(channel) for channel in Channel}
    for channel, carrier in found.items():
        if carrier is None:
            _note_no_way(channel)
    return {channel: carrier for channel, carrier in found.items() if carrier is not None}


def _note_no_way(channel: Channel) -> None:
    if queries.is_waiting(channel, but_for=WHY_NO_WAY[channel]):
        with transaction() as session:
            operations.note_no_way(session, channel=channel, why=WHY_NO_WAY[channel])


def _ask_about_unsure() -> None:
    ways: Mapping[Channel, Carrier] = _ways_out()
    at = clock.now()
    for channel, carrier in ways.items():
        unsure = queries.list_unsure(channel, carrier=carrier.name, since=at - ASK_UNTIL, until=at - ASK_AFTER)
        db.session.rollback()
        for message_id in unsure:
            was_taken = carrier.was_taken(message_id)
            if was_taken is None:
                break
            outcome = Outcome(Result.TAKEN, "It was asked, and has it.")
            if not was_taken:
                outcome = Outcome(Result.LATER, "It was asked, and does not have it.")
            with transaction() as session:
                operations.settle_unsure(session, message_id=message_id, outcome=outcome)
