"""The picture of a listing: added with words for those who do not see it, and taken off."""

import dataclasses
import uuid

from portal.audit.operations import note
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError
from portal.core.pictures import Picture as ReadPicture
from portal.listings.content import content_of, to_json
from portal.listings.models import Listing, ListingState, Picture
from portal.listings.operations.drafts import locked
from portal.listings.operations.history import append_version


def set_picture(
    *, listing_id: uuid.UUID, expected: int, words: str, picture: ReadPicture | None, actor: str
) -> Listing:
    """Give a listing a picture, or new words for the one it has when none is given; return the listing.

    Residents see it when the listing is published next. Raises ChangedMeanwhileError.
    """
    with transaction() as session:
        listing = locked(session, listing_id)
        if listing.version != expected:
            raise ChangedMeanwhileError(listing)
        content = content_of(listing.content)
        picture_id = content.picture
        if picture is not None:
            row = Picture(
                listing_id=listing.id,
                body=picture.body,
                media_type=picture.media_type,
                width=picture.width,
                height=picture.height,
                added_by=actor,
            )
            session.add(row)
            session.flush()
            picture_id = row.id
        from_state = listing.state
        listing.content = to_json(
            dataclasses.replace(content, picture=picture_id, picture_words=words if picture_id else "")
        )
        if from_state in {ListingState.WAITING, ListingState.PUBLISHED}:
            listing.state = ListingState.DRAFT
        act = "picture" if picture is not None else "words for the picture"
        append_version(session, listing, act=act, from_state=from_state, actor=actor)
        note(session, actor=actor, act="listing:picture", about="listing", about_id=listing.id)
        return listing


def take_picture_off(*, listing_id: uuid.UUID, actor: str) -> Listing:
    """Take the picture off a listing, and return it. Twice is once."""
    with transaction() as session:
        listing = locked(session, listing_id)
        content = content_of(listing.content)
        if content.picture is None:
            return listing
        from_state = listing.state
        listing.content = to_json(dataclasses.replace(content, picture=None, picture_words=""))
        if from_state in {ListingState.WAITING, ListingState.PUBLISHED}:
            listing.state = ListingState.DRAFT
        append_version(session, listing, act="picture taken off", from_state=from_state, actor=actor)
        note(session, actor=actor, act="listing:picture", about="listing", about_id=listing.id)
        return listing
