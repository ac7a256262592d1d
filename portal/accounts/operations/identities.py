"""Linking an account to what an organisation's own sign-in calls its owner."""

from sqlalchemy.orm import Session

from portal.accounts.models import OutsideIdentity, User
from portal.accounts.queries.identities import fingerprint_of_subject
from portal.audit.operations import note


def link_identity(session: Session, *, user: User, issuer: str, subject: str, actor: str) -> None:
    """Remember by which name a provider knows this user. Of the name only a keyed hash is kept."""
    session.add(
        OutsideIdentity(user_id=user.id, issuer=issuer, subject_fingerprint=fingerprint_of_subject(issuer, subject))
    )
    note(session, actor=actor, act="identity:link", about="user", about_id=user.id, after={"issuer": issuer})
