"""Signing in without a password: a live session for a user, made as the site makes it."""

import datetime as dt
import secrets
from typing import Any

import sqlalchemy as sa
from flask import Flask, has_app_context
from flask.testing import FlaskClient

from portal.accounts import sessions
from portal.accounts.browser_state import IDLE_MINUTES, STAFF_IDLE_MINUTES
from portal.accounts.models import User
from portal.accounts.operations.sessions import begin_session
from portal.core import clock
from portal.core.database import db

LONG_AGO = dt.timedelta(hours=1)


def _id_of(user: User) -> Any:
    """Return the id of a user without asking the database, which a test's own session may hold."""
    return sa.inspect(user).identity


def session_cookie(
    app: Flask,
    user: User,
    *,
    second_factor: bool = True,
    fresh: bool = True,
    session_age: dt.timedelta = dt.timedelta(),
    browser: str = "Firefox on Linux",
) -> tuple[str, str]:
    """Begin a session for a user who is committed, and return the name and value of its cookie.

    `second_factor` says whether the second step was passed in it, `fresh` whether the password was shown just now
    rather than an hour ago, `session_age` how long ago it began (it was last used just now).
    """
    token, now = secrets.token_urlsafe(32), clock.now()
    if has_app_context():
        # What the test is still reading would keep SQLite from writing.
        db.session.rollback()
    with app.app_context():
        found = db.session.get(User, _id_of(user))
        assert found is not None, "Commit the user first."
        shown_at = now if fresh else now - LONG_AGO
        contents: dict[str, Any] = {"_user_id": found.fs_uniquifier, sessions.VERIFIED: shown_at.timestamp()}
        if second_factor:
            contents[sessions.SECOND_FACTOR] = now.isoformat()
        begin_session(
            actor=found.actor,
            token=token,
            user_id=found.id,
            contents=contents,
            idle_minutes=STAFF_IDLE_MINUTES if found.is_staff else IDLE_MINUTES,
            begun_at=now - session_age,
            address="127.0.0.1",
            browser=browser,
        )
        db.session.remove()
    return app.session_interface.name, token  # type: ignore[attr-defined]


def sign_in(client: FlaskClient, user: User, **how: Any) -> FlaskClient:
    """Sign a user in in a test client, and return the client; `how` is what `session_cookie` takes."""
    name, token = session_cookie(client.application, user, **how)
    client.set_cookie(name, token)
    return client


def browser_cookie(app: Flask, user: User, url: str, **how: Any) -> dict[str, str]:
    """Return a session's cookie the way a real browser takes it: `page.context.add_cookies([browser_cookie(…)])`."""
    name, token = session_cookie(app, user, **how)
    return {"name": name, "value": token, "url": url}
