"""The one way in which a claim changes its state. `models.claim.MOVES` is the law."""

import uuid

from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.editing import RefusedChangeError
from portal.listings.models import Claim, ClaimMove, ClaimState
from portal.listings.models.claim import MOVES


class IllegalMoveError(RefusedChangeError):
    """A claim cannot go from the state in which it is to the one that was asked for."""

    def __init__(self) -> None:
        super().__init__("", "Somebody was faster: this claim has moved on. Look at the page again.")


def begin(session: Session, claim: Claim, *, actor: str) -> None:
    """Store a new claim in the caller's transaction, with its first move."""
    claim.state, claim.made_at, claim.changed_at = ClaimState.PROVING, clock.now(), clock.now()
    session.add(claim)
    session.flush()
    _append(session, claim, None, actor, "")


def move(session: Session, claim: Claim, to_state: ClaimState, *, actor: str, why: str = "") -> None:
    """Change the state of a claim that the caller has locked, and append who, when, from, to and why.

    Raises IllegalMoveError for a move that is not in the table; then nothing has changed.
    """
    from_state = claim.state
    if to_state not in MOVES[from_state]:
        raise IllegalMoveError
    claim.state, claim.changed_at = to_state, clock.now()
    _append(session, claim, from_state, actor, why)


def lock_claim(session: Session, claim_id: uuid.UUID) -> Claim:
    """Return a claim that no other transaction changes until this one ends. Raises RefusedChangeError for none."""
    claim = session.get(Claim, claim_id, with_for_update={"of": Claim}, populate_existing=True)
    if claim is None:
        raise RefusedChangeError("", "There is no such claim.")
    return claim


def _append(session: Session, claim: Claim, from_state: ClaimState | None, actor: str, why: str) -> None:
    to_state = claim.state
    session.add(
        ClaimMove(claim_id=claim.id, from_state=from_state, to_state=to_state, why=why, by=actor, at=clock.now())
    )
    session.flush()
    note(
        session,
        actor=actor,
        act=f"claim:{to_state.value}",
        about="claim",
        about_id=claim.id,
        before={"state": from_state.value} if from_state else None,
        after={"state": to_state.value, "organisation": str(claim.organisation_id)},
    )
