"""Asking to keep a group's listings: registering it, claiming it, proving it, objecting to it, taking it back."""

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.operations.memberships import give_role, lock_user
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Organisation
from portal.directory.operations import OrganisationDraft, RefusedError, end_organisation, save_organisations
from portal.listings.models import Claim, ClaimState, Proof
from portal.listings.models.claim import MOVES
from portal.listings.operations.claim_decisions import accept_claim
from portal.listings.operations.claim_letters import ask_moderators, code_hash, send_code, send_proof_link
from portal.listings.operations.claim_moves import begin, lock_claim, move
from portal.listings.operations.claim_notices import (
    Told,
    is_published_contact,
    leave_to_moderators,
    tell_the_group,
)
from portal.listings.proofs import CodeWay, is_at_own_domain
from portal.messages.models import Channel

OPEN_STATES = frozenset(state for state, moves in MOVES.items() if moves)
LINK_HOURS, LETTER_DAYS = 72, 14
MOST_WRONG_CODES = 5
MOST_A_DAY, MOST_SENT_A_WEEK = 5, 3
TOO_OFTEN = "You have asked for several groups today. Go on tomorrow, or ring us."
SENT_OFTEN = "This group was sent several codes and links this week. Ask for a moderator's check instead."


def refused(error: RefusedError) -> RefusedChangeError:
    """Return what keeps a group from being stored, at the field of our forms."""
    fault = error.faults[0]
    field = "phone" if fault.field.startswith("phones") else fault.field
    return RefusedChangeError(field, f"What you entered {fault.problem}")


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """Who asks, and the session in which they do: it goes on when they become an editor."""

    user_id: uuid.UUID
    session_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """How a claim is to be proved: by an address at the own domain, by a code on one way, or by a moderator.

    `about` is what the claimant says of themself to moderators.
    """

    proof: Proof
    address: str = ""
    way: CodeWay | None = None
    about: str = ""


def register_group(*, draft: OrganisationDraft, about: str, claimant: Claimant, actor: str) -> uuid.UUID:
    """Store a new group, make whoever registers it an editor, and have a moderator look; return the claim's id.

    Nothing of the group is shown to residents until a moderator has approved it. Raises RefusedChangeError with the
    first field that cannot be stored, or after too many groups in a day.
    """
    with transaction() as session:
        user = lock_user(session, claimant.user_id)
        _refuse_many(session, user.id)
        try:
            save_organisations(session, drafts=[draft], actor=actor)
        except RefusedError as error:
            raise refused(error) from None
        session.flush()
        claim = Claim(
            organisation_id=draft.id, user_id=user.id, proof=Proof.MODERATOR, is_new=True, about=about,
            organisation=session.get_one(Organisation, draft.id),
        )  # fmt: skip
        begin(session, claim, actor=actor)
        move(session, claim, ClaimState.CHECKING, actor=actor)
        give_role(
            session, user_id=user.id, role=Role.GROUP_EDITOR, organisation_id=draft.id, actor=actor,
            but=claimant.session_id,
        )  # fmt: skip
        ask_moderators(session, claim, "A new group wants to be listed", actor=actor)
    return claim.id


def claim_group(*, organisation_id: uuid.UUID, evidence: Evidence, claimant: Claimant, actor: str) -> uuid.UUID:
    """Ask to keep the listings of a group that is there, and send what proves it; return the claim's id.

    Raises RefusedChangeError for an address elsewhere, for a second claim at a time, and when too much was sent.
    """
    with transaction() as session:
        user = lock_user(session, claimant.user_id)
        organisation = session.get(Organisation, organisation_id, with_for_update=True)
        if organisation is None or organisation.ended_at is not None:
            raise RefusedChangeError("", "This group is no longer listed.")
        _refuse_second(session, user, organisation_id)
        _refuse_many(session, user.id)
        if evidence.proof is Proof.DOMAIN and not is_at_own_domain(evidence.address, organisation):
            raise RefusedChangeError("address", "Enter an e-mail address that ends as the group’s own web address does")
        if evidence.proof is not Proof.MODERATOR:
            _refuse_more_letters(session, organisation_id)
        claim = Claim(
            organisation_id=organisation_id, user_id=user.id, proof=evidence.proof, about=evidence.about,
            proof_address=evidence.way.address if evidence.way else evidence.address, organisation=organisation,
        )  # fmt: skip
        begin(session, claim, actor=actor)
        _send_proof(session, claim, user, evidence, actor)
    return claim.id


def _send_proof(session: Session, claim: Claim, user: User, evidence: Evidence, actor: str) -> None:
    is_letter = evidence.way is not None and evidence.way.channel is Channel.LETTER
    lasts = dt.timedelta(days=LETTER_DAYS) if is_letter else dt.timedelta(hours=LINK_HOURS)
    if evidence.proof is Proof.DOMAIN:
        claim.code_until = clock.now() + lasts
        send_proof_link(session, claim, user, actor=actor)
    elif evidence.proof is Proof.CODE and evidence.way is not None:
        claim.code_until = clock.now() + lasts
        send_code(session, claim, evidence.way, user, actor=actor)
    else:
        leave_to_moderators(session, claim, tell_the_group(session, claim, user, actor=actor), actor=actor)


