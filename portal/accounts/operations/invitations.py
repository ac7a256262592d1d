"""Inviting somebody to a role, and what becomes of the invitation."""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from portal.accounts.invitation_words import instant_in_words, what_for
from portal.accounts.models import Invitation, User
from portal.accounts.models.membership import INVITED_FOR, MOVES, InvitationState
from portal.accounts.operations.memberships import give_role, lock_user, refuse_wrong_scope
from portal.accounts.operations.users import add_user
from portal.accounts.roles import Role
from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.core.sealing import fingerprint_of_address
from portal.messages.addresses import AddressError, plain_address
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue

# Makes the whole address that stands in the message out of the secret text of a link.
Link = Callable[[str], str]

NO_LONGER = "This invitation cannot be used any more."


@dataclass(frozen=True, kw_only=True)
class Invitee:
    """Who is invited, and to what."""

    email: str
    name: str
    role: Role
    team_id: uuid.UUID | None = None
    organisation_id: uuid.UUID | None = None


def invite(*, invitee: Invitee, actor: str, inviter: str, link: Link) -> uuid.UUID:
    """Write an invitation, send it by e-mail, and return its id. `inviter` is the name that the message gives.

    Raises RefusedChangeError as `write_invitation` does.
    """
    with transaction() as session:
        invitation, token = write_invitation(session, invitee=invitee, actor=actor)
        _send(session, invitation, link(token), inviter, actor)
    return invitation.id


def write_invitation(session: Session, *, invitee: Invitee, actor: str) -> tuple[Invitation, str]:
    """Write an invitation and return it with the secret text of its link, which is kept nowhere else.

    Does the same whether the address has an account or not. Raises RefusedChangeError when it is invited to the same
    already, when what the role belongs to is missing or has ended, and for an address that cannot be one.
    """
    refuse_wrong_scope(session, role=invitee.role, team_id=invitee.team_id, organisation_id=invitee.organisation_id)
    try:
        email = plain_address(Channel.EMAIL, invitee.email)
    except AddressError:
        raise RefusedChangeError("email", "Enter an e-mail address in full, like name@example.org") from None
    if not invitee.name:
        raise RefusedChangeError("name", "Enter the name of whom you invite")
    fingerprint = fingerprint_of_address(email)
    _refuse_second(session, invitee, fingerprint)
    invitation = Invitation(
        email=email,
        email_fingerprint=fingerprint,
        name=invitee.name,
        role=invitee.role,
        team_id=invitee.team_id,
        organisation_id=invitee.organisation_id,
        token_hash="",
        invited_by=actor,
        invited_at=clock.now(),
        expires_at=clock.now(),
    )
    token = _new_link(invitation)
    session.add(invitation)
    session.flush()
    _note(session, invitation, "invitation:send", actor, role=invitee.role.value)
    return invitation, token


def send_again(*, invitation_id: uuid.UUID, actor: str, inviter: str, link: Link) -> None:
    """Send an invitation once more, with a new link for another 72 hours; the old one stops.

    Raises RefusedChangeError when it was accepted or withdrawn.
    """
    with transaction() as session:
        invitation = _lock(session, invitation_id, InvitationState.WAITING)
        token = _new_link(invitation)
        _note(session, invitation, "invitation:send-again", actor)
        _send(session, invitation, link(token), inviter, actor)


def withdraw_invitation(*, invitation_id: uuid.UUID, actor: str) -> None:
    """Withdraw an invitation. Raises RefusedChangeError when it was accepted or withdrawn before."""
    with transaction() as session:
        invitation = _lock(session, invitation_id, InvitationState.WITHDRAWN)
        invitation.withdrawn_at = clock.now()
        _note(session, invitation, "invitation:withdraw", actor)


