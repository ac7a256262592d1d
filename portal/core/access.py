"""Who may use a view. Every view says it; a test walks all routes with everybody and compares with a table."""

import enum
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app
from flask.typing import ResponseReturnValue

View = TypeVar("View", bound=Callable[..., Any])

ATTRIBUTE = "portal_access"


class Permission(enum.Enum):
    """What may be done: `resource:action`. Which role holds which stands in `accounts.roles`."""

    ACCOUNT_KEEP = "account:keep"
    ADMIN_OPEN = "admin:open"
    USER_READ = "user:read"
    USER_CHANGE = "user:change"
    TEAM_READ = "team:read"
    TEAM_CHANGE = "team:change"
    TEAM_INVITE = "team:invite"
    SITE_CHANGE = "site:change"
    VOCABULARY_CHANGE = "vocabulary:change"
    DATES_CHANGE = "dates:change"
    WORDING_CHANGE = "wording:change"
    OUTBOX_READ = "outbox:read"
    OUTBOX_HOLD = "outbox:hold"
    JOBS_READ = "jobs:read"
    GROUP_JOIN = "group:join"
    LISTING_KEEP = "listing:keep"
    LISTING_MODERATE = "listing:moderate"
    GUIDE_CHANGE = "guide:change"
    WORDS_CHANGE = "words:change"


# What shows personal details. Whoever is not staff shows a second factor for it, or signed in a short while ago.
PERSONAL = frozenset({Permission.USER_READ, Permission.TEAM_READ})


# Decides about one request: None lets it through, an answer sends it elsewhere (to sign in, to a second factor);
# who may not know that the page exists gets `NotFound` raised. The room `accounts` sets it.
Gate = Callable[[Permission, bool], ResponseReturnValue | None]


def public(view: View) -> View:
    """Mark a view as open to everybody, without an account."""
    setattr(view, ATTRIBUTE, "public")
    return view


def needs(permission: Permission, *, fresh: bool = False) -> Callable[[View], View]:
    """Let only those use a view who hold a permission; `fresh` asks for the password or passkey again.

    Whoever is not signed in is sent to the sign-in page and back; whoever lacks the permission gets 404.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            gate: Gate = current_app.extensions["gate"]
            elsewhere = gate(permission, fresh)
            if elsewhere is not None:
                return elsewhere
            return cast(ResponseReturnValue, current_app.ensure_sync(view)(*args, **kwargs))

        setattr(guarded, ATTRIBUTE, permission.value + (" fresh" if fresh else ""))
        return cast(View, guarded)

    return decorate


def access_of(view: Callable[..., Any]) -> str | None:
    """Return what a view says about who may use it, or None when it says nothing."""
    return getattr(view, ATTRIBUTE, None)
