"""Asking to manage an organisation: how it was proved, and who objected."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core import clock
from portal.core.database import Base, Identified, UtcDateTime, choice
from portal.core.sealing import Sealed
from portal.directory.models import Organisation

OBJECTION_DAYS = 7


class ClaimState(enum.Enum):
    """Where a claim stands. OPEN means that the published contact may still object."""

    PROVING = "proving"
    CHECKING = "checking"
    OPEN = "open"
    OBJECTED = "objected"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Proof(enum.Enum):
    """What shows that somebody speaks for a group."""

    DOMAIN = "an address at its own web domain"
    CODE = "a code to its published contact"
    MODERATOR = "a moderator's check"


MOVES: dict[ClaimState, frozenset[ClaimState]] = {
    ClaimState.PROVING: frozenset({ClaimState.CHECKING, ClaimState.OPEN, ClaimState.REFUSED, ClaimState.WITHDRAWN}),
    ClaimState.CHECKING: frozenset({ClaimState.OPEN, ClaimState.ACCEPTED, ClaimState.REFUSED, ClaimState.WITHDRAWN}),
    # Back to a moderator when the group could not be reached.
    ClaimState.OPEN: frozenset(
        {ClaimState.CHECKING, ClaimState.OBJECTED, ClaimState.ACCEPTED, ClaimState.REFUSED, ClaimState.WITHDRAWN}
    ),
    ClaimState.OBJECTED: frozenset({ClaimState.ACCEPTED, ClaimState.REFUSED, ClaimState.WITHDRAWN}),
    ClaimState.ACCEPTED: frozenset(),
    ClaimState.REFUSED: frozenset(),
    ClaimState.WITHDRAWN: frozenset(),
}


class Claim(Identified, Base):
    """Somebody signed in asks to manage a group: one that is listed, or one that they register (`is_new`).

    `token_hash` belongs to the link of the proof, `code_hash` to a code that was rung or written, `objection_hash` to
    the link by which the published contact objects until `objection_until`.
    """

    __tablename__ = "claim"

    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    state: Mapped[ClaimState] = mapped_column(choice(ClaimState), default=ClaimState.PROVING)
    proof: Mapped[Proof] = mapped_column(choice(Proof))
    is_new: Mapped[bool] = mapped_column(default=False)
    about: Mapped[str] = mapped_column(Sealed, default="")
    proof_address: Mapped[str] = mapped_column(Sealed, default="")
    token_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    code_hash: Mapped[str | None] = mapped_column(sa.String(64))
    code_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    wrong_codes: Mapped[int] = mapped_column(default=0)
    objection_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    objection_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    objection: Mapped[str] = mapped_column(Sealed, default="")
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)

    organisation: Mapped[Organisation] = relationship(lazy="joined")

    @property
    def cause(self) -> str:
        """Under which cause messages about it stand in the outbox."""
        return f"claim:{self.id}"


class ClaimMove(Identified, Base):
    """A change of state of a claim: who, when, from, to, why."""

    __tablename__ = "claim_move"

    claim_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("claim.id", ondelete="CASCADE"), index=True)
    from_state: Mapped[ClaimState | None] = mapped_column(choice(ClaimState, name="from_state"))
    to_state: Mapped[ClaimState] = mapped_column(choice(ClaimState, name="to_state"))
    why: Mapped[str] = mapped_column(Sealed, default="")
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    by: Mapped[str] = mapped_column(sa.String(80))


class GroupLead(Base):
    """Who leads a group on this site: the one editor who invites others, ends their role and hands over."""

    __tablename__ = "group_lead"

    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
