"""Teams and who is in them."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portal.accounts.access import sees_all_teams
from portal.accounts.models import Membership, Team, User
from portal.accounts.queries.errors import NotFoundError
from portal.audit.readings import shown
from portal.core.access import Permission
from portal.core.database import db
from portal.geo.models import Area
from portal.geo.queries import list_areas


def list_teams(viewer: User) -> Sequence[Team]:
    """Return the teams that a user may look at, by name; closed ones only for whoever opens and closes them."""
    return db.session.scalars(_visible_to(viewer).order_by(Team.name)).all()


def get_team(viewer: User, team_id: uuid.UUID) -> Team:
    """Return one team that a user may look at. Raises NotFoundError."""
    found = db.session.scalar(_visible_to(viewer).where(Team.id == team_id))
    if found is None:
        raise NotFoundError(team_id)
    return found


def list_teams_to_join() -> Sequence[Team]:
    """Return every open team, by name, to choose from; the caller has checked that the user may."""
    return db.session.scalars(sa.select(Team).where(Team.ended_at.is_(None)).order_by(Team.name)).all()


def list_members(viewer: User, team: Team) -> list[Membership]:
    """Return the current memberships of a team that the user may look at, team leads first, then by name.

    Notes whom the user was shown. Raises NotFoundError for another team.
    """
    get_team(viewer, team.id)
    statement = sa.select(Membership).where(Membership.team_id == team.id, Membership.ended_at.is_(None))
    found = [held for held in db.session.scalars(statement.options(joinedload(Membership.user))) if held.is_current]
    shown("user", [held.user_id for held in found])
    # "team lead" sorts behind "link worker", and stands before it.
    by_name = sorted(found, key=lambda held: (held.user.name.casefold(), str(held.id)))
    return sorted(by_name, key=lambda held: held.role.value, reverse=True)


def get_member(viewer: User, team_id: uuid.UUID, membership_id: uuid.UUID) -> Membership:
    """Return one current membership of a team that the user may look at, and note it. Raises NotFoundError."""
    team = get_team(viewer, team_id)
    found = db.session.get(Membership, membership_id)
    if found is None or found.team_id != team.id or not found.is_current:
        raise NotFoundError(membership_id)
    shown("user", [found.user_id])
    return found


def list_team_areas() -> list[Area]:
    """Return the areas that a team can work in: all that have an outline, by name."""
    return [area for area in list_areas() if area.outline is not None]


def _visible_to(viewer: User) -> sa.Select[Team]:
    statement = sa.select(Team).options(sa.orm.selectinload(Team.areas))
    if viewer.may(Permission.TEAM_CHANGE):
        return statement
    statement = statement.where(Team.ended_at.is_(None))
    if sees_all_teams(viewer):
        return statement
    own = [held.team_id for held in viewer.current_memberships if held.team_id is not None]
    return statement.where(Team.id.in_(own))
