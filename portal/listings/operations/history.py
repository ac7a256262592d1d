"""What became of a listing, act by act."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.listings.models import Listing, ListingState, ListingVersion

LONGEST_ACT = 40


def append_version(
    session: Session, listing: Listing, *, act: str, from_state: ListingState | None, actor: str, why: str = ""
) -> ListingVersion:
    """Add the listing as it is now to its history, within the caller's transaction, and return the new version.

    `act` is what was done, in a word or two ("published"); `from_state` the state before, None for the first. The
    caller holds the listing's row locked, so that no two versions get one number.
    """
    session.flush()
    newest = session.scalar(
        sa.select(sa.func.max(ListingVersion.number)).where(ListingVersion.listing_id == listing.id)
    )
    version = ListingVersion(
        listing_id=listing.id,
        number=(newest or 0) + 1,
        act=act[:LONGEST_ACT],
        from_state=from_state,
        to_state=listing.state,
        shown=listing.shown,
        content=listing.content,
        why=why,
        by=actor,
    )
    session.add(version)
    session.flush()
    return version


def published_content(session: Session, listing_id: uuid.UUID) -> dict[str, Any] | None:
    """Return the content, as JSON, that was published last; None before the first time."""
    return session.scalar(
        sa.select(ListingVersion.content)
        .where(ListingVersion.listing_id == listing_id, ListingVersion.to_state == ListingState.PUBLISHED)
        .order_by(ListingVersion.number.desc())
        .limit(1)
    )