def prove_by_link(*, claim_id: uuid.UUID, claimant: Claimant, actor: str) -> ClaimState:
    """Take a claim on once its claimant has opened the link in the e-mail and pressed; return where it stands then.

    Raises RefusedChangeError when the link has ended or was used, or belongs to another account.
    """
    with transaction() as session:
        user = lock_user(session, claimant.user_id)
        claim = lock_claim(session, claim_id)
        ended = claim.code_until is None or clock.now() >= claim.code_until
        if claim.user_id != user.id or claim.proof is not Proof.DOMAIN or claim.state is not ClaimState.PROVING:
            raise RefusedChangeError("", "This link was used already, or belongs to another account.")
        if ended:
            raise RefusedChangeError("", "This link has ended. Ask for a new one on the group’s page.")
        _after_proof(session, claim, user, claimant, actor)
        return claim.state


def prove_by_code(*, claim_id: uuid.UUID, code: str, claimant: Claimant, actor: str) -> ClaimState:
    """Check six digits; return where the claim stands then: PROVING after a wrong code, REFUSED after the fifth.

    Raises RefusedChangeError when no code is waited for or its time is over.
    """
    with transaction() as session:
        user = lock_user(session, claimant.user_id)
        claim = lock_claim(session, claim_id)
        if claim.user_id != user.id or claim.proof is not Proof.CODE or claim.state is not ClaimState.PROVING:
            raise RefusedChangeError("", "No code is waited for. Look at the page again.")
        if claim.code_until is None or clock.now() >= claim.code_until:
            raise RefusedChangeError("code", "This code has ended. Take the claim back and ask for a new one.")
        if claim.code_hash == code_hash(claim, code):
            _after_proof(session, claim, user, claimant, actor)
        else:
            claim.wrong_codes += 1
            if claim.wrong_codes >= MOST_WRONG_CODES:
                claim.code_hash = None
                move(session, claim, ClaimState.REFUSED, actor=actor, why="The code was wrong five times.")
        return claim.state


def object_to_claim(*, claim_id: uuid.UUID, words: str, actor: str) -> None:
    """Take an objection in; moderators decide then. A claim that a moderator looks at already stays where it is.

    Raises RefusedChangeError when somebody objected before, or the seven days are over.
    """
    with transaction() as session:
        claim = lock_claim(session, claim_id)
        if not can_be_objected_to(claim):
            raise RefusedChangeError("", "This can no longer be objected to here. Ring us, and we will look at it.")
        claim.objection = words
        if claim.state is ClaimState.OPEN:
            move(session, claim, ClaimState.OBJECTED, actor=actor)
        ask_moderators(session, claim, "Somebody objects to a claim", actor=actor)


def can_be_objected_to(claim: Claim) -> bool:
    """Say whether the published contact may still object: within seven days, and nobody has."""
    is_open = claim.state in {ClaimState.OPEN, ClaimState.CHECKING} and not claim.objection
    return is_open and claim.objection_until is not None and clock.now() < claim.objection_until


def withdraw_claim(*, claim_id: uuid.UUID, user_id: uuid.UUID, actor: str, why: str = "") -> None:
    """Take an own claim back. A group that was only just registered goes with it. Raises RefusedChangeError."""
    with transaction() as session:
        claim = lock_claim(session, claim_id)
        if claim.user_id != user_id:
            raise RefusedChangeError("", "There is no such claim.")
        move(session, claim, ClaimState.WITHDRAWN, actor=actor, why=why)
        if claim.is_new:
            end_organisation(session, organisation_id=claim.organisation_id, actor=actor)


def _after_proof(session: Session, claim: Claim, user: User, claimant: Claimant, actor: str) -> None:
    """Ask the published contact and the lead; when there is nobody else to ask, accept or have a moderator look."""
    claim.token_hash = claim.code_hash = None
    told = tell_the_group(session, claim, user, actor=actor)
    if told is Told.YES:
        move(session, claim, ClaimState.OPEN, actor=actor)
    elif told is Told.NOBODY_THERE and is_published_contact(claim):
        move(session, claim, ClaimState.OPEN, actor=actor, why="Proved by the published e-mail address itself.")
        accept_claim(session, claim, actor=actor, why="", but=claimant.session_id)
    else:
        leave_to_moderators(session, claim, told, actor=actor)


def _refuse_second(session: Session, user: User, organisation_id: uuid.UUID) -> None:
    if any(held.role is Role.GROUP_EDITOR and held.organisation_id == organisation_id
           for held in user.current_memberships):  # fmt: skip
        raise RefusedChangeError("", "You look after this group already.")
    same = sa.exists().where(
        Claim.user_id == user.id, Claim.organisation_id == organisation_id, Claim.state.in_(OPEN_STATES)
    )
    if session.scalar(sa.select(same)):
        raise RefusedChangeError("", "You have asked for this group already.")


def _refuse_many(session: Session, user_id: uuid.UUID) -> None:
    today = sa.select(sa.func.count(Claim.id)).where(
        Claim.user_id == user_id, Claim.made_at > clock.now() - dt.timedelta(days=1)
    )
    if (session.scalar(today) or 0) >= MOST_A_DAY:
        raise RefusedChangeError("", TOO_OFTEN)


def _refuse_more_letters(session: Session, organisation_id: uuid.UUID) -> None:
    sent = sa.select(sa.func.count(Claim.id)).where(
        Claim.organisation_id == organisation_id,
        Claim.proof != Proof.MODERATOR,
        Claim.made_at > clock.now() - dt.timedelta(days=7),
    )
    if (session.scalar(sent) or 0) >= MOST_SENT_A_WEEK:
        raise RefusedChangeError("", SENT_OFTEN)
