"""Who may use a view. Every view says it; a test walks all routes and compares them with a table."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

ATTRIBUTE = "portal_access"


def public(view: View) -> View:
    """Mark a view as open to everybody, without an account."""
    setattr(view, ATTRIBUTE, "public")
    return view


def access_of(view: Callable[..., Any]) -> str | None:
    """Return what a view says about who may use it, or None when it says nothing."""
    return getattr(view, ATTRIBUTE, None)
