"""Opening, changing and closing teams, and ending organisations: what ends takes every membership of it along."""

import uuid
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from portal.accounts.models import Invitation, Membership, Team
from portal.accounts.operations.invitations import withdraw_all
from portal.accounts.operations.memberships import OWN_ROLES, take_role
from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.operations import end_organisation as end_in_directory
from portal.geo.models import Area


def open_team(*, name: str, area_ids: Sequence[uuid.UUID], actor: str) -> uuid.UUID:
    """Open a team that works in some areas, and return its id. Raises RefusedChangeError for a name that is taken."""
    with transaction() as session:
        return add_team(session, name=name, area_ids=area_ids, actor=actor).id


def add_team(session: Session, *, name: str, area_ids: Sequence[uuid.UUID], actor: str) -> Team:
    """Do what `open_team` does within a transaction that is open, and return the team."""
    team = Team(name=_free_name(session, name, None), areas=_areas(session, area_ids))
    session.add(team)
    session.flush()
    after: dict[str, object] = {"name": team.name, "areas": _ids(team.areas)}
    note(session, actor=actor, act="team:open", about="team", about_id=team.id, after=after)
    return team


def change_team(*, team_id: uuid.UUID, version: int, name: str, area_ids: Sequence[uuid.UUID], actor: str) -> None:
    """Change a team's name and areas. `version` is the counter that was read with what is being changed.

    Raises ChangedMeanwhileError, with the team as it is now, when somebody else changed it since, and
    RefusedChangeError when the name is taken or the team was closed.
    """
    with transaction() as session:
        team = _lock(session, team_id)
        if team.version != version:
            raise ChangedMeanwhileError(team)
        before: dict[str, object] = {"name": team.name, "areas": _ids(team.areas)}
        new_name, areas = _free_name(session, name, team.id), _areas(session, area_ids)
        after: dict[str, object] = {"name": new_name, "areas": _ids(areas)}
        if before == after:
            return
        # The areas stand in a table of their own; the counter has to move for them as well.
        team.name, team.areas, team.updated_at = new_name, areas, clock.now()
        note(session, actor=actor, act="team:change", about="team", about_id=team.id, before=before, after=after)


def close_team(*, team_id: uuid.UUID, actor: str) -> None:
    """Close a team: all its memberships end, its invitations are withdrawn, its members are signed out.

    Raises RefusedChangeError when the actor is a member of it, or when it was closed before.
    """
    with transaction() as session:
        team = _lock(session, team_id)
        team.ended_at = clock.now()
        note(session, actor=actor, act="team:close", about="team", about_id=team.id)
        _end_all(session, Membership.team_id == team_id, Invitation.team_id == team_id, actor)


def end_organisation(*, organisation_id: uuid.UUID, actor: str) -> None:
    """End an organisation in the directory, and with it its memberships, invitations and sessions.

    Raises RefusedChangeError when the actor is a member of it, and LookupError when there is none.
    """
    with transaction() as session:
        end_in_directory(session, organisation_id=organisation_id, actor=actor)
        note(session, actor=actor, act="organisation:end", about="organisation", about_id=organisation_id)
        of_it = Membership.organisation_id == organisation_id
        _end_all(session, of_it, Invitation.organisation_id == organisation_id, actor)


def _end_all(session: Session, memberships: ColumnElement[bool], invitations: ColumnElement[bool], actor: str) -> None:
    """End what is still current among memberships and invitations, in the order in which it began."""
    statement = sa.select(Membership).where(memberships, Membership.ended_at.is_(None))
    for membership in session.scalars(statement.order_by(Membership.begun_at, Membership.id)).all():
        if membership.user.actor == actor:
            raise RefusedChangeError("", OWN_ROLES)
        take_role(session, membership=membership, actor=actor)
    withdraw_all(session, which=invitations, actor=actor)


def _lock(session: Session, team_id: uuid.UUID) -> Team:
    team = session.get(Team, team_id, with_for_update=True, populate_existing=True)
    if team is None or team.ended_at is not None:
        raise RefusedChangeError("", "This team was closed.")
    return team


def _free_name(session: Session, name: str, own_id: uuid.UUID | None) -> str:
    if not name:
        raise RefusedChangeError("name", "Enter a name for the team.")
    for team in session.scalars(sa.select(Team).order_by(Team.name)):
        if team.name.casefold() == name.casefold() and team.id != own_id:
            when = " It was closed, and its history keeps the name." if team.ended_at else ""
            raise RefusedChangeError("name", f"There is a team of this name.{when} Choose another one.")
    return name


def _areas(session: Session, area_ids: Sequence[uuid.UUID]) -> list[Area]:
    found = session.scalars(sa.select(Area).where(Area.id.in_(area_ids)).order_by(Area.name, Area.slug)).all()
    if len(found) != len(set(area_ids)):
        raise RefusedChangeError("areas", "One of the areas is no longer there. Choose again.")
    return list(found)


def _ids(areas: Iterable[Area]) -> list[str]:
    return sorted(str(area.id) for area in areas)
