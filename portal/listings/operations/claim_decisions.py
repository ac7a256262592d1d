"""What becomes of a claim in the end: accepted by a moderator or after seven days, or refused with a reason."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.models import Membership, User
from portal.accounts.operations.memberships import give_role, lock_user
from portal.accounts.roles import Role
from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Organisation
from portal.directory.operations import end_organisation
from portal.listings.models import Claim, ClaimState, GroupLead
from portal.listings.operations.claim_letters import ask_moderators, tell_claimant
from portal.listings.operations.claim_moves import lock_claim, move
from portal.listings.operations.impartial import refuse_rival
from portal.listings.queries.claims import is_lost, is_reached, list_to_settle

SETTLER = "job:claims.settle"
NOT_REACHED = "Our message to the group did not arrive, so nobody could object."


def lead_in(session: Session, organisation_id: uuid.UUID) -> User | None:
    """Return who leads a group and is still an editor of it, or None."""
    return session.scalar(
        sa.select(User)
        .join(GroupLead, GroupLead.user_id == User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(
            GroupLead.organisation_id == organisation_id,
            Membership.organisation_id == organisation_id,
            Membership.role == Role.GROUP_EDITOR,
            Membership.ended_at.is_(None),
            User.active,
        )
    )


def set_lead(session: Session, *, organisation_id: uuid.UUID, user_id: uuid.UUID, actor: str) -> None:
    """Make somebody the lead of a group in the caller's transaction; who led it before leads it no longer."""
    row = session.get(GroupLead, organisation_id, with_for_update=True)
    before = {"lead": str(row.user_id)} if row else None
    if row is None:
        session.add(GroupLead(organisation_id=organisation_id, user_id=user_id, since=clock.now()))
    else:
        row.user_id, row.since = user_id, clock.now()
    session.flush()
    note(
        session,
        actor=actor,
        act="group:lead",
        about="organisation",
        about_id=organisation_id,
        before=before,
        after={"lead": str(user_id)},
    )


def accept_claim(session: Session, claim: Claim, *, actor: str, why: str, but: uuid.UUID | None = None) -> None:
    """Accept a claim that the caller has locked: its claimant becomes an editor, and the lead where there is none.

    They are told, and signed out of every browser but the session `but`. Raises RefusedChangeError.
    """
    session.get_one(Organisation, claim.organisation_id, with_for_update=True)
    user = lock_user(session, claim.user_id)
    move(session, claim, ClaimState.ACCEPTED, actor=actor, why=why)
    is_editor = any(
        held.role is Role.GROUP_EDITOR and held.organisation_id == claim.organisation_id
        for held in user.current_memberships
    )
    if not is_editor:
        organisation_id = claim.organisation_id
        give_role(
            session, user_id=user.id, role=Role.GROUP_EDITOR, organisation_id=organisation_id, actor=actor, but=but
        )
    if lead_in(session, claim.organisation_id) is None:
        set_lead(session, organisation_id=claim.organisation_id, user_id=user.id, actor=actor)
    tell_claimant(session, claim, user, is_accepted=True, why="", actor=actor)


def standing(claim: Claim) -> str:
    """Return what a decision is about, so that a claim that has moved on meanwhile is looked at again."""
    return f"{claim.state.value}:{bool(claim.objection)}"


def _lock_for_decision(session: Session, claim_id: uuid.UUID, seen: str, actor: str) -> Claim:
    claim = lock_claim(session, claim_id)
    if actor == f"user:{claim.user_id}":
        raise RefusedChangeError("", "This is your own claim. Another moderator has to decide about it.")
    refuse_rival(session, organisation_id=claim.organisation_id, actor=actor)
    if standing(claim) != seen:
        raise RefusedChangeError("", "This claim has moved on while you looked at it. Look again, and then decide.")
    return claim


def accept(*, claim_id: uuid.UUID, seen: str, why: str, actor: str) -> ClaimState:
    """Accept a claim as a moderator, who saw it as `standing` says; return where it stands then.

    While the published contact of a group may still object, and has not, the claim is OPEN until the seven days are
    over. Raises RefusedChangeError when it is settled already or has moved on, for one's own claim, and
    for a group that one keeps or claims.
    """
    with transaction() as session:
        claim = _lock_for_decision(session, claim_id, seen, actor)
        if claim.state is ClaimState.CHECKING and is_waiting_for_objections(claim):
            move(session, claim, ClaimState.OPEN, actor=actor, why=why)
        else:
            accept_claim(session, claim, actor=actor, why=why)
        return claim.state


def is_waiting_for_objections(claim: Claim) -> bool:
    """Say whether somebody was asked and may have been reached, has not objected, and still has time."""
    has_time = claim.objection_until is not None and clock.now() < claim.objection_until
    return has_time and not claim.objection and not is_lost(claim)


def refuse(*, claim_id: uuid.UUID, seen: str, why: str, actor: str) -> None:
    """Refuse a claim with a reason, which the claimant is told. A group that was new goes with it.

    Raises RefusedChangeError when there is no reason, or as `accept` does.
    """
    if not why:
        raise RefusedChangeError("why", "Say why, since the claimant is told")
    with transaction() as session:
        claim = _lock_for_decision(session, claim_id, seen, actor)
        _refuse(session, claim, why, actor)


def _refuse(session: Session, claim: Claim, why: str, actor: str) -> None:
    user = lock_user(session, claim.user_id)
    move(session, claim, ClaimState.REFUSED, actor=actor, why=why)
    if claim.is_new:
        end_organisation(session, organisation_id=claim.organisation_id, actor=actor)
    tell_claimant(session, claim, user, is_accepted=False, why=why, actor=actor)


def settle_claims(*, actor: str = SETTLER) -> int:
    """Accept the claims to which nobody objected in seven days, and end those never proved; return how many.

    Where the message to the group could not be delivered, nobody could object: a moderator looks at the claim.
    """
    with transaction():
        found = list_to_settle()
    for claim_id in found:
        with transaction() as session:
            _settle(session, lock_claim(session, claim_id), clock.now(), actor)
    return len(found)


def _settle(session: Session, claim: Claim, now: dt.datetime, actor: str) -> None:
    """Settle one claim, unless somebody did so meanwhile."""
    if claim.state is ClaimState.PROVING and claim.code_until is not None and claim.code_until <= now:
        move(session, claim, ClaimState.WITHDRAWN, actor=actor, why="It was not proved in time.")
    elif claim.state is not ClaimState.OPEN or claim.objection_until is None:
        return
    elif is_lost(claim) or (claim.objection_until <= now and not is_reached(claim)):
        claim.objection_until = None
        move(session, claim, ClaimState.CHECKING, actor=actor, why=NOT_REACHED)
        ask_moderators(session, claim, "Somebody claims a group that we could not reach", actor=actor)
    elif claim.objection_until <= now:
        user = session.get_one(User, claim.user_id)
        if user.active and claim.organisation.ended_at is None:
            accept_claim(session, claim, actor=actor, why="Nobody objected in seven days.")
        else:
            _refuse(session, claim, "The account or the group was closed meanwhile.", actor)
