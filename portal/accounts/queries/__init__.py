"""Every read of users, teams, memberships and invitations. Lists are ordered; what is not yours is not there.

Users are people too: whoever looks at their names and addresses leaves a row in the audit.
"""

from portal.accounts.queries.errors import NotFoundError
from portal.accounts.queries.invitations import (
    find_invitation_by_token,
    get_invitation,
    list_invitations,
)
from portal.accounts.queries.teams import (
    get_member,
    get_team,
    list_members,
    list_team_areas,
    list_teams,
    list_teams_to_join,
)
from portal.accounts.queries.users import (
    PAGE,
    UserPage,
    find_user_by_address,
    find_user_by_written_address,
    get_membership,
    get_user,
    has_administrator,
    has_users,
    list_active,
    list_everybody,
    list_users,
    name_of_actor,
)

__all__ = [
    "PAGE",
    "NotFoundError",
    "UserPage",
    "find_invitation_by_token",
    "find_user_by_address",
    "find_user_by_written_address",
    "get_invitation",
    "get_member",
    "get_membership",
    "get_team",
    "get_user",
    "has_administrator",
    "has_users",
    "list_active",
    "list_everybody",
    "list_invitations",
    "list_members",
    "list_team_areas",
    "list_teams",
    "list_teams_to_join",
    "list_users",
    "name_of_actor",
]
