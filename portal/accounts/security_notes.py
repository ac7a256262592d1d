"""What the audit learns of signing in: Flask-Security's signals become notes in the same transaction."""

from typing import Any

from flask import Flask, request
from flask_security import (
    password_changed,
    password_reset,
    user_authenticated,
    user_confirmed,
    user_failed_authn,
    user_registered,
    wan_registered,
)

from portal.accounts import sessions, throttle
from portal.accounts.models import User
from portal.accounts.operations import second_factor
from portal.accounts.operations.sessions import end_sessions
from portal.audit.operations import note
from portal.audit.origin import ANONYMOUS
from portal.core import clock
from portal.core.database import db

# What the second step was, by the page that took it.
SECOND_STEPS = {
    "security.two_factor_token_validation": "code after the first step",
    "security.mf_recovery": "recovery code after the first step",
    "security.wan_signin_response": "passkey after the first step",
}
ORGANISATION = "organisation"
ORGANISATION_TWO_FACTORS = "organisation, two factors"


def listen(app: Flask) -> None:
    """Begin to note what happens in this application."""
    user_authenticated.connect(_signed_in, app)
    user_failed_authn.connect(_refused, app)
    user_registered.connect(_registered, app)
    user_confirmed.connect(_confirmed, app)
    password_changed.connect(_password_changed, app)
    password_reset.connect(_password_reset, app)
    wan_registered.connect(_passkey_added, app)


def note_about(user: User, act: str, *, actor: str | None = None, **after: str) -> None:
    """Note an act about a user, by the user unless somebody else is named."""
    note(db.session(), actor=actor or user.actor, act=act, about="user", about_id=user.id, after=after or None)


def note_refusal(user: User | None, kind: str) -> None:
    """Note that a secret was wrong: about the user where one is known, and never what was typed."""
    if user is None:
        note(db.session(), actor=ANONYMOUS, act="sign-in:refused", about="user", after={"by": kind})
    else:
        note_about(user, "sign-in:refused", actor=ANONYMOUS, by=kind)


def pass_second_step() -> None:
    """Mark this session as one in which a second factor was shown just now, and give it a new cookie."""
    sessions.current()[sessions.SECOND_FACTOR] = clock.now().isoformat()
    sessions.renew()


def _signed_in(_app: Flask, *, user: User, authn_via: list[str] | None = None, **_: Any) -> None:
    """Note how somebody signed in, and whether that took two factors. `authn_via` is None after a second step."""
    how = authn_via[0] if authn_via else SECOND_STEPS[request.endpoint or ""]
    if how == "change":  # a new password in a session that goes on
        return
    if authn_via is None or how in {"webauthn", ORGANISATION_TWO_FACTORS}:
        pass_second_step()
    note_about(user, "sign-in:accept", how="passkey" if how == "webauthn" else how)


def _refused(_app: Flask, *, user: User, auth_type: str, **_: Any) -> None:
    note_refusal(user, auth_type)


def _registered(_app: Flask, *, user: User, **_: Any) -> None:
    note_about(user, "user:register")


def _confirmed(_app: Flask, *, user: User, **_: Any) -> None:
    note_about(user, "user:confirm")


def _password_changed(_app: Flask, *, user: User, **_: Any) -> None:
    note_about(user, "password:change")
    end_sessions(db.session(), user_id=user.id, actor=user.actor, but=sessions.current_id())


def _password_reset(_app: Flask, *, user: User, **_: Any) -> None:
    note_about(user, "password:reset")
    # Whoever follows the link of the letter owns the account: strangers' guesses must not keep them out now.
    throttle.remember_device(_app, user)
    end_sessions(db.session(), user_id=user.id, actor=user.actor)


def _passkey_added(_app: Flask, *, user: User, **_: Any) -> None:
    """A passkey that was just added has shown that its owner is there: it counts as the second step."""
    second_factor.add_passkey(db.session(), user=user, actor=user.actor, here=sessions.current_id())
    pass_second_step()
