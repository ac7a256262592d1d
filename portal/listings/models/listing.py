"""A group's draft of a service, the versions it had, and its picture."""

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core import clock
from portal.core.database import Base, Edited, Identified, UtcDateTime, choice
from portal.core.sealing import Sealed
from portal.directory.models import Organisation


class ListingState(enum.Enum):
    """Where the text stands: what the group wrote last, against what residents see."""

    DRAFT = "draft"
    WAITING = "waiting"
    RETURNED = "returned"
    PUBLISHED = "published"


class Shown(enum.Enum):
    """Whether residents see the service, and if not, why."""

    NOT_YET = "not yet"
    SHOWN = "shown"
    AWAY = "away"
    UNPUBLISHED = "unpublished"
    STOPPED = "stopped"


# The legal changes of the text. PUBLISHED means that there is nothing the group has not published.
MOVES: dict[ListingState, frozenset[ListingState]] = {
    ListingState.DRAFT: frozenset({ListingState.WAITING, ListingState.PUBLISHED}),
    ListingState.WAITING: frozenset({ListingState.DRAFT, ListingState.RETURNED, ListingState.PUBLISHED}),
    ListingState.RETURNED: frozenset({ListingState.DRAFT, ListingState.WAITING, ListingState.PUBLISHED}),
    ListingState.PUBLISHED: frozenset({ListingState.DRAFT, ListingState.PUBLISHED}),
}
# The legal changes of what residents see. What a moderator has stopped, only a moderator shows again.
SHOWN_MOVES: dict[Shown, frozenset[Shown]] = {
    Shown.NOT_YET: frozenset({Shown.SHOWN}),
    Shown.SHOWN: frozenset({Shown.AWAY, Shown.UNPUBLISHED, Shown.STOPPED}),
    Shown.AWAY: frozenset({Shown.SHOWN, Shown.UNPUBLISHED, Shown.STOPPED}),
    Shown.UNPUBLISHED: frozenset({Shown.SHOWN, Shown.AWAY, Shown.STOPPED}),
    Shown.STOPPED: frozenset({Shown.SHOWN}),
}


class Listing(Identified, Edited, Base):
    """What a group writes about one service. Publishing turns it into the service, whose id it has from the start.

    `content` is the JSON of `listings.content.Content`. `return_on` is the London day on which a listing that is
    away comes back by itself. `private_*` is whom we reach about it; nobody else ever sees it.
    """

    __tablename__ = "listing"

    version: Mapped[int] = mapped_column(default=1)
    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"), index=True)
    service_id: Mapped[uuid.UUID] = mapped_column(unique=True, default=uuid.uuid4)
    state: Mapped[ListingState] = mapped_column(choice(ListingState), default=ListingState.DRAFT)
    shown: Mapped[Shown] = mapped_column(choice(Shown), default=Shown.NOT_YET)
    content: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    submitted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    submitted_by: Mapped[str] = mapped_column(sa.String(80), default="")
    return_on: Mapped[dt.date | None]
    return_reason: Mapped[str] = mapped_column(sa.Text, default="")
    private_name: Mapped[str] = mapped_column(Sealed, default="")
    private_email: Mapped[str] = mapped_column(Sealed, default="")
    private_phone: Mapped[str] = mapped_column(Sealed, default="")

    organisation: Mapped[Organisation] = relationship(lazy="joined")

    __mapper_args__ = {"version_id_col": version}


class ListingVersion(Identified, Base):
    """What became of a listing, in order: each saved act with who, when, from, to, why, and the text as it was then."""

    __tablename__ = "listing_version"
    __table_args__ = (sa.UniqueConstraint("listing_id", "number"),)

    listing_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    act: Mapped[str] = mapped_column(sa.String(40))
    from_state: Mapped[ListingState | None] = mapped_column(choice(ListingState, name="from_state"))
    to_state: Mapped[ListingState] = mapped_column(choice(ListingState, name="to_state"))
    shown: Mapped[Shown] = mapped_column(choice(Shown))
    content: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    why: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    by: Mapped[str] = mapped_column(sa.String(80))


class Picture(Identified, Base):
    """A picture of a listing, drawn anew by the safe reader. The words for it are in the content."""

    __tablename__ = "listing_picture"

    listing_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    media_type: Mapped[str] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    added_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=clock.now)
    added_by: Mapped[str] = mapped_column(sa.String(80))
