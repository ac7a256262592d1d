"""What tests look up: rows, the audit, the outbox, live sessions.

Each look is a session of its own that is closed at once: a reading transaction that stays open would make the site,
which writes through another connection, wait on SQLite.
"""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.models import BrowserSession, User
from portal.audit.models import AuditEntry
from portal.core.database import db
from portal.messages.models import OutboxMessage

Row = TypeVar("Row")


@contextmanager
def look() -> Iterator[Session]:
    """Give a session to look with."""
    with Session(db.engine, expire_on_commit=False) as session:
        yield session


def now_of(row: Row) -> Row:
    """Return a row as it stands in the database now, with what is loaded along with it."""
    with look() as session:
        return session.get_one(type(row), row.id)  # type: ignore[attr-defined]


def find(statement: sa.Select[Any]) -> Any:
    """Return the first value of a statement, or None."""
    with look() as session:
        return session.scalar(statement)


def acts(about_id: uuid.UUID | None = None) -> list[str]:
    """Return the acts in the audit, oldest first; of one thing when its id is given."""
    statement = sa.select(AuditEntry.act).order_by(AuditEntry.number)
    if about_id is not None:
        statement = statement.where(AuditEntry.about_id == about_id)
    with look() as session:
        return list(session.scalars(statement))


def entries(act: str) -> list[dict[str, Any]]:
    """Return the rows of one act with what was before, after and shown, oldest first."""
    statement = sa.select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.number)
    with look() as session:
        rows = session.scalars(statement).all()
    return [
        {
            "actor": row.actor,
            "about_id": row.about_id,
            "before": json.loads(row.before or "null"),
            "after": json.loads(row.after or "null"),
            "shown": json.loads(row.shown or "null"),
        }
        for row in rows
    ]


def is_signed_in(user: User) -> bool:
    """Say whether a user has a session that has not ended."""
    live = sa.exists().where(BrowserSession.user_id == user.id, BrowserSession.ended_at.is_(None))
    return find(sa.select(live)) is True


def last_message() -> OutboxMessage:
    """Return the newest message in the outbox."""
    found = find(sa.select(OutboxMessage).order_by(OutboxMessage.queued_at.desc()).limit(1))
    assert isinstance(found, OutboxMessage), "Nothing was queued."
    return found


def token_in(message: OutboxMessage) -> str:
    """Return the secret text of the invitation's link in a message."""
    found = re.search(r"/invitation/([A-Za-z0-9_-]{43})", json.dumps(message.body))
    assert found, message.body
    return found[1]
