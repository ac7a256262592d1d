"""Sending a list by e-mail, and not to those who want none. Strangers press the button, so all is counted."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue
from portal.search.models import ListRefusal, ListSending
from portal.search.sending import ListLetter, SendingKeys

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
MOST_FROM_A_NETWORK = 5  # in an hour
MOST_ON_THE_SITE = 200  # in an hour
MOST_TO_AN_ADDRESS = 3  # in a day
WORDING = "shortlist"
# The number of the advisory lock under which PostgreSQL counts; SQLite takes its one write lock.
_LOCK = 0x6C69_7374_73


def send_list(session: Session, *, letter: ListLetter, keys: SendingKeys, actor: str) -> dt.timedelta | None:
    """Queue a list for an address; return None, or how long to wait when too many were asked for.

    None does not say that it goes out: somebody who wants no lists, or was sent three within a day, gets none, and
    whoever asked is not told. Counting happens under a lock, so that two processes together let no more through.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    now = clock.now()
    session.execute(sa.delete(ListSending).where(ListSending.asked_at < now - DAY))
    waits = [
        wait
        for bucket, most in ((keys.network, MOST_FROM_A_NETWORK), (keys.site, MOST_ON_THE_SITE))
        if (wait := _wait(session, bucket, most, HOUR, now)) is not None
    ]
    if waits:
        return max(waits)
    session.add_all(ListSending(bucket=bucket, asked_at=now) for bucket in (keys.network, keys.site))
    if _refusal(session, keys.refusal) or _wait(session, keys.recipient, MOST_TO_AN_ADDRESS, DAY, now) is not None:
        return None
    session.add(ListSending(bucket=keys.recipient, asked_at=now))
    recipient = Recipient(Channel.EMAIL, letter.address)
    message = queue(session, wording=WORDING, to=recipient, values=letter.values, actor=actor, cause="shortlist")
    note(session, actor=actor, act="shortlist:send", about="outbox_message", about_id=message.id)
    return None


def _wait(session: Session, bucket: str, most: int, window: dt.timedelta, now: dt.datetime) -> dt.timedelta | None:
    """Return how long until one more fits into a bucket, None when it fits now."""
    newest = session.scalars(
        sa.select(ListSending.asked_at)
        .where(ListSending.bucket == bucket, ListSending.asked_at > now - window)
        .order_by(ListSending.asked_at.desc())
        .limit(most)
    ).all()
    return newest[-1] + window - now if len(newest) >= most else None


def _refusal(session: Session, fingerprint: str) -> ListRefusal | None:
    return session.scalars(sa.select(ListRefusal).where(ListRefusal.fingerprint == fingerprint)).first()


def refuse_lists(session: Session, *, fingerprint: str, actor: str) -> None:
    """Send no lists to this address any more. `fingerprint` is its `SendingKeys.refusal`."""
    if _refusal(session, fingerprint) is None:
        session.add(ListRefusal(fingerprint=fingerprint))
        note(session, actor=actor, act="shortlist:refuse", about="address")


def take_lists_again(session: Session, *, fingerprint: str, actor: str) -> None:
    """Take back that an address wants no lists."""
    refusal = _refusal(session, fingerprint)
    if refusal is not None:
        session.delete(refusal)
        note(session, actor=actor, act="shortlist:allow", about="address")
