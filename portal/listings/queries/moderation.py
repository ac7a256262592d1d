"""What moderators read: what waits, what to look at afterwards, what is stopped, and what became of each listing."""

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.accounts.queries import NotFoundError, name_of_actor
from portal.core import clock
from portal.core.access import Permission
from portal.core.database import db
from portal.directory.models import Service
from portal.directory.queries import PUBLIC_STATES, find_service
from portal.listings.content import Content, content_of
from portal.listings.drafting import volunteers_id
from portal.listings.models import Listing, ListingState, ListingVersion, Shown, Suggestion, SuggestionState

LOOKED_AT = "looked at"
SAMPLED_FOR = dt.timedelta(days=60)
ONE_IN = 10
MOST = 100


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A listing that waits: since when (UTC), whole days, who sent it in, and whether residents know it already."""

    listing: Listing
    content: Content
    since: dt.datetime
    days: int
    by: str
    is_first: bool


def list_waiting() -> list[Waiting]:
    """Return the hundred listings that have waited longest for a moderator, oldest first."""
    statement = sa.select(Listing).where(Listing.state == ListingState.WAITING)
    rows = db.session.scalars(statement.order_by(Listing.submitted_at, Listing.id).limit(MOST))
    return [_waiting(row) for row in rows]


def _waiting(listing: Listing) -> Waiting:
    since = listing.submitted_at or listing.updated_at
    return Waiting(
        listing=listing,
        content=content_of(listing.content),
        since=since,
        days=(clock.now() - since).days,
        by=name_of_actor(listing.submitted_by) if listing.submitted_by else "",
        is_first=listing.shown is Shown.NOT_YET,
    )


def get_listing(listing_id: uuid.UUID, viewer: User) -> Listing:
    """Return any listing, for a moderator. Raises NotFoundError."""
    found = db.session.get(Listing, listing_id)
    if found is None or not viewer.may(Permission.LISTING_MODERATE):
        raise NotFoundError(listing_id)
    return found


def find_published(listing_id: uuid.UUID) -> ListingVersion | None:
    """Return the version that residents see or saw last, or None when it was never published.

    Whatever was done while nothing was unpublished holds the published text.
    """
    return db.session.scalar(
        sa.select(ListingVersion)
        .where(ListingVersion.listing_id == listing_id, ListingVersion.to_state == ListingState.PUBLISHED)
        .order_by(ListingVersion.number.desc())
        .limit(1)
    )


def find_shown(service_id: uuid.UUID) -> Service | None:
    """Return a service that residents see, whole, or None."""
    return find_service(service_id)


def get_to_stop(service_id: uuid.UUID) -> Service:
    """Return a service that can be taken down, or was just now. Raises NotFoundError."""
    found = db.session.get(Service, service_id)
    if found is None or (found.status not in PUBLIC_STATES and find_listing_of(service_id) is None):
        raise NotFoundError(service_id)
    return found


def find_listing_of(service_id: uuid.UUID) -> Listing | None:
    """Return the listing of a service, or of the opportunity for volunteers beside it; None when nobody keeps it."""
    found = db.session.scalar(sa.select(Listing).where(Listing.service_id == service_id))
    service = db.session.get(Service, service_id)
    if found is not None or service is None:
        return found
    beside = db.session.scalars(sa.select(Listing).where(Listing.organisation_id == service.organisation_id))
    return next((one for one in beside if volunteers_id(one.service_id) == service_id), None)


def is_sampled(version_id: uuid.UUID) -> bool:
    """Say whether a version is one of the one in ten that are looked at: a hash decides, so that nobody can choose."""
    return hashlib.sha256(version_id.bytes).digest()[0] % ONE_IN == 0


def list_to_look_at() -> list[ListingVersion]:
    """Return what known groups published by themselves and the hash picked, oldest first; once for each listing.

    It looks back sixty days. What a moderator has looked at since, or taken down, is not in it.
    """
    later = aliased(ListingVersion)
    looked = sa.exists().where(
        later.listing_id == ListingVersion.listing_id,
        later.number > ListingVersion.number,
        later.act.in_((LOOKED_AT, "edited", Shown.STOPPED.value)),
    )
    rows = db.session.scalars(
        sa.select(ListingVersion)
        .join(Listing, Listing.id == ListingVersion.listing_id)
        .where(
            ListingVersion.act == "published",
            # What came out of the queue, a moderator has seen.
            ListingVersion.from_state != ListingState.WAITING,
            ListingVersion.by == Listing.submitted_by,
            ListingVersion.at > clock.now() - SAMPLED_FOR,
            ~looked,
        )
        .order_by(ListingVersion.at, ListingVersion.id)
    )
    return list({row.listing_id: row for row in rows if is_sampled(row.id)}.values())[:MOST]


def list_stopped() -> list[Listing]:
    """Return what moderators have stopped, the newest first."""
    statement = sa.select(Listing).where(Listing.shown == Shown.STOPPED)
    return list(db.session.scalars(statement.order_by(Listing.updated_at.desc(), Listing.id).limit(MOST)))


def count_open() -> dict[str, int]:
    """Return how much waits in each list: "queue", "suggestions", "to look at" and "stopped"."""

    def count(which: sa.ColumnElement[bool]) -> int:
        return db.session.scalar(sa.select(sa.func.count()).where(which)) or 0

    return {
        "queue": count(Listing.state == ListingState.WAITING),
        "suggestions": count(Suggestion.state == SuggestionState.NEW),
        "to look at": len(list_to_look_at()),
        "stopped": count(Listing.shown == Shown.STOPPED),
    }
