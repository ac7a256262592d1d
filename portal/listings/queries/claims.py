"""Reads of claims: a user's own, those behind a link, and all that moderators decide about."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from portal.accounts.models import User
from portal.accounts.queries import NotFoundError
from portal.audit.readings import shown
from portal.core.access import Permission
from portal.core.database import db
from portal.listings.models import Claim, ClaimMove, ClaimState
from portal.listings.queries.groups import OPEN_STATES
from portal.listings.watching import hash_of

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


def _refuse_others(viewer: User) -> None:
    if not viewer.may(Permission.LISTING_MODERATE):
        raise NotFoundError(viewer.id)
