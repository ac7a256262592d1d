"""What begins, keeps and ends sessions. Each writes in a short transaction of its own, but `end_sessions`."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.models import BrowserSession, Ending, KeptForm, User
from portal.accounts.queries.sessions import FORMS_ARE_KEPT, LONGEST
from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction

FORM_TOKEN = "csrf_token"  # noqa: S105 - the name of an entry, not a secret
MOST_KEPT_FORMS = 5


def hash_of(token: str) -> str:
    """Return what is kept of a cookie's text: SHA-256, 64 hex digits. The text has 256 random bits, so no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(
    *,
    actor: str,
    token: str,
    user_id: uuid.UUID | None,
    contents: Mapping[str, Any],
    idle_minutes: int,
    begun_at: dt.datetime | None = None,
    instead_of: uuid.UUID | None = None,
    must_live: bool = False,
    address: str = "",
    browser: str = "",
) -> uuid.UUID | None:
    """Make a session under a new cookie, and take the old one away in the same transaction.

    `begun_at` carries the beginning over when only the cookie changes. With `must_live` nothing is made when the
    old session was ended in the meantime, so that it does not come back; then None is returned, else the new id.
    """
    with transaction() as session:
        _lock_user(session, user_id, shared=True)
        if instead_of is not None:
            is_old = (BrowserSession.id == instead_of, BrowserSession.ended_at.is_(None))
            old = session.execute(sa.delete(BrowserSession).where(*is_old))
            if must_live and old.rowcount == 0:  # type: ignore[attr-defined]
                return None
        row = BrowserSession(
            token_hash=hash_of(token),
            user_id=user_id,
            contents=dict(contents),
            idle_minutes=idle_minutes,
            begun_at=begun_at or clock.now(),
            address=address,
            browser=browser,
        )
        session.add(row)
        session.flush()
        if user_id is not None and begun_at is None:
            note(session, actor=actor, act="session:begin", about="session", about_id=row.id)
    return row.id


def store_in_session(
    *,
    actor: str,  # noqa: ARG001 - not audited: a session's contents are the site's own notes
    session_id: uuid.UUID,
    changed: Mapping[str, Any],
    removed: Collection[str],
    seen: bool,
) -> bool:
    """Write what one request changed into a live session; what another changed meanwhile stays.

    Returns False, and writes nothing, when the session has ended: nothing brings it back.
    """
    with transaction() as session:
        row = session.get(BrowserSession, session_id, with_for_update=True, populate_existing=True)
        if row is None or row.ended_at is not None:
            return False
        row.contents = {name: value for name, value in row.contents.items() if name not in removed} | dict(changed)
        if seen:
            row.seen_at = clock.now()
    return True


def note_seen(*, actor: str, session_id: uuid.UUID) -> bool:  # noqa: ARG001 - use is not audited, acts are
    """Write down that a session was used just now. Returns False when it has ended."""
    with transaction() as session:
        found = session.execute(
            sa.update(BrowserSession)
            .where(BrowserSession.id == session_id, BrowserSession.ended_at.is_(None))
            .values(seen_at=clock.now())
        )
        return bool(found.rowcount)  # type: ignore[attr-defined]


def drop_session(*, actor: str, session_id: uuid.UUID, user_id: uuid.UUID | None) -> None:
    """Remove a session that its owner left by signing out, or that holds nothing any more."""
    with transaction() as session:
        session.execute(sa.delete(BrowserSession).where(BrowserSession.id == session_id))
        if user_id is not None:
            note(session, actor=actor, act="session:end", about="session", about_id=session_id)


def end_session(*, actor: str, user_id: uuid.UUID, session_id: uuid.UUID) -> bool:
    """End one session of a user at once. Returns False when there is no such session of theirs."""
    with transaction() as session:
        row = session.get(BrowserSession, session_id, with_for_update=True, populate_existing=True)
        if row is None or row.user_id != user_id or row.ended_at is not None:
            return False
        _end(session, row, actor, Ending.OWNER)
    return True


def end_other_sessions(*, actor: str, user_id: uuid.UUID, but: uuid.UUID | None) -> int:
    """End all sessions of a user but one. Returns how many."""
    with transaction() as session:
        return end_sessions(session, user_id=user_id, actor=actor, but=but, why=Ending.OWNER)


def end_sessions(
    session: Session,
    *,
    user_id: uuid.UUID,
    actor: str,
    but: uuid.UUID | None = None,
    why: Ending = Ending.CHANGED,
) -> int:
    """End the sessions of a user within the caller's transaction, and return how many.

    Each request looks its session up, so they are over in every server process as soon as that commits.
    """
    _lock_user(session, user_id)
    rows = session.scalars(
        sa.select(BrowserSession)
        .where(BrowserSession.user_id == user_id, BrowserSession.ended_at.is_(None))
        .order_by(BrowserSession.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    ended = [row for row in rows if row.id != but]
    for row in ended:
        _end(session, row, actor, why)
    return len(ended)


def _lock_user(session: Session, user_id: uuid.UUID | None, *, shared: bool = False) -> None:
    """Let no session of a user begin while their sessions are being ended; it would slip through."""
    if user_id is not None:
        session.execute(sa.select(User.id).where(User.id == user_id).with_for_update(read=shared))


def _end(session: Session, row: BrowserSession, actor: str, why: Ending) -> None:
    row.ended_at = clock.now()
    row.ending = why
    # The form token stays, so that a form which is still open can be kept for its writer.
    row.contents = {name: value for name, value in row.contents.items() if name == FORM_TOKEN}
    note(session, actor=actor, act="session:end", about="session", about_id=row.id)


def keep_form(*, actor: str, user_id: uuid.UUID, path: str, fields: list[list[str]]) -> uuid.UUID:
    """Keep what was sent for one user, sealed, and return its id. The oldest beyond five are dropped."""
    with transaction() as session:
        older = session.scalars(
            sa.select(KeptForm).where(KeptForm.user_id == user_id).order_by(KeptForm.kept_at.desc(), KeptForm.id)
        ).all()
        for form in older[MOST_KEPT_FORMS - 1 :]:
            session.delete(form)
        kept = KeptForm(user_id=user_id, path=path, fields=fields)
        session.add(kept)
        session.flush()
        note(session, actor=actor, act="form:keep", about="form", about_id=kept.id)
    return kept.id


def drop_kept_form(*, actor: str, user_id: uuid.UUID, form_id: uuid.UUID) -> None:
    """Throw a kept form away, if it is this user's."""
    with transaction() as session:
        gone = session.execute(sa.delete(KeptForm).where(KeptForm.id == form_id, KeptForm.user_id == user_id))
        if gone.rowcount:  # type: ignore[attr-defined]
            note(session, actor=actor, act="form:drop", about="form", about_id=form_id)


def purge_sessions(*, actor: str) -> int:  # noqa: ARG001 - what runs out by itself is not audited
    """Remove sessions that can no longer be used, a day after, and kept forms that ran out. Returns how many."""
    now = clock.now()
    long_ago = now - LONGEST - dt.timedelta(days=1)
    with transaction() as session:
        sessions = session.execute(sa.delete(BrowserSession).where(BrowserSession.begun_at < long_ago))
        forms = session.execute(sa.delete(KeptForm).where(KeptForm.kept_at < now - FORMS_ARE_KEPT))
    return int(sessions.rowcount + forms.rowcount)  # type: ignore[attr-defined]
