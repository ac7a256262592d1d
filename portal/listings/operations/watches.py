"""Asking to be told about a service, confirming it, and stopping. Strangers press the button, so all is counted."""

import datetime as dt
import secrets
import uuid
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.sealing import fingerprint_of_address
from portal.directory.models import Service
from portal.listings.models import Watch
from portal.listings.watching import hash_of, stop_token
from portal.messages.addresses import fingerprint_of
from portal.messages.models import Channel, OutboxMessage, Recipient
from portal.messages.operations import queue
from portal.search.sending import published

CONFIRM = "watch-confirm"
MOST_TO_AN_ADDRESS = 3  # in a day
DAY = dt.timedelta(days=1)
UNCONFIRMED_FOR = dt.timedelta(days=7)


def ask_to_be_told(*, service_id: uuid.UUID, email: str, link: Callable[[str], str], actor: str) -> None:
    """Send an address the link by which it says yes to being told about a service; `link` makes it of a secret text.

    Nothing is sent, and nobody learns it, to an address that is told already or got three such messages within a day.
    Does nothing for a service that is not there.
    """
    token, fingerprint = secrets.token_urlsafe(32), fingerprint_of_address(email)
    with transaction() as session:
        # Whoever presses twice waits here, and finds the first watch.
        service = session.get(Service, service_id, with_for_update={"of": Service})
        if service is None or _asked_today(session, email) >= MOST_TO_AN_ADDRESS:
            return
        which = (Watch.service_id == service_id, Watch.email_fingerprint == fingerprint)
        watch = session.scalar(sa.select(Watch).where(*which))
        if watch is None:
            watch_id = uuid.uuid4()
            watch = Watch(id=watch_id, service_id=service_id, email=email, email_fingerprint=fingerprint)
            watch.stop_hash = hash_of(stop_token(watch_id))
            session.add(watch)
        elif watch.confirmed_at is not None:
            return
        watch.token_hash, watch.asked_at = hash_of(token), clock.now()
        session.flush()
        queue(
            session,
            wording=CONFIRM,
            to=Recipient(Channel.EMAIL, email),
            values={"service": published(service.name, "name"), "link": link(token)},
            actor=actor,
            cause=f"{CONFIRM}:{watch.id}",
        )
        note(session, actor=actor, act="watch:ask", about="watch", about_id=watch.id)


def _asked_today(session: Session, email: str) -> int:
    sent = sa.select(sa.func.count()).where(
        OutboxMessage.address_fingerprint == fingerprint_of(Channel.EMAIL, email),
        OutboxMessage.wording == CONFIRM,
        OutboxMessage.queued_at > clock.now() - DAY,
    )
    return session.scalar(sent) or 0


def confirm_watch(*, watch_id: uuid.UUID, actor: str) -> bool:
    """Tell an address from now on; say whether there is still such a watch. Twice does no harm."""
    with transaction() as session:
        watch = session.get(Watch, watch_id, with_for_update=True, populate_existing=True)
        if watch is not None and watch.confirmed_at is None:
            watch.confirmed_at = clock.now()
            note(session, actor=actor, act="watch:confirm", about="watch", about_id=watch.id)
        return watch is not None


def stop_watch(*, watch_id: uuid.UUID, actor: str) -> None:
    """Tell an address no more about a service, and wipe it. Twice does no harm."""
    with transaction() as session:
        watch = session.get(Watch, watch_id, with_for_update=True, populate_existing=True)
        if watch is not None:
            session.delete(watch)
            note(session, actor=actor, act="watch:stop", about="watch", about_id=watch_id)


def forget_unconfirmed(*, actor: str) -> int:
    """Take away what nobody confirmed within seven days; return how many."""
    with transaction() as session:
        old = sa.select(Watch).where(Watch.confirmed_at.is_(None), Watch.asked_at < clock.now() - UNCONFIRMED_FOR)
        watches = session.scalars(old).all()
        for watch in watches:
            session.delete(watch)
            note(session, actor=actor, act="watch:forget", about="watch", about_id=watch.id)
        return len(watches)
