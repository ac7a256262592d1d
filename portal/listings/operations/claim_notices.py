"""Telling a group that somebody claims it: whom, how often in a week, and whether it was told at all.

What is published can be written to by anybody who asks for a group, so that few notices go to one group in a week.
"""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.models import Membership, User
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.sealing import fingerprint_of_address
from portal.directory.models import Organisation
from portal.listings.models import Claim, ClaimState
from portal.listings.models.claim import OBJECTION_DAYS
from portal.listings.operations.claim_decisions import lead_in
from portal.listings.operations.claim_letters import ask_for_objections, ask_moderators
from portal.listings.operations.claim_moves import move

# Counted over the days in which a claim can be objected to: so many may be open at a time.
MOST_NOTICES = 3
NOBODY_TO_ASK = "Nobody is published to whom we could write."
TOLD_OFTEN = "This group heard of several requests this week, so we did not write to it once more."


class Told(enum.Enum):
    """Whether a group was told of a claim."""

    YES = "yes"
    NOBODY_THERE = "nobody there"
    TOO_OFTEN = "too often"


def tell_the_group(session: Session, claim: Claim, user: User, *, actor: str) -> Told:
    """Write to the published contact and to the lead, or to all editors where nobody leads; say whether that was done.

    The claimant `user` is not written to. Waits for whoever else tells the same group at this moment.
    """
    session.get_one(Organisation, claim.organisation_id, with_for_update={"of": Organisation})
    lead = lead_in(session, claim.organisation_id)
    contact = "" if is_published_contact(claim) else claim.organisation.email
    editors = [lead.email] if lead else _addresses_of_editors(session, claim.organisation_id)
    to = [address for address in dict.fromkeys([contact, *editors]) if address]
    if not to:
        return Told.NOBODY_THERE
    if _count_told(session, claim.organisation_id) >= MOST_NOTICES:
        return Told.TOO_OFTEN
    claim.objection_until = clock.now() + dt.timedelta(days=OBJECTION_DAYS)
    ask_for_objections(session, claim, user, to, actor=actor)
    return Told.YES


def leave_to_moderators(session: Session, claim: Claim, told: Told, *, actor: str) -> None:
    """Have a moderator look at a claim, and say to them and to the claimant why the group was not asked."""
    why = {Told.YES: "", Told.NOBODY_THERE: NOBODY_TO_ASK, Told.TOO_OFTEN: TOLD_OFTEN}[told]
    move(session, claim, ClaimState.CHECKING, actor=actor, why=why)
    what = {
        Told.YES: "Somebody claims a group",
        Told.NOBODY_THERE: "Somebody claims a group, and nobody is published to be asked",
        Told.TOO_OFTEN: "Somebody claims a group that heard of several claims this week and was not told of this one",
    }[told]
    ask_moderators(session, claim, what, actor=actor)


def is_published_contact(claim: Claim) -> bool:
    """Say whether a claim is proved by the published e-mail address itself."""
    published = claim.organisation.email
    return bool(published) and fingerprint_of_address(published) == fingerprint_of_address(claim.proof_address)


def _count_told(session: Session, organisation_id: uuid.UUID) -> int:
    """Return of how many claims a group was told in the last days, whatever became of them."""
    told = sa.select(sa.func.count(Claim.id)).where(
        Claim.organisation_id == organisation_id, Claim.objection_until > clock.now()
    )
    return session.scalar(told) or 0


def _addresses_of_editors(session: Session, organisation_id: uuid.UUID) -> list[str]:
    held = sa.select(User).join(Membership, Membership.user_id == User.id)
    current = held.where(
        Membership.organisation_id == organisation_id,
        Membership.role == Role.GROUP_EDITOR,
        Membership.ended_at.is_(None),
        User.active,
    )
    return [user.email for user in session.scalars(current.order_by(Membership.begun_at, Membership.id)).unique()]
