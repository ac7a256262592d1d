"""Users, for those who run accounts."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from portal.accounts.models import Membership, User
from portal.accounts.queries.errors import NotFoundError
from portal.accounts.roles import Role
from portal.audit.readings import shown
from portal.core.access import Permission
from portal.core.database import db
from portal.core.sealing import fingerprint_of_address

PAGE = 25


@dataclass(frozen=True)
class UserPage:
    """One page of a list of users: `number` of `pages`, of `total` users in all."""

    users: list[User]
    number: int
    pages: int
    total: int


def list_users(viewer: User, *, words: str = "", page: int = 1) -> UserPage:
    """Return users by name: all, or those whose name or e-mail address holds every word, however it is written.

    Names stand sealed, so they are opened and compared here: a partnership has some hundred accounts. An address in
    full is found by its fingerprint alone. Who was shown is noted. Raises NotFoundError for whoever does not run
    accounts.
    """
    _refuse_others(viewer)
    statement = sa.select(User)
    if "@" in words and " " not in words:
        exact = list(db.session.scalars(statement.where(User.email_fingerprint == fingerprint_of_address(words))))
        if exact:
            return _page(exact, 1)
    asked = words.casefold().split()
    found = [
        user
        for user in db.session.scalars(statement)
        if all(word in f"{user.name} {user.email}".casefold() for word in asked)
    ]
    return _page(found, page)


def _page(found: list[User], page: int) -> UserPage:
    found.sort(key=lambda user: (user.name.casefold(), str(user.id)))
    pages = max(1, -(-len(found) // PAGE))
    number = min(max(1, page), pages)
    users = found[(number - 1) * PAGE : number * PAGE]
    shown("user", [user.id for user in users], how="searched")
    return UserPage(users=users, number=number, pages=pages, total=len(found))


def get_user(viewer: User, user_id: uuid.UUID) -> User:
    """Return one user, and note that they were looked at. Raises NotFoundError for whoever does not run accounts."""
    _refuse_others(viewer)
    found = db.session.get(User, user_id)
    if found is None:
        raise NotFoundError(user_id)
    shown("user", [found.id])
    return found


def get_membership(viewer: User, user_id: uuid.UUID, membership_id: uuid.UUID) -> Membership:
    """Return one membership of one user, and note that they were looked at. Raises NotFoundError."""
    for membership in get_user(viewer, user_id).memberships:
        if membership.id == membership_id:
            return membership
    raise NotFoundError(membership_id)


def find_user_by_address(email_fingerprint: str) -> User | None:
    """Return the user with this address, given by its fingerprint, or None. For operations and invitations only."""
    return db.session.scalar(sa.select(User).where(User.email_fingerprint == email_fingerprint))


def find_user_by_written_address(email: str) -> User | None:
    """Return the user with this address, however it is written, or None, and note who was looked at. For commands."""
    found = find_user_by_address(fingerprint_of_address(email))
    if found is not None:
        shown("user", [found.id])
    return found


def list_everybody() -> list[User]:
    """Return every user by name, and note that they were looked at. For commands, which only operators run."""
    found = sorted(db.session.scalars(sa.select(User)), key=lambda user: (user.name.casefold(), str(user.id)))
    shown("user", [user.id for user in found], how="searched")
    return found


def has_administrator() -> bool:
    """Say whether anybody is administrator of this site."""
    current = sa.exists().where(
        Membership.role == Role.ADMINISTRATOR, Membership.ended_at.is_(None), Membership.user_id == User.id, User.active
    )
    return db.session.scalar(sa.select(current)) is True


def has_users() -> bool:
    """Say whether anybody has an account."""
    return db.session.scalar(sa.select(sa.exists().where(User.id.is_not(None)))) is True


def list_active(user_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Return which of these users are there and not switched off."""
    statement = sa.select(User.id).where(User.id.in_(user_ids), User.active).order_by(User.id)
    return frozenset(db.session.scalars(statement))


def name_of_actor(actor: str) -> str:
    """Return the name of the user that an actor stands for, or the actor itself when it is a command."""
    kind, _, key = actor.partition(":")
    if kind != "user":
        return actor
    found = db.session.get(User, uuid.UUID(key))
    return found.name if found is not None else "somebody who is gone"


def _refuse_others(viewer: User) -> None:
    if not viewer.may(Permission.USER_READ):
        raise NotFoundError(viewer.id)
