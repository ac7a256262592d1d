"""Who asks."""

from typing import cast

from flask_security import current_user

from portal.accounts.models import User


def signed_in_user() -> User:
    """Return the user who is signed in. Only for views that ask for a permission: there somebody is."""
    return cast(User, current_user._get_current_object())
