"""Invitations, for those who may send them, and for whoever holds a link."""

import uuid

import sqlalchemy as sa

from portal.accounts.access import leads, roles_to_invite_to
from portal.accounts.models import Invitation, Team, User
from portal.accounts.models.membership import InvitationState
from portal.accounts.queries.errors import NotFoundError
from portal.core.access import Permission
from portal.core.database import db

_OPEN = frozenset({InvitationState.WAITING, InvitationState.ENDED})


def list_invitations(viewer: User, team: Team | None = None) -> list[Invitation]:
    """Return the invitations that nobody took up yet and that a user may look after, the newest first.

    Those of one team, or all of them for whoever runs accounts. Raises NotFoundError for anybody else.
    """
    if not viewer.may(Permission.USER_CHANGE) and (team is None or not leads(viewer, team)):
        raise NotFoundError(viewer.id)
    statement = sa.select(Invitation).where(Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    if team is not None:
        statement = statement.where(Invitation.team_id == team.id)
    found = db.session.scalars(statement.order_by(Invitation.invited_at.desc(), Invitation.id))
    return [invitation for invitation in found if invitation.state in _OPEN]


def get_invitation(viewer: User, invitation_id: uuid.UUID, team: Team | None = None) -> Invitation:
    """Return one invitation that nobody took up yet and that the user may look after. Raises NotFoundError."""
    for invitation in list_invitations(viewer, team):
        if invitation.id == invitation_id and invitation.role in roles_to_invite_to(viewer, team):
            return invitation
    raise NotFoundError(invitation_id)


def find_invitation_by_token(token: str) -> Invitation | None:
    """Return the invitation of a link, whatever became of it, or None."""
    return db.session.scalar(sa.select(Invitation).where(Invitation.token_hash == Invitation.hash_of(token)))
