"""What moderators decide about listings: approve, return, edit, take down now, allow again, go back to a version.

Each act stands in the history of the listing with who, when and why, and the group is told of it. Nobody decides about
the listings of their own group; taking down they may.
"""

import dataclasses
import uuid
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.queries import NotFoundError
from portal.audit.operations import note
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.models import MovedService, Service
from portal.directory.operations import read_known_words
from portal.listings.checks import wrong_in
from portal.listings.content import content_of, to_json
from portal.listings.drafting import volunteers_id, with_hidden
from portal.listings.models import Listing, ListingState, ListingVersion, Shown
from portal.listings.operations.drafts import adopt_service, locked
from portal.listings.operations.history import append_version
from portal.listings.operations.impartial import OWN_GROUP, refuse_own_group
from portal.listings.publishing import hide, publish, show
from portal.listings.queries.moderation import LOOKED_AT, find_listing_of, find_shown
from portal.listings.telling_groups import tell_group
from portal.listings.watching import tell_watchers

# Rooms above add functions (session, service_id, actor): they tell whoever has somebody on the way there.
TOLD_WHEN_TAKEN_DOWN: list[Callable[[Session, uuid.UUID, str], None]] = []
NOT_WAITING = "This listing does not wait for a moderator any more."


def approve(*, listing_id: uuid.UUID, expected: int, actor: str) -> None:
    """Publish a listing that waits, and tell its group.

    `expected` is the version that was looked at. Raises ChangedMeanwhileError with the listing when the group has
    changed it since, RefusedChangeError when it does not wait or cannot be published.
    """
    with transaction() as session:
        listing = _waiting(session, listing_id, expected, actor)
        publish(session, listing, actor=actor)
        page = f"/services/{listing.service_id}"
        tell_group(session, listing, wording="listing-approved", actor=actor, page=page)


def return_listing(*, listing_id: uuid.UUID, expected: int, reason: str, actor: str) -> None:
    """Give a listing that waits back to its group, with the reason in the moderator's words. Raises as `approve`."""
    with transaction() as session:
        listing = _waiting(session, listing_id, expected, actor)
        from_state, listing.state = listing.state, ListingState.RETURNED
        listing.return_reason = reason
        append_version(session, listing, act="returned", from_state=from_state, actor=actor, why=reason)
        _note(session, listing, "return", actor)
        tell_group(session, listing, wording="listing-returned", actor=actor, reason=reason)


def edit_words(
    *, listing_id: uuid.UUID, expected: int, name: str, summary: str, description: str, why: str, actor: str
) -> None:
    """Change the words of a listing, and tell its group with the note `why`.

    What waits goes on waiting; what is published is published anew. Raises ChangedMeanwhileError with the listing,
    RefusedChangeError while the group is writing, or for words that cannot be stored.
    """
    with transaction() as session:
        listing = _of_others(session, listing_id, actor)
        if listing.version != expected:
            raise ChangedMeanwhileError(listing)
        if listing.state not in {ListingState.WAITING, ListingState.PUBLISHED}:
            raise RefusedChangeError("", "The group is writing this just now. Wait until they send it.")
        content = content_of(listing.content)
        content = dataclasses.replace(content, name=name, summary=summary, description=description)
        wrong = wrong_in(content, known=read_known_words(session))
        if wrong:
            raise RefusedChangeError(wrong[0].field, wrong[0].text)
        listing.content = to_json(content)
        append_version(session, listing, act="edited", from_state=listing.state, actor=actor, why=why)
        _note(session, listing, "edit", actor)
        if listing.state is ListingState.PUBLISHED:
            publish(session, listing, actor=actor, why=why)
        tell_group(session, listing, wording="listing-edited", actor=actor, reason=why)


def publish_again(*, listing_id: uuid.UUID, number: int, expected: int, why: str, actor: str) -> None:
    """Publish an earlier version of a listing again, and tell its group why.

    What the group had not sent yet stays in the history. Raises NotFoundError, ChangedMeanwhileError with the
    listing, RefusedChangeError when that version cannot be published.
    """
    with transaction() as session:
        listing = _of_others(session, listing_id, actor)
        which = (ListingVersion.listing_id == listing_id, ListingVersion.number == number)
        version = session.scalar(sa.select(ListingVersion).where(*which))
        if version is None:
            raise NotFoundError(number)
        if listing.version != expected:
            raise ChangedMeanwhileError(listing)
        append_version(session, listing, act="laid aside", from_state=listing.state, actor=actor, why=why)
        listing.content = to_json(with_hidden(content_of(version.content), content_of(listing.content)))
        publish(session, listing, actor=actor, why=why)
        tell_group(session, listing, wording="listing-edited", actor=actor, reason=why)


