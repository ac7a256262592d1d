"""Who may do what to whose membership. A rule that is not here is a permission (`roles.GRANTS`)."""

from portal.accounts.models import Membership, Team, User
from portal.accounts.roles import Role
from portal.core.access import Permission

# What a team lead may invite to, and end, in the own team. Leads are made and ended by administrators.
GIVEN_BY_LEADS = frozenset({Role.LINK_WORKER})
# Who may look at any team, not only at the own one.
_ALL_TEAMS = frozenset({Role.ADMINISTRATOR, Role.SAFEGUARDING_LEAD})


def sees_all_teams(user: User) -> bool:
    """Say whether a user may look at every team."""
    return bool(user.current_roles & _ALL_TEAMS)


def leads(user: User, team: Team) -> bool:
    """Say whether a user is team lead of a team that is open."""
    return any(held.role is Role.TEAM_LEAD and held.team_id == team.id for held in user.current_memberships)


def roles_to_invite_to(user: User, team: Team | None = None) -> frozenset[Role]:
    """Return the roles to which a user may invite others: all of them for administrators, a lead's in the own team."""
    if user.may(Permission.USER_CHANGE):
        return frozenset(Role)
    return GIVEN_BY_LEADS if team is not None and leads(user, team) else frozenset()


def can_end(user: User, membership: Membership) -> bool:
    """Say whether a user may end a membership: never the own one; a lead only a link worker's in the own team."""
    if membership.user_id == user.id or not membership.is_current:
        return False
    if user.may(Permission.USER_CHANGE):
        return True
    return membership.role in GIVEN_BY_LEADS and membership.team is not None and leads(user, membership.team)
