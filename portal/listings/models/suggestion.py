"""What somebody without an account says of a listing: this is wrong, it has closed, I know another one."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, Identified, UtcDateTime, choice
from portal.core.sealing import Sealed


class SuggestionKind(enum.Enum):
    """What sort of suggestion this is."""

    WRONG = "wrong"
    CLOSED = "closed"
    ANOTHER = "another"


class SuggestionState(enum.Enum):
    """Where a suggestion stands."""

    NEW = "new"
    TAKEN = "taken"
    PUT_ASIDE = "put aside"


class Suggestion(Identified, Base):
    """A suggestion and what became of it. The writer's address is kept until they were answered."""

    __tablename__ = "suggestion"

    kind: Mapped[SuggestionKind] = mapped_column(choice(SuggestionKind))
    state: Mapped[SuggestionState] = mapped_column(choice(SuggestionState), default=SuggestionState.NEW)
    service_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(Sealed)
    email: Mapped[str] = mapped_column(Sealed, default="")
    reply: Mapped[str] = mapped_column(Sealed, default="")
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    settled_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[str] = mapped_column(sa.String(80), default="")


class NotTheSame(Base):
    """A moderator looked at two services that seemed to be one, and said that they are two. `first_id` is the lower."""

    __tablename__ = "not_the_same"

    first_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    second_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    said_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    said_by: Mapped[str] = mapped_column(sa.String(80))
