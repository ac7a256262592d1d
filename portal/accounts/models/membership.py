"""Teams and their areas, memberships, and invitations to them."""

import datetime as dt
import enum
import hashlib
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models.user import User
from portal.accounts.roles import SCOPE_OF, Role, Scope
from portal.core import clock
from portal.core.database import Base, Edited, Identified, UtcDateTime, choice
from portal.core.sealing import Sealed
from portal.directory.models import Organisation
from portal.geo.models import Area

INVITED_FOR = dt.timedelta(hours=72)


class InvitationState(enum.Enum):
    """Where an invitation stands."""

    WAITING = "waiting"
    ENDED = "ended"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


# The legal changes of state. A membership, a team and an organisation only ever end; a new one is begun instead.
MOVES: dict[InvitationState, frozenset[InvitationState]] = {
    InvitationState.WAITING: frozenset(InvitationState),
    InvitationState.ENDED: frozenset({InvitationState.WAITING, InvitationState.WITHDRAWN}),
    InvitationState.ACCEPTED: frozenset(),
    InvitationState.WITHDRAWN: frozenset(),
}


def _has_scope(role: str) -> str:
    """Return the rule that a row belongs to what its role belongs to, and to nothing else."""
    names = {scope: [f"'{one.value}'" for one in Role if SCOPE_OF[one] is scope] for scope in Scope}
    return (
        f"({role} IN ({', '.join(names[Scope.ORGANISATION])}) AND organisation_id IS NOT NULL AND team_id IS NULL)"
        f" OR ({role} IN ({', '.join(names[Scope.TEAM])}) AND team_id IS NOT NULL AND organisation_id IS NULL)"
        f" OR ({role} IN ({', '.join(names[Scope.SITE])}) AND team_id IS NULL AND organisation_id IS NULL)"
    )


class Team(Identified, Edited, Base):
    """Link workers who share an office and some areas. A team that was closed has `ended_at`."""

    __tablename__ = "team"

    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    areas: Mapped[list[Area]] = relationship(secondary="team_area", order_by=Area.name)

    __mapper_args__ = {"version_id_col": version}


class TeamArea(Base):
    """An area that a team works in."""

    __tablename__ = "team_area"

    team_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("team.id", ondelete="CASCADE"), primary_key=True)
    area_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("area.id", ondelete="CASCADE"), primary_key=True)


class Membership(Identified, Base):
    """One role of one user, in an organisation, in a team, or for the site; who began and ended it, and when."""

    __tablename__ = "membership"
    __table_args__ = (sa.CheckConstraint(_has_scope("role"), name="scope"),)

    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    team_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("team.id"), index=True)
    begun_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    begun_by: Mapped[str] = mapped_column(sa.String(80))
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(sa.String(80))

    user: Mapped[User] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation | None] = relationship(lazy="joined")
    team: Mapped[Team | None] = relationship(lazy="joined")

    @property
    def is_current(self) -> bool:
        """Whether neither the membership nor the team or organisation that it belongs to has ended."""
        belongs_to = self.team or self.organisation
        return self.ended_at is None and (belongs_to is None or belongs_to.ended_at is None)

    @property
    def belongs_to(self) -> str:
        """The name of the team or the organisation, or "" where it is the site."""
        return _name_of(self.team, self.organisation)


class Invitation(Identified, Base):
    """An invitation to a membership, by a link that ends after 72 hours and of which only a hash is kept."""

    __tablename__ = "invitation"
    __table_args__ = (sa.CheckConstraint(_has_scope("role"), name="scope"),)

    email: Mapped[str] = mapped_column(Sealed)
    email_fingerprint: Mapped[str] = mapped_column(sa.String(64), index=True)
    name: Mapped[str] = mapped_column(Sealed)
    role: Mapped[Role] = mapped_column(choice(Role))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    team_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("team.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by: Mapped[str] = mapped_column(sa.String(80))
    invited_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation | None] = relationship(lazy="joined")
    team: Mapped[Team | None] = relationship(lazy="joined")

    @staticmethod
    def hash_of(token: str) -> str:
        """Return what is kept of the secret text of a link: its SHA-256. The text has 256 random bits, so no salt."""
        return hashlib.sha256(token.encode()).hexdigest()

    @property
    def state(self) -> InvitationState:
        """Where the invitation stands now; it is withdrawn, too, when its team or organisation has ended."""
        belongs_to = self.team or self.organisation
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.withdrawn_at is not None or (belongs_to is not None and belongs_to.ended_at is not None):
            return InvitationState.WITHDRAWN
        return InvitationState.WAITING if clock.now() < self.expires_at else InvitationState.ENDED

    @property
    def belongs_to(self) -> str:
        """The name of the team or the organisation, or "" where it is the site."""
        return _name_of(self.team, self.organisation)


def _name_of(team: Team | None, organisation: Organisation | None) -> str:
    found = team or organisation
    return found.name if found is not None else ""
