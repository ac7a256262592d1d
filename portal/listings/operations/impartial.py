"""Nobody decides about what is theirs: a moderator who keeps a group leaves its affairs to another one."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.models import Membership
from portal.accounts.roles import Role
from portal.core.editing import RefusedChangeError
from portal.listings.models import Claim
from portal.listings.queries.groups import OPEN_STATES

OWN_GROUP = "You look after this group yourself. Please ask another moderator to look at it."
ASKED_FOR = "You have asked for this group yourself. Please ask another moderator to look at it."


def refuse_own_group(session: Session, *, organisation_id: uuid.UUID, actor: str) -> None:
    """Raise RefusedChangeError when the actor is an editor of a group about which they decide as a moderator."""
    user_id = _user_of(actor)
    keeps = sa.exists().where(
        Membership.user_id == user_id,
        Membership.organisation_id == organisation_id,
        Membership.role == Role.GROUP_EDITOR,
        Membership.ended_at.is_(None),
    )
    if user_id is not None and session.scalar(sa.select(keeps)):
        raise RefusedChangeError("", OWN_GROUP)


def refuse_rival(session: Session, *, organisation_id: uuid.UUID, actor: str) -> None:
    """Raise RefusedChangeError when the actor keeps a group about whose claims they decide, or claims it as well."""
    refuse_own_group(session, organisation_id=organisation_id, actor=actor)
    user_id = _user_of(actor)
    asks = sa.exists().where(
        Claim.user_id == user_id, Claim.organisation_id == organisation_id, Claim.state.in_(OPEN_STATES)
    )
    if user_id is not None and session.scalar(sa.select(asks)):
        raise RefusedChangeError("", ASKED_FOR)


def _user_of(actor: str) -> uuid.UUID | None:
    """Return the id of the user who acts, None for a job or a command."""
    kind, _, key = actor.partition(":")
    return uuid.UUID(key) if kind == "user" else None
