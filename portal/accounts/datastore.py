"""Where Flask-Security finds and keeps users: in our tables, with e-mail addresses found by their fingerprints."""

import uuid
from typing import Any

import sqlalchemy as sa
from flask_security import SQLAlchemyUserDatastore

from portal.accounts.models import Passkey, User
from portal.core.database import db
from portal.core.sealing import fingerprint_of_address


class NoRole:
    """Stands where Flask-Security wants a model of roles. Ours belong to memberships, which it never reads."""


class Datastore(SQLAlchemyUserDatastore):
    """Flask-Security's way to our users and passkeys. It never commits: `security_pages` does, once per request."""

    def __init__(self) -> None:
        super().__init__(db, User, NoRole, Passkey)  # type: ignore[arg-type]

    def commit(self) -> None:
        """Leave the commit to the page, so that the act, its audit and its messages stand or fall together."""

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> User | None:  # noqa: ARG002
        """Return the user with this one attribute, or None. An address is found however it is written."""
        ((attribute, value),) = kwargs.items()
        if attribute == "email":
            attribute, value = "email_fingerprint", fingerprint_of_address(value)
        return db.session.scalar(sa.select(User).where(getattr(User, attribute) == value))

    def create_user(self, **kwargs: Any) -> User:
        """Add a user; the password is hashed already."""
        user = User(active=True, fs_uniquifier=uuid.uuid4().hex, fs_webauthn_user_handle=uuid.uuid4().hex, **kwargs)
        self.put(user)  # type: ignore[no-untyped-call]
        # The audit and the messages speak of the user by id.
        db.session.flush()
        return user
