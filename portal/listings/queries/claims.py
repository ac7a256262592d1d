"""Reads of claims: a user's own, those behind a link, and all that moderators decide about."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from portal.accounts.models import User
from portal.accounts.queries import NotFoundError
from portal.audit.readings import shown
from portal.core import clock
from portal.core.access import Permission
from portal.core.database import db
from portal.listings.models import Claim, ClaimMove, ClaimState
from portal.listings.queries.freshness import LOST
from portal.listings.queries.groups import OPEN_STATES
from portal.listings.watching import hash_of
from portal.messages.models import MessageState, OutboxMessage

# The wording by which a group hears that somebody claims it.
NOTICE = "claim-notice"
# What waits for a moderator comes first; what is only on its way stands below.
_TO_DECIDE = (ClaimState.CHECKING, ClaimState.OBJECTED)


def find_own_claim(user: User, organisation_id: uuid.UUID) -> Claim | None:
    """Return the user's own claim of a group that is not settled yet, or None."""
    return db.session.scalar(
        sa.select(Claim).where(
            Claim.user_id == user.id, Claim.organisation_id == organisation_id, Claim.state.in_(OPEN_STATES)
        )
    )


def list_own_claims(user: User) -> Sequence[Claim]:
    """Return the user's claims that are not settled yet, oldest first."""
    statement = sa.select(Claim).where(Claim.user_id == user.id, Claim.state.in_(OPEN_STATES))
    return db.session.scalars(statement.order_by(Claim.made_at, Claim.id)).all()


def find_claim_by_proof(token: str) -> Claim | None:
    """Return the claim whose proof link has this secret text, or None; a link that was used finds none."""
    return db.session.scalar(sa.select(Claim).where(Claim.token_hash == hash_of(token)))


def find_claim_by_objection(token: str) -> Claim | None:
    """Return the claim to which a link objects, whatever became of it, or None."""
    return db.session.scalar(sa.select(Claim).where(Claim.objection_hash == hash_of(token)))


def list_claims(viewer: User) -> tuple[list[Claim], list[Claim]]:
    """Return the claims that wait for a moderator, and those that wait for others, each oldest first.

    Notes whose they are. Raises NotFoundError for whoever is no moderator.
    """
    _refuse_others(viewer)
    statement = sa.select(Claim).where(Claim.state.in_(OPEN_STATES)).order_by(Claim.made_at, Claim.id)
    found = list(db.session.scalars(statement))
    shown("claim", [claim.id for claim in found], how="searched")
    to_decide = [claim for claim in found if claim.state in _TO_DECIDE]
    return to_decide, [claim for claim in found if claim.state not in _TO_DECIDE]


def get_claim(viewer: User, claim_id: uuid.UUID) -> Claim:
    """Return one claim for a moderator, and note that it was looked at. Raises NotFoundError."""
    _refuse_others(viewer)
    found = db.session.get(Claim, claim_id)
    if found is None:
        raise NotFoundError(claim_id)
    shown("claim", [found.id])
    return found


def get_claimant(claim: Claim) -> User:
    """Return who made a claim, and note that they were looked at."""
    shown("user", [claim.user_id])
    return db.session.get_one(User, claim.user_id)


def name_of_claimant(claim: Claim) -> str:
    """Return the name of who made a claim, for whoever holds a link about it."""
    return db.session.get_one(User, claim.user_id).name


def list_moves(claim: Claim) -> Sequence[ClaimMove]:
    """Return what became of a claim, in order."""
    statement = sa.select(ClaimMove).where(ClaimMove.claim_id == claim.id)
    return db.session.scalars(statement.order_by(ClaimMove.at, ClaimMove.id)).all()


def why_it_waits(claim: Claim) -> str:
    """Return why a claim that a moderator looks at did not go on by itself, in a sentence, or ""."""
    return list_moves(claim)[-1].why if claim.state is ClaimState.CHECKING else ""


def is_reached(claim: Claim) -> bool:
    """Say whether a message by which the group was told of a claim has left and not come back."""
    return MessageState.SENT in _states_of_notices([claim])[claim.cause]


def is_lost(claim: Claim) -> bool:
    """Say whether nobody will be told of a claim any more: all messages about it were given up, refused or came back.

    Of a claim about which nobody was written to it is true.
    """
    return set(LOST).issuperset(_states_of_notices([claim])[claim.cause])


def list_to_settle() -> list[uuid.UUID]:
    """Return the ids of the claims whose time is over, and of those that are open while their group was not reached."""
    now = clock.now()
    statement = sa.select(Claim).where(
        sa.or_(Claim.state == ClaimState.OPEN, sa.and_(Claim.state == ClaimState.PROVING, Claim.code_until <= now))
    )
    found = db.session.scalars(statement.order_by(Claim.made_at, Claim.id)).all()
    states = _states_of_notices(found)
    return [
        claim.id
        for claim in found
        if claim.state is ClaimState.PROVING
        or (claim.objection_until is not None and claim.objection_until <= now)
        or set(LOST).issuperset(states[claim.cause])
    ]


def _states_of_notices(claims: Sequence[Claim]) -> dict[str, list[MessageState]]:
    """Return by the cause of each claim what became of the messages that told its group."""
    states: dict[str, list[MessageState]] = {claim.cause: [] for claim in claims}
    statement = sa.select(OutboxMessage.cause, OutboxMessage.state).where(
        OutboxMessage.wording == NOTICE, OutboxMessage.cause.in_(list(states))
    )
    for cause, state in db.session.execute(statement):
        states[cause].append(state)
    return states


def _refuse_others(viewer: User) -> None:
    if not viewer.may(Permission.LISTING_MODERATE):
        raise NotFoundError(viewer.id)
