"""Beginning and ending memberships. Whoever's roles change is signed out of every browser in the same transaction."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.models import Membership, Team, User
from portal.accounts.operations.sessions import end_sessions
from portal.accounts.roles import SCOPE_OF, Role, Scope
from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Organisation

OWN_ROLES = "You cannot change your own roles. Ask another administrator."
LAST_ADMINISTRATOR = (
    "This is the last administrator. Make somebody else an administrator first, or nobody could look after the site."
)


def begin_membership(
    *,
    user_id: uuid.UUID,
    role: Role,
    actor: str,
    team_id: uuid.UUID | None = None,
    organisation_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Give a user a role in a team, in an organisation, or for the site, as the role asks; return the membership's id.

    Raises RefusedChangeError when it is the actor's own, when the user has it already or is switched off, and when what
    it belongs to is missing or has ended.
    """
    _refuse_own(user_id, actor)
    with transaction() as session:
        return give_role(
            session, user_id=user_id, role=role, team_id=team_id, organisation_id=organisation_id, actor=actor
        ).id


def give_role(
    session: Session,
    *,
    user_id: uuid.UUID,
    role: Role,
    actor: str,
    team_id: uuid.UUID | None = None,
    organisation_id: uuid.UUID | None = None,
    but: uuid.UUID | None = None,
) -> Membership:
    """Do what `begin_membership` does within a transaction that is open, and return the membership.

    It may be the actor's own: an invitation, which somebody else wrote, is accepted, or a group is registered. `but`
    is the session in which they ask for it themselves, which goes on. Raises RefusedChangeError.
    """
    user = lock_user(session, user_id)
    if not user.active:
        raise RefusedChangeError("", "This account is switched off. Switch it on first.")
    refuse_wrong_scope(session, role=role, team_id=team_id, organisation_id=organisation_id)
    for held in user.current_memberships:
        if (held.role, held.team_id, held.organisation_id) == (role, team_id, organisation_id):
            raise RefusedChangeError("role", f"{user.name} is {role.value} there already.")
    membership = Membership(
        user=user, role=role, team_id=team_id, organisation_id=organisation_id, begun_by=actor, begun_at=clock.now()
    )
    session.add(membership)
    session.flush()
    note(
        session,
        actor=actor,
        act="membership:begin",
        about="user",
        about_id=user.id,
        after={"membership": str(membership.id), **_facts(membership)},
    )
    end_sessions(session, user_id=user.id, actor=actor, but=but)
    return membership


def end_membership(*, membership_id: uuid.UUID, actor: str) -> bool:
    """End a membership and every session of its user; False when it had ended already.

    Raises RefusedChangeError when it is the actor's own, or the last administrator's.
    """
    with transaction() as session:
        membership = session.get(Membership, membership_id)
        if membership is None or membership.ended_by is not None:
            return False
        _refuse_own(membership.user_id, actor)
        if membership.role is Role.ADMINISTRATOR:
            refuse_last_administrator(session, membership.user_id)
        # Somebody else may have ended it while this one waited for the lock.
        session.refresh(membership, with_for_update={"of": Membership})
        if membership.ended_at is not None:
            return False
        take_role(session, membership=membership, actor=actor)
    return True


def take_role(session: Session, *, membership: Membership, actor: str, but: uuid.UUID | None = None) -> None:
    """End a membership that the caller has checked, and every session of its user but the one in which they asked."""
    membership.ended_at, membership.ended_by = clock.now(), actor
    note(
        session,
        actor=actor,
        act="membership:end",
        about="user",
        about_id=membership.user_id,
        before={"membership": str(membership.id), **_facts(membership)},
    )
    end_sessions(session, user_id=membership.user_id, actor=actor, but=but)


def lock_user(session: Session, user_id: uuid.UUID) -> User:
    """Return a user whom no other transaction changes until this one ends. Raises RefusedChangeError for none."""
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise RefusedChangeError("", "There is no such user.")
    return user


def _refuse_own(user_id: uuid.UUID, actor: str) -> None:
    """Raise RefusedChangeError when somebody is about to change their own roles."""
    if actor == f"user:{user_id}":
        raise RefusedChangeError("", OWN_ROLES)


def refuse_last_administrator(session: Session, user_id: uuid.UUID) -> None:
    """Raise RefusedChangeError when no administrator would be left without this user.

    All administrators are locked, so that two who end each other at once do not leave the site to nobody. Call it
    before anything else is locked, so that the two wait for each other in one order.
    """
    statement = (
        sa.select(Membership)
        .join(Membership.user)
        .where(Membership.role == Role.ADMINISTRATOR, Membership.ended_at.is_(None), User.active)
        .order_by(Membership.id)
        .with_for_update(of=[Membership, User])
    )
    if all(held.user_id == user_id for held in session.scalars(statement)):
        raise RefusedChangeError("", LAST_ADMINISTRATOR)


def refuse_wrong_scope(
    session: Session, *, role: Role, team_id: uuid.UUID | None, organisation_id: uuid.UUID | None
) -> None:
    """Raise RefusedChangeError unless a role is given what it belongs to, and that has not ended."""
    scope = SCOPE_OF[role]
    team = session.get(Team, team_id, with_for_update={"read": True}) if team_id else None
    group = session.get(Organisation, organisation_id, with_for_update={"read": True}) if organisation_id else None
    if scope is Scope.TEAM and (team is None or team.ended_at is not None):
        raise RefusedChangeError("team", f"Choose the team in which they are {role.value}.")
    if scope is Scope.ORGANISATION and (group is None or group.ended_at is not None):
        raise RefusedChangeError("organisation", f"Choose the organisation for which they are {role.value}.")
    if (team_id and scope is not Scope.TEAM) or (organisation_id and scope is not Scope.ORGANISATION):
        raise RefusedChangeError("role", f"A {role.value} does not belong to that.")


def _facts(membership: Membership) -> dict[str, object]:
    """Return what a membership gives, by ids only."""
    return {
        "role": membership.role.value,
        "team": str(membership.team_id or ""),
        "organisation": str(membership.organisation_id or ""),
    }
