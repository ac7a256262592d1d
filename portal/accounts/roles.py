"""The roles, what each may do, and what a membership with it belongs to."""

import enum

from portal.core.access import Permission


class Role(enum.Enum):
    """What somebody is in an organisation, a team or the whole site."""

    GROUP_EDITOR = "group editor"
    REFERRER = "referrer"
    LINK_WORKER = "link worker"
    TEAM_LEAD = "team lead"
    MODERATOR = "moderator"
    SAFEGUARDING_LEAD = "safeguarding lead"
    COMMISSIONER = "commissioner"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"


class Scope(enum.Enum):
    """What a membership belongs to."""

    ORGANISATION = "organisation"
    TEAM = "team"
    SITE = "site"


SCOPE_OF: dict[Role, Scope] = {
    Role.GROUP_EDITOR: Scope.ORGANISATION,
    Role.REFERRER: Scope.ORGANISATION,
    Role.LINK_WORKER: Scope.TEAM,
    Role.TEAM_LEAD: Scope.TEAM,
    Role.MODERATOR: Scope.SITE,
    Role.SAFEGUARDING_LEAD: Scope.SITE,
    Role.COMMISSIONER: Scope.SITE,
    Role.EVALUATOR: Scope.SITE,
    Role.ADMINISTRATOR: Scope.SITE,
}

# Staff reach nothing about people or figures without a second factor, and their sessions end after 15 idle minutes.
STAFF = frozenset(Role) - {Role.GROUP_EDITOR, Role.REFERRER}

# What everybody may do who is signed in.
EVERYBODY = frozenset({Permission.ACCOUNT_KEEP, Permission.GROUP_JOIN})

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.GROUP_EDITOR: frozenset({Permission.LISTING_KEEP}),
    Role.REFERRER: frozenset(),
    Role.LINK_WORKER: frozenset({Permission.TEAM_READ}),
    Role.TEAM_LEAD: frozenset({Permission.TEAM_READ, Permission.TEAM_INVITE}),
    Role.MODERATOR: frozenset({Permission.LISTING_MODERATE, Permission.GUIDE_CHANGE, Permission.WORDS_CHANGE}),
    Role.SAFEGUARDING_LEAD: frozenset({Permission.TEAM_READ}),
    Role.COMMISSIONER: frozenset(),
    Role.EVALUATOR: frozenset(),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.ADMIN_OPEN,
            Permission.USER_READ,
            Permission.USER_CHANGE,
            Permission.TEAM_READ,
            Permission.TEAM_CHANGE,
            Permission.TEAM_INVITE,
            Permission.SITE_CHANGE,
            Permission.VOCABULARY_CHANGE,
            Permission.DATES_CHANGE,
            Permission.WORDING_CHANGE,
            Permission.OUTBOX_READ,
            Permission.OUTBOX_HOLD,
            Permission.JOBS_READ,
        }
    ),
}
