"""Reads of sessions and of forms that were kept."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.accounts.models import BrowserSession, Ending, KeptForm
from portal.core import clock
from portal.core.database import db

LONGEST = dt.timedelta(hours=12)
FORMS_ARE_KEPT = dt.timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """One session as it stood when it was read. A plain value, since an act that rolls back expires objects."""

    id: uuid.UUID
    user_id: uuid.UUID | None
    contents: dict[str, Any]
    begun_at: dt.datetime
    seen_at: dt.datetime
    idle_minutes: int
    ended_at: dt.datetime | None
    ending: Ending | None
    browser: str
    address: str

    @property
    def ends_at(self) -> dt.datetime:
        """The instant at which the session ends if nothing more is done in it."""
        return min(self.seen_at + dt.timedelta(minutes=self.idle_minutes), self.begun_at + LONGEST)

    def why_ended(self, now: dt.datetime) -> Ending | None:
        """Return why the session is over, or None while it lives."""
        if self.ended_at is not None:
            return self.ending or Ending.CHANGED
        if now >= self.begun_at + LONGEST:
            return Ending.LONG
        return Ending.IDLE if now >= self.ends_at else None


_COLUMNS = tuple(getattr(BrowserSession, name) for name in SessionRow.__dataclass_fields__)


def find_session(token_hash: str) -> SessionRow | None:
    """Return the session whose cookie has this hash, ended or not, or None."""
    found = db.session.execute(sa.select(*_COLUMNS).where(BrowserSession.token_hash == token_hash)).one_or_none()
    return SessionRow(**found._mapping) if found else None


def list_live_sessions(user_id: uuid.UUID) -> Sequence[SessionRow]:
    """Return the sessions of one user that have not ended, last seen first."""
    rows = db.session.execute(
        sa.select(*_COLUMNS)
        .where(BrowserSession.user_id == user_id, BrowserSession.ended_at.is_(None))
        .order_by(BrowserSession.seen_at.desc(), BrowserSession.id)
    )
    now = clock.now()
    return [row for row in (SessionRow(**found._mapping) for found in rows) if row.why_ended(now) is None]


def find_kept_form(form_id: uuid.UUID, user_id: uuid.UUID) -> KeptForm | None:
    """Return a form that was kept for this user within the last half hour, or None."""
    return db.session.scalar(
        sa.select(KeptForm).where(
            KeptForm.id == form_id,
            KeptForm.user_id == user_id,
            KeptForm.kept_at > clock.now() - FORMS_ARE_KEPT,
        )
    )
