"""Whose listings somebody may keep: those of the groups in which they are an editor now."""

import uuid

import sqlalchemy as sa

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.core.database import db
from portal.listings.models import GroupLead


def organisations_of(user: User) -> list[uuid.UUID]:
    """Return the ids of the groups of which somebody is an editor now, in the order in which they became one."""
    held = sorted(user.current_memberships, key=lambda one: one.begun_at)
    edited = [one.organisation_id for one in held if one.role is Role.GROUP_EDITOR]
    return [organisation_id for organisation_id in dict.fromkeys(edited) if organisation_id is not None]


def leads(user: User, organisation_id: uuid.UUID) -> bool:
    """Say whether somebody is the lead of a group, and still an editor of it."""
    lead = db.session.scalar(sa.select(GroupLead.user_id).where(GroupLead.organisation_id == organisation_id))
    return lead == user.id and organisation_id in organisations_of(user)