def withdraw_all(session: Session, *, which: ColumnElement[bool], actor: str) -> None:
    """Withdraw the invitations that fulfil a condition and that nobody accepted yet."""
    still = sa.select(Invitation).where(which, Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    for invitation in session.scalars(still.order_by(Invitation.invited_at, Invitation.id)).all():
        invitation.withdrawn_at = clock.now()
        _note(session, invitation, "invitation:withdraw", actor)


def accept_as_user(*, invitation_id: uuid.UUID, user_id: uuid.UUID, actor: str) -> None:
    """Give the role of an invitation to a user who proved to be its addressee by signing in.

    All their sessions end, since their roles change. Raises RefusedChangeError when it cannot be used any more,
    or is for another address.
    """
    with transaction() as session:
        invitation = _lock(session, invitation_id, InvitationState.ACCEPTED)
        user = lock_user(session, user_id)
        if invitation.email_fingerprint != user.email_fingerprint or user.confirmed_at is None:
            raise RefusedChangeError("", "This invitation is for another e-mail address.")
        _accept(session, invitation, user, actor)


def accept_as_new(*, invitation_id: uuid.UUID, name: str, password_hash: str, actor: str) -> None:
    """Make an account for the addressee of an invitation, with the name and the password chosen there.

    An account that somebody opened with the address but never confirmed is made over: its password and its keys go,
    since nobody knows whose they are. Raises RefusedChangeError when the invitation cannot be used any more, or when
    the address has an account by now.
    """
    with transaction() as session:
        invitation = _lock(session, invitation_id, InvitationState.ACCEPTED)
        known = session.scalar(sa.select(User).where(User.email_fingerprint == invitation.email_fingerprint))
        if known is not None and known.confirmed_at is not None:
            raise RefusedChangeError("", "This address has an account by now. Sign in with it, then say yes.")
        if known is None:
            user = add_user(session, name=name, email=invitation.email, password_hash=password_hash, actor=actor)
        else:
            user = _make_over(session, lock_user(session, known.id), name, password_hash, actor)
        _accept(session, invitation, user, user.actor)


def _make_over(session: Session, user: User, name: str, password_hash: str, actor: str) -> User:
    user.name, user.password, user.confirmed_at = name, password_hash, clock.now()
    user.tf_primary_method = user.tf_totp_secret = user.tf_phone_number = user.mf_recovery_codes = None
    user.webauthn.clear()
    user.fs_uniquifier = uuid.uuid4().hex
    session.flush()
    note(session, actor=actor, act="user:make-over", about="user", about_id=user.id, after={"password": "changed"})
    return user


def _accept(session: Session, invitation: Invitation, user: User, actor: str) -> None:
    invitation.accepted_at = clock.now()
    _note(session, invitation, "invitation:accept", actor, user=str(user.id))
    wanted = (invitation.role, invitation.team_id, invitation.organisation_id)
    if wanted not in {(held.role, held.team_id, held.organisation_id) for held in user.current_memberships}:
        role, team_id, organisation_id = wanted
        give_role(session, user_id=user.id, role=role, team_id=team_id, organisation_id=organisation_id, actor=actor)


def _new_link(invitation: Invitation) -> str:
    token = secrets.token_urlsafe(32)
    invitation.token_hash, invitation.expires_at = Invitation.hash_of(token), clock.now() + INVITED_FOR
    return token


def _send(session: Session, invitation: Invitation, link: str, inviter: str, actor: str) -> None:
    session.flush()
    queue(
        session,
        wording="invitation",
        to=Recipient(Channel.EMAIL, invitation.email, invitation.name),
        values={
            "name": invitation.name,
            "inviter": inviter,
            "what_for": what_for(invitation.role, invitation.belongs_to),
            "link": link,
            "ends": instant_in_words(invitation.expires_at),
        },
        actor=actor,
        cause=f"invitation:{invitation.id}",
    )


def _lock(session: Session, invitation_id: uuid.UUID, move: InvitationState) -> Invitation:
    """Return an invitation that no other transaction changes until this one ends, if the move is legal."""
    of_it = {"of": Invitation}
    invitation = session.get(Invitation, invitation_id, with_for_update=of_it, populate_existing=True)
    if invitation is None or move not in MOVES[invitation.state]:
        raise RefusedChangeError("", NO_LONGER)
    return invitation


def _refuse_second(session: Session, invitee: Invitee, fingerprint: str) -> None:
    same = sa.select(Invitation).where(
        Invitation.email_fingerprint == fingerprint,
        Invitation.role == invitee.role,
        Invitation.team_id == invitee.team_id,
        Invitation.organisation_id == invitee.organisation_id,
    )
    for other in session.scalars(same):
        if other.state is InvitationState.WAITING:
            raise RefusedChangeError("email", "This address is invited to this already. Send that invitation again.")


def _note(session: Session, invitation: Invitation, act: str, actor: str, **after: object) -> None:
    note(session, actor=actor, act=act, about="invitation", about_id=invitation.id, after=after or None)
