"""Asking web addresses whether they still answer. Nothing is ever taken off for it: moderators see a list."""

import datetime as dt
import uuid

from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import db, transaction
from portal.core.fetching import FetchError, UnsuitableAnswerError, fetch
from portal.core.outside import RefusedAddressError
from portal.listings.models import LinkCheck
from portal.listings.queries.link_checks import list_to_check

MOST_BYTES, SECONDS = 64 * 1024, 10.0
# Not there, gone for good; and the other side's own faults from 500 on. Whoever only refuses robots is there.
_GONE = frozenset({404, 410})


def check_links(*, actor: str) -> int:
    """Ask the addresses that are due, one after the other and each host once, and return how many were asked."""
    due = list_to_check(clock.now())
    db.session.rollback()
    for one in due:
        asked_at = clock.now()
        why = why_dead(one.url)
        with transaction() as session:
            for service_id in one.services:
                _note(session, service_id, one.url, why, asked_at)
            note(session, actor=actor, act="link:check", after={"services": len(one.services), "is_there": not why})
    return len(due)


def why_dead(url: str) -> str:
    """Ask an address and return why it counts as dead, in one plain sentence, or "" when somebody is there."""
    try:
        status = fetch(url, most_bytes=MOST_BYTES, seconds=SECONDS).status
    except UnsuitableAnswerError:
        return ""  # a page too large for us is a page
    except (FetchError, RefusedAddressError) as error:
        return str(error)
    if status in _GONE:
        return "The site says that this page is not there."
    return "The site says that it is out of order." if status >= 500 else ""


def _note(session: Session, service_id: uuid.UUID, url: str, why: str, asked_at: dt.datetime) -> None:
    row = session.get(LinkCheck, service_id, with_for_update=True, populate_existing=True)
    if row is None:
        row = LinkCheck(service_id=service_id, url=url, checked_at=asked_at, failures=0)
        session.add(row)
    elif row.url == url and row.checked_at >= asked_at:
        return  # another worker asked meanwhile
    before = row.failures if row.url == url else 0
    row.url, row.checked_at, row.why = url, clock.now(), why[:200]
    row.failures = before + 1 if why else 0
    session.flush()
