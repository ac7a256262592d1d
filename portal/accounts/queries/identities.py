"""Reads of users by what an organisation's own sign-in calls them."""

import sqlalchemy as sa

from portal.accounts.models import OutsideIdentity, User
from portal.core.database import db
from portal.core.sealing import fingerprint_of_address, seals


def fingerprint_of_subject(issuer: str, subject: str) -> str:
    """Return the keyed hash by which a provider's name for somebody is found."""
    return seals().fingerprint("subject", f"{issuer}\0{subject}")


def find_user_by_subject(issuer: str, subject: str) -> User | None:
    """Return the user whom a provider knows by this name, or None."""
    return db.session.scalar(
        sa.select(User)
        .join(OutsideIdentity, OutsideIdentity.user_id == User.id)
        .where(
            OutsideIdentity.issuer == issuer,
            OutsideIdentity.subject_fingerprint == fingerprint_of_subject(issuer, subject),
        )
    )


def find_user_by_address(email: str) -> User | None:
    """Return the user with this e-mail address, however it is written, or None."""
    return db.session.scalar(sa.select(User).where(User.email_fingerprint == fingerprint_of_address(email)))


def has_identity(user: User, issuer: str) -> bool:
    """Whether a provider knows this user already, by whatever name."""
    found = sa.select(OutsideIdentity.id).where(OutsideIdentity.user_id == user.id, OutsideIdentity.issuer == issuer)
    return db.session.scalar(found) is not None
