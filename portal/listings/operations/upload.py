"""Taking the good rows of a table: listings begin or are saved, and those that are whole are sent in if wanted."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.listings.models import Listing, ListingState
from portal.listings.operations.drafts import begin_listing, save_content, submit
from portal.listings.sheet_rows import Kind, Planned


@dataclass
class Taken:
    """What became of the rows: how many began, how many were saved, how many of them were sent in; and who stayed."""

    begun: int = 0
    saved: int = 0
    sent: int = 0
    left: list[Planned] = field(default_factory=list)


def take_rows(
    *, rows: Sequence[Planned], organisation_id: uuid.UUID, upload_id: uuid.UUID, sends: bool, actor: str
) -> Taken:
    """Take the new and the changed rows of a plan, each on its own, and say what became of them.

    New listings belong to the group `organisation_id`; their ids come from `upload_id`, so that taking the same upload
    twice makes nothing twice. A row whose listing was changed since it was read is left alone and named in `left`.
    """
    taken = Taken()
    for row in rows:
        if row.kind not in {Kind.NEW, Kind.CHANGED}:
            continue
        try:
            listing = _take(row, organisation_id, upload_id, actor)
        except (ChangedMeanwhileError, RefusedChangeError, sa.exc.IntegrityError):
            taken.left.append(row)
            continue
        taken.begun += row.kind is Kind.NEW
        taken.saved += row.kind is Kind.CHANGED
        taken.sent += sends and _send(listing, actor)
    return taken


def _take(row: Planned, organisation_id: uuid.UUID, upload_id: uuid.UUID, actor: str) -> Listing:
    if row.own is not None:
        return save_content(listing_id=row.own.id, expected=row.own.version, content=row.content, actor=actor)
    listing_id = uuid.uuid5(upload_id, str(row.line.number))
    return begin_listing(organisation_id=organisation_id, actor=actor, content=row.content, listing_id=listing_id)


def _send(listing: Listing, actor: str) -> bool:
    if listing.state is ListingState.PUBLISHED:
        return False
    try:
        submit(listing_id=listing.id, expected=listing.version, actor=actor)
    except (ChangedMeanwhileError, RefusedChangeError):
        return False
    return True
