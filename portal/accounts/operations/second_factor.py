"""Setting up and taking away what is asked for at the second step: authenticator app, passkeys, recovery codes."""

import uuid

from sqlalchemy.orm import Session

from portal.accounts.models import Passkey, User
from portal.accounts.operations.letters import write_to
from portal.accounts.operations.sessions import end_sessions
from portal.audit.operations import note


def set_up_authenticator(session: Session, *, user: User, secret: str, actor: str, here: uuid.UUID | None) -> None:
    """Ask for a code of this authenticator app from now on. The caller has seen that a code of it is right.

    All sessions of the user end but `here`, in this as in all other changes of what the second step asks for.
    """
    user.tf_primary_method, user.tf_totp_secret = "authenticator", secret
    _tell(session, user, "second-factor:set-up", actor, kind="authenticator app")
    end_sessions(session, user_id=user.id, actor=actor, but=here)


def remove_authenticator(session: Session, *, user: User, actor: str, here: uuid.UUID | None) -> None:
    """Ask for codes of the authenticator app no more. Recovery codes go with the last second factor."""
    user.tf_primary_method = user.tf_totp_secret = None
    _drop_codes_without_a_use(user)
    _tell(session, user, "second-factor:remove", actor, kind="authenticator app")
    end_sessions(session, user_id=user.id, actor=actor, but=here)


def add_passkey(session: Session, *, user: User, actor: str, here: uuid.UUID | None) -> None:
    """Tell of a passkey that has just been added to a user."""
    _tell(session, user, "passkey:add", actor)
    end_sessions(session, user_id=user.id, actor=actor, but=here)


def remove_passkey(session: Session, *, user: User, passkey: Passkey, actor: str, here: uuid.UUID | None) -> None:
    """Take a passkey away. Recovery codes go with the last second factor."""
    user.webauthn.remove(passkey)
    _drop_codes_without_a_use(user)
    _tell(session, user, "passkey:remove", actor)
    end_sessions(session, user_id=user.id, actor=actor, but=here)


def renew_recovery_codes(session: Session, *, user: User, actor: str) -> None:
    """Tell of recovery codes that have just been made anew."""
    _tell(session, user, "recovery-codes:renew", actor)


def forget_second_factor(session: Session, *, user_id: uuid.UUID, actor: str) -> None:
    """Take away all second factors of somebody who has lost them, and end their sessions.

    They sign in with their password and set up a new one. Raises LookupError when there is no such user.
    """
    user = session.get(User, user_id, with_for_update={"of": User}, populate_existing=True)
    if user is None:
        raise LookupError(f"There is no user {user_id}.")
    user.tf_primary_method = user.tf_totp_secret = user.mf_recovery_codes = None
    user.webauthn.clear()
    _tell(session, user, "second-factor:forget", actor)
    end_sessions(session, user_id=user.id, actor=actor)


def _drop_codes_without_a_use(user: User) -> None:
    if not user.has_second_factor:
        user.mf_recovery_codes = None


def _tell(session: Session, user: User, act: str, actor: str, **after: str) -> None:
    """Note the change, and write to the user, who may not be the one who made it."""
    note(session, actor=actor, act=act, about="user", about_id=user.id, after=after or None)
    write_to(session, user=user, wording="second-step-changed", actor=actor)
