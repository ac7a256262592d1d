"""Telling residents who asked about a service. A message holds its name as published and our words, nothing else."""

import datetime as dt
import hashlib
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.sealing import seals
from portal.core.web import settings
from portal.directory.models import Service
from portal.listings.models import Watch
from portal.messages.models import Channel, MessageState, OutboxMessage, Recipient
from portal.messages.operations import queue
from portal.search.sending import published

WORDINGS = {
    "places": "watch-places",
    "changed": "watch-changed",
    "cancelled": "watch-cancelled",
    "closed": "watch-closed",
}
# Who is writing saves more than once. One message says it all, so it waits for the next ones.
CHANGES_WAIT = dt.timedelta(hours=1)


def hash_of(token: str) -> str:
    """Return what is kept of the secret text of a link."""
    return hashlib.sha256(token.encode()).hexdigest()


def stop_token(watch_id: uuid.UUID) -> str:
    """Return the secret text of the link that ends a watch.

    It is a keyed hash, so that every later message can hold it although only its SHA-256 is kept.
    """
    return seals().fingerprint("watch-stop", str(watch_id))


def site_address() -> str:
    """Return the address of the site without a slash at the end; jobs have no request to take it from."""
    return settings().site_url or f"http://{settings().bind}"


def tell_watchers(
    session: Session, *, service_id: uuid.UUID, what: str, actor: str, send_after: dt.datetime | None = None
) -> int:
    """Queue a message to everybody who asked to be told about a service; return how many there are.

    `what` is "places" (there are places again), "changed", "cancelled" (one session) or "closed" (it is not shown
    any more); anything else raises KeyError. Addresses that were not confirmed get nothing. Of several changes within
    an hour, one message tells, and of places that open and close as well. Before `send_after` (aware) nothing leaves.
    It belongs to the caller's transaction.
    """
    wording = WORDINGS[what]
    service = session.get(Service, service_id)
    confirmed = sa.select(Watch).where(Watch.service_id == service_id, Watch.confirmed_at.is_not(None))
    watches = session.scalars(confirmed.order_by(Watch.asked_at, Watch.id)).all()
    if service is None:
        return 0
    once = what in {"changed", "places"}
    told = [watch for watch in watches if not (once and _is_told_already(session, watch, wording))]
    for watch in told:
        queue(
            session,
            wording=wording,
            to=Recipient(Channel.EMAIL, watch.email),
            values={
                "service": published(service.name, "name"),
                "link": f"{site_address()}/" if what == "closed" else f"{site_address()}/services/{service_id}",
                "stop_link": f"{site_address()}/services/tell-me/stop/{stop_token(watch.id)}",
            },
            actor=actor,
            cause=f"{wording}:{watch.id}",
            send_after=clock.now() + CHANGES_WAIT if what == "changed" else send_after,
        )
    return len(told)


def _is_told_already(session: Session, watch: Watch, wording: str) -> bool:
    """Say whether the same message waits to leave, or was queued within the hour."""
    waits = OutboxMessage.state == MessageState.QUEUED
    is_fresh = OutboxMessage.queued_at > clock.now() - CHANGES_WAIT
    told = sa.exists().where(
        OutboxMessage.wording == wording,
        OutboxMessage.cause == f"{wording}:{watch.id}",
        waits if wording == WORDINGS["changed"] else sa.or_(waits, is_fresh),
    )
    return session.scalar(sa.select(told)) is True
