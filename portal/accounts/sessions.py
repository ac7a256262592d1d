"""The session of this request, for those who ask about it or end it, and how an application gets its sessions.

See docs/accounts.md and docs/decisions/0017. `browser_state` is what one request holds, `session_store` reads and
writes it, `operations.sessions` begins and ends sessions in the database.
"""

import uuid
from typing import Any, cast

import flask
from flask import Flask, g

from portal.accounts.browser_state import IDLE_MINUTES, STAFF_IDLE_MINUTES, BrowserState
from portal.accounts.models import Ending, User
from portal.accounts.operations.sessions import FORM_TOKEN
from portal.accounts.session_store import ServerSessions
from portal.core import clock
from portal.core.settings import Settings

# When the second step was passed in this session, as an ISO instant, and when password or passkey was last shown.
SECOND_FACTOR = "second_factor_at"
VERIFIED = "fs_paa"


def current() -> BrowserState:
    """Return this request's session."""
    return cast(BrowserState, cast(Any, flask.session)._get_current_object())


def renew() -> None:
    """Give the session a new cookie at the end of this request; the old one is worth nothing from then on."""
    state = current()
    state.is_renewed = True
    # Whoever planted a form token before the sign-in must not know the one after it.
    state.pop(FORM_TOKEN, None)
    g.pop(FORM_TOKEN, None)


def begin_for(user: User) -> None:
    """Begin a session for somebody who has just signed in; nothing proved before counts in it.

    Whoever is signed in already and shows a new password goes on in the same session, under a new cookie.
    """
    state = current()
    if state.user_id != user.id:
        state.user_id, state.is_begun = user.id, True
        state.idle_minutes = STAFF_IDLE_MINUTES if user.is_staff else IDLE_MINUTES
        state.pop(SECOND_FACTOR, None)
    renew()


def leave() -> None:
    """End this request's session, at sign-out."""
    state = current()
    state.user_id, state.has_left = None, True
    state.pop(SECOND_FACTOR, None)
    renew()


def current_id() -> uuid.UUID | None:
    """Return the id of this request's session, or None when it has no row."""
    row = current().row
    return row.id if row else None


def has_second_factor() -> bool:
    """Whether a second factor was shown in this session."""
    return SECOND_FACTOR in flask.session


def is_verified_within(minutes: int) -> bool:
    """Whether password or passkey was shown in this session within so many minutes."""
    shown_at = flask.session.get(VERIFIED)
    if not isinstance(shown_at, int | float):
        return False
    return 0 <= clock.now().timestamp() - shown_at <= minutes * 60


def init_app(app: Flask, chosen: Settings) -> None:
    """Let an application keep its sessions on the server. Flask-Security has to be there already."""
    app.session_interface = ServerSessions(chosen)
    # A session is bound to a row and a user; a changed network or browser is no proof of theft.
    app.config["SESSION_PROTECTION"] = None
    manager = app.login_manager  # type: ignore[attr-defined]
    find_user = manager._user_callback

    def load_user(uniquifier: str) -> User | None:
        state = current()
        user: User | None = find_user(uniquifier) if state.user_id else None
        is_short_enough = user is None or not user.is_staff or state.idle_minutes <= STAFF_IDLE_MINUTES
        if user is not None and user.id == state.user_id and is_short_enough:
            return user
        state.ended, state.is_seen = Ending.CHANGED, False
        return None

    manager.user_loader(load_user)
    # Only the cookie signs in: no token in an address or a header does.
    manager._request_callback = None