def take_down_now(*, service_id: uuid.UUID, reason: str, actor: str) -> Listing:
    """Take a service from the public at once; tell its group, everybody who watches it, and who stands on the list.

    Works for every service that residents see, whoever keeps it, and returns its listing; a second press does nothing
    more. Raises NotFoundError for what residents do not see.
    """
    with transaction() as session:
        listing = stop(session, service_id=service_id, reason=reason, actor=actor)
        if listing is not None:
            tell_group(session, listing, wording="listing-stopped", actor=actor, page="/inclusion", reason=reason)
            for each in (listing.service_id, volunteers_id(listing.service_id)):
                if session.get(Service, each) is not None:
                    for told in TOLD_WHEN_TAKEN_DOWN:
                        told(session, each, actor)
                    tell_watchers(session, service_id=each, what="closed", actor=actor)
            return listing
    found = find_listing_of(service_id)
    if found is None:
        raise NotFoundError(service_id)
    return found


def stop(session: Session, *, service_id: uuid.UUID, reason: str, actor: str) -> Listing | None:
    """Stop a service within the caller's transaction and return its listing, None when it is stopped already.

    Raises NotFoundError for what residents do not see, and was not stopped.
    """
    found = find_listing_of(service_id)
    if found is None:
        service = find_shown(service_id)
        if service is None:
            raise NotFoundError(service_id)
        # Imports leave alone what is kept here, so that none of them brings it back.
        service.is_kept_by_group = True
        found = adopt_service(session, service, actor)
    listing = locked(session, found.id)
    if listing.shown is Shown.STOPPED:
        return None
    hide(session, listing, shown=Shown.STOPPED, actor=actor, why=reason)
    return listing


def allow_again(*, listing_id: uuid.UUID, actor: str) -> None:
    """Show what a moderator stopped, or merged into another, as it was published last; tell its group and watchers.

    Raises NotFoundError, RefusedChangeError when it is not stopped.
    """
    with transaction() as session:
        listing = _of_others(session, listing_id, actor)
        if listing.shown is not Shown.STOPPED:
            raise RefusedChangeError("", "This listing is not stopped.")
        session.execute(sa.delete(MovedService).where(MovedService.old_id == listing.service_id))
        show(session, listing, actor=actor)
        _give_back(session, listing)
        page = f"/services/{listing.service_id}"
        tell_group(session, listing, wording="listing-allowed", actor=actor, page=page)
        tell_watchers(session, service_id=listing.service_id, what="changed", actor=actor)


def _give_back(session: Session, listing: Listing) -> None:
    """Let imports keep a service again that no group has ever kept here: it has a listing only since it was stopped."""
    which = sa.select(ListingVersion.act, ListingVersion.by).where(ListingVersion.listing_id == listing.id)
    history = [(act, by) for act, by in session.execute(which.order_by(ListingVersion.number))]
    of_moderators = {"taken over", Shown.STOPPED.value, Shown.SHOWN.value}
    if {act for act, _by in history} <= of_moderators and history[0][1] == history[1][1]:
        session.get_one(Service, listing.service_id).is_kept_by_group = False


def note_looked_at(*, listing_id: uuid.UUID, actor: str) -> None:
    """Note that a moderator looked at what a known group published by itself.

    Raises NotFoundError, RefusedChangeError for one of their own group.
    """
    with transaction() as session:
        listing = _of_others(session, listing_id, actor)
        append_version(session, listing, act=LOOKED_AT, from_state=listing.state, actor=actor)
        _note(session, listing, "look", actor)


def _waiting(session: Session, listing_id: uuid.UUID, expected: int, actor: str) -> Listing:
    listing = _of_others(session, listing_id, actor)
    if listing.version != expected:
        raise ChangedMeanwhileError(listing)
    if listing.state is not ListingState.WAITING:
        raise RefusedChangeError("", NOT_WAITING)
    if listing.submitted_by == actor:
        raise RefusedChangeError("", OWN_GROUP)
    return listing


def _of_others(session: Session, listing_id: uuid.UUID, actor: str) -> Listing:
    """Return a listing, locked. Raises RefusedChangeError for one of the actor's own group, NotFoundError."""
    listing = locked(session, listing_id)
    refuse_own_group(session, organisation_id=listing.organisation_id, actor=actor)
    return listing


def _note(session: Session, listing: Listing, act: str, actor: str) -> None:
    after = {"state": listing.state, "shown": listing.shown}
    note(session, actor=actor, act=f"listing:{act}", about="listing", about_id=listing.id, after=after)
