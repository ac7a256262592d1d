"""What the tests of signing in look at: the audit, the outbox, and pages without what differs each time."""

import re

import sqlalchemy as sa

from portal.accounts.models import User
from portal.audit.models import AuditEntry
from portal.core.database import db
from portal.messages.models import OutboxMessage

PASSWORD = "blue kettle under snow"


def acts(about: User | None = None) -> list[str]:
    """Return the acts in the audit, about a user where one is named, oldest first."""
    db.session.rollback()
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)).all()
    return [entry.act for entry in entries if about is None or entry.about_id == about.id]


def outbox() -> list[OutboxMessage]:
    """Return the messages that were queued, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.queued_at)))


def wordings() -> list[str]:
    """Return the keys of what was queued, oldest first."""
    return [message.wording for message in outbox()]


def link_in(message: OutboxMessage) -> str:
    """Return the path of the page that a message leads to."""
    link = next(block["link"] for block in message.body or [] if "link" in block)
    return re.sub(r"^https?://[^/]+", "", str(link))


def same(page: str, typed: str) -> str:
    """Return a page without what differs between any two answers."""
    page = page.replace(typed, "ADDRESS")
    page = re.sub(r'name="csrf_token" value="[^"]+"', "TOKEN", page)
    return re.sub(r'nonce="[^"]+"', "NONCE", page)
