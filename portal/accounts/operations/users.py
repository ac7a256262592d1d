"""Making users, and switching accounts off and on."""

import uuid

from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.operations.memberships import lock_user, refuse_last_administrator
from portal.accounts.operations.second_factor import forget_second_factor
from portal.accounts.operations.sessions import end_sessions
from portal.accounts.roles import Role
from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError


def add_user(
    session: Session,
    *,
    name: str,
    email: str,
    password_hash: str | None,
    actor: str,
    user_id: uuid.UUID | None = None,
) -> User:
    """Make a user whose address is known to be theirs. The password comes hashed, or is chosen later.

    The caller has made sure that the address is free. `user_id` is for those who have the same id everywhere.
    """
    user = User(
        id=user_id or uuid.uuid4(),
        name=name,
        email=email,
        password=password_hash,
        confirmed_at=clock.now(),
        active=True,
        fs_webauthn_user_handle=uuid.uuid4().hex,
    )
    session.add(user)
    session.flush()
    note(session, actor=actor, act="user:add", about="user", about_id=user.id)
    return user


def deactivate_user(*, user_id: uuid.UUID, actor: str) -> bool:
    """Switch an account off: nobody signs in with it, and its sessions end. False when it was off already.

    Its roles stay written down, and give nothing until it is switched on again. Raises RefusedChangeError when it is
    the actor's own, or the last administrator's.
    """
    with transaction() as session:
        if actor == f"user:{user_id}":
            raise RefusedChangeError("", "You cannot switch off your own account. Ask another administrator.")
        known = session.get(User, user_id)
        if known is not None and known.active and Role.ADMINISTRATOR in known.current_roles:
            refuse_last_administrator(session, user_id)
        user = lock_user(session, user_id)
        if not user.active:
            return False
        switch_off(session, user=user, actor=actor)
    return True


def switch_off(session: Session, *, user: User, actor: str) -> None:
    """Switch off an account that the caller has checked, within a transaction that is open."""
    user.active = False
    note(session, actor=actor, act="user:deactivate", about="user", about_id=user.id)
    end_sessions(session, user_id=user.id, actor=actor)


def reactivate_user(*, user_id: uuid.UUID, actor: str) -> bool:
    """Switch an account on again, with the roles that it had. False when it was on already.

    Raises RefusedChangeError when there is no such user.
    """
    with transaction() as session:
        user = lock_user(session, user_id)
        if user.active:
            return False
        user.active = True
        note(session, actor=actor, act="user:reactivate", about="user", about_id=user.id)
        end_sessions(session, user_id=user.id, actor=actor)
    return True


def forget_lost_factor(*, user_id: uuid.UUID, actor: str) -> None:
    """Take away the second step of somebody who lost it. Raises RefusedChangeError when it is the actor's own."""
    with transaction() as session:
        if actor == lock_user(session, user_id).actor:
            raise RefusedChangeError("", "You cannot do this for yourself. Ask another administrator.")
        forget_second_factor(session, user_id=user_id, actor=actor)


def sign_out_everywhere(*, user_id: uuid.UUID, actor: str) -> int:
    """End all sessions of a user, and return how many there were. Raises RefusedChangeError for no such user."""
    with transaction() as session:
        lock_user(session, user_id)
        note(session, actor=actor, act="user:sign-out", about="user", about_id=user_id)
        return end_sessions(session, user_id=user_id, actor=actor)
