"""What an invitation is for, in words for messages and pages."""

import datetime as dt

from portal.accounts.roles import SCOPE_OF, Role, Scope
from portal.core import clock
from portal.core.wording import day_in_words, time_in_words


def role_in_words(role: Role) -> str:
    """Return the role with its article: "a link worker", "an administrator"."""
    return f"{'an' if role.value[0] in 'aeiou' else 'a'} {role.value}"


def what_for(role: Role, belongs_to: str) -> str:
    """Return "a link worker in the team Central", "a referrer for Wells Park Practice" or "an administrator"."""
    if SCOPE_OF[role] is Scope.TEAM:
        return f"{role_in_words(role)} in the team {belongs_to}"
    if SCOPE_OF[role] is Scope.ORGANISATION:
        return f"{role_in_words(role)} for {belongs_to}"
    return role_in_words(role)


def instant_in_words(instant: dt.datetime) -> str:
    """Return "Thursday 26 November, 9am", in London time."""
    local = instant.astimezone(clock.LONDON)
    return f"{day_in_words(local.date())}, {time_in_words(local.time())}"
