"""Writing a listing: it begins, is saved piece by piece, is sent in, copied, and set back to what it was."""

import dataclasses
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.queries import NotFoundError
from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.models import Organisation, Service
from portal.directory.operations import read_known_words
from portal.directory.queries import find_service
from portal.listings.checks import missing_in, wrong_in
from portal.listings.content import Content, content_of, to_json
from portal.listings.drafting import content_from, volunteers_id, with_hidden
from portal.listings.models import Listing, ListingState, ListingVersion, Shown
from portal.listings.operations.history import append_version
from portal.listings.publishing import publish
from portal.listings.queries.groups import is_known


@dataclass(frozen=True, kw_only=True)
class Private:
    """Whom we reach about a listing. Nobody but its editors and moderators sees it."""

    name: str = ""
    email: str = ""
    phone: str = ""


def begin_listing(
    *, organisation_id: uuid.UUID, actor: str, content: Content | None = None, listing_id: uuid.UUID | None = None
) -> Listing:
    """Begin a listing of a group, empty or with a first content, and return it. Raises RefusedChangeError.

    Whoever names its id finds the one that has begun already, so that doing it twice begins one.
    """
    with transaction() as session:
        if listing_id is not None and (there := session.get(Listing, listing_id)) is not None:
            return there
        organisation = session.get(Organisation, organisation_id)
        if organisation is None or organisation.ended_at is not None:
            raise RefusedChangeError("", "This group has been closed.")
        first = content or Content()
        return _begin(session, organisation, first, act="begun", actor=actor, listing_id=listing_id)


def save_content(
    *, listing_id: uuid.UUID, expected: int, content: Content, actor: str, private: Private | None = None
) -> Listing:
    """Save what a group wrote and return the listing; what residents see stays as it is.

    `expected` is the version that was read with it. Raises ChangedMeanwhileError with the listing as it is now,
    RefusedChangeError for a text that is too long or is not what its field is for.
    """
    with transaction() as session:
        listing = locked(session, listing_id)
        stored = to_json(content)
        was = (listing.private_name, listing.private_email, listing.private_phone)
        wanted = was if private is None else (private.name, private.email, private.phone)
        if stored == listing.content and wanted == was:
            return listing
        _check(session, listing, expected, content)
        from_state = listing.state
        listing.private_name, listing.private_email, listing.private_phone = wanted
        if stored != listing.content:
            listing.content = stored
            # Who goes on writing while a moderator has it takes it back; what was returned stays so until sent again.
            if from_state in {ListingState.WAITING, ListingState.PUBLISHED}:
                listing.state = ListingState.DRAFT
            append_version(session, listing, act="saved", from_state=from_state, actor=actor)
        _note(session, listing, "save", actor, {"state": from_state})
        return listing


def submit(*, listing_id: uuid.UUID, expected: int, actor: str) -> Listing:
    """Send a listing in and return it: a known group's is published at once, any other waits for a moderator.

    What is in already, as after a double click, stays as it is. What a moderator stopped always waits. Raises
    ChangedMeanwhileError, RefusedChangeError when something needed is missing.
    """
    with transaction() as session:
        listing = locked(session, listing_id)
        if listing.state in {ListingState.WAITING, ListingState.PUBLISHED}:
            return listing
        content = content_of(listing.content)
        _check(session, listing, expected, content)
        missing = missing_in(content, listing.organisation)
        if missing:
            raise RefusedChangeError("", f"{missing[0].text}. Then it can be published.")
        listing.submitted_at, listing.submitted_by = clock.now(), actor
        if is_known(listing.organisation_id) and listing.shown is not Shown.STOPPED:
            publish(session, listing, actor=actor)
            return listing
        from_state, listing.state = listing.state, ListingState.WAITING
        append_version(session, listing, act="sent in", from_state=from_state, actor=actor)
        _note(session, listing, "submit", actor, {"state": from_state})
        return listing


def copy_listing(*, listing_id: uuid.UUID, actor: str) -> Listing:
    """Begin a new listing of the same group with the same content, but for its picture, and return it."""
    with transaction() as session:
        listing = locked(session, listing_id)
        content = content_of(listing.content)
        copy = dataclasses.replace(content, name=f"{content.name} (copy)"[:200], picture=None, picture_words="")
        # A place with an id of its own, so that changing it in the copy changes nothing elsewhere.
        ids = {venue.id: uuid.uuid4() for venue in copy.venues}
        copy = dataclasses.replace(
            copy,
            venues=tuple(dataclasses.replace(venue, id=ids[venue.id]) for venue in copy.venues),
            when=tuple(dataclasses.replace(one, venue=ids.get(one.venue) if one.venue else None) for one in copy.when),
        )
        made = _begin(session, listing.organisation, copy, act="copied", actor=actor)
        made.private_name, made.private_email, made.private_phone = (
            listing.private_name, listing.private_email, listing.private_phone,
        )  # fmt: skip
        return made


def set_back(*, listing_id: uuid.UUID, number: int, expected: int, actor: str) -> Listing:
    """Take the text of an earlier version as the newest draft. Raises as `save_content`, and NotFoundError."""
    with transaction() as session:
        listing = locked(session, listing_id)
        version = session.scalar(
            sa.select(ListingVersion).where(ListingVersion.listing_id == listing_id, ListingVersion.number == number)
        )
        if version is None:
            raise NotFoundError(number)
        if listing.version != expected:
            raise ChangedMeanwhileError(listing)
        from_state = listing.state
        listing.content = to_json(with_hidden(content_of(version.content), content_of(listing.content)))
        if from_state in {ListingState.WAITING, ListingState.PUBLISHED}:
            listing.state = ListingState.DRAFT
        append_version(session, listing, act=f"back to version {number}", from_state=from_state, actor=actor)
        _note(session, listing, "set back", actor, {"state": from_state})
        return listing


def keep_service(*, service_id: uuid.UUID, organisation_ids: Collection[uuid.UUID], actor: str) -> Listing:
    """Begin to keep a service that residents see of one of these groups; return its listing. Raises NotFoundError."""
    with transaction() as session:
        service = find_service(service_id)
        if service is None or service.organisation_id not in organisation_ids:
            raise NotFoundError(service_id)
        of_group = sa.select(Listing.service_id).where(Listing.organisation_id == service.organisation_id)
        if service_id in {volunteers_id(kept) for kept in session.scalars(of_group)}:
            # The opportunity beside a listing goes with it.
            raise NotFoundError(service_id)
        return adopt_service(session, service, actor)


def adopt_service(session: Session, service: Service, actor: str) -> Listing:
    """Make the listing of a service, read whole, that no group has kept here; residents see what they saw.

    Returns the listing that there is when somebody was quicker.
    """
    session.execute(sa.select(Service.id).where(Service.id == service.id).with_for_update())
    found = session.scalar(sa.select(Listing).where(Listing.service_id == service.id))
    if found is not None:
        return found
    listing = Listing(
        organisation_id=service.organisation_id,
        organisation=service.organisation,
        service_id=service.id,
        state=ListingState.PUBLISHED,
        shown=Shown.SHOWN,
        content=to_json(content_from(service)),
    )
    session.add(listing)
    append_version(session, listing, act="taken over", from_state=None, actor=actor)
    _note(session, listing, "adopt", actor, None)
    return listing


def locked(session: Session, listing_id: uuid.UUID) -> Listing:
    """Return a listing that nobody else changes until the transaction ends. Raises NotFoundError."""
    statement = sa.select(Listing).where(Listing.id == listing_id).with_for_update(of=Listing)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFoundError(listing_id)
    return found


def _begin(
    session: Session,
    organisation: Organisation,
    content: Content,
    *,
    act: str,
    actor: str,
    listing_id: uuid.UUID | None = None,
) -> Listing:
    listing = Listing(
        id=listing_id or uuid.uuid4(),
        organisation_id=organisation.id,
        organisation=organisation,
        content=to_json(content),
        service_id=uuid.uuid4(),
    )
    session.add(listing)
    append_version(session, listing, act=act, from_state=None, actor=actor)
    _note(session, listing, "begin", actor, None)
    return listing


def _check(session: Session, listing: Listing, expected: int, content: Content) -> None:
    if listing.version != expected:
        raise ChangedMeanwhileError(listing)
    wrong = wrong_in(content, known=read_known_words(session))
    if wrong:
        raise RefusedChangeError(wrong[0].field, wrong[0].text)


def _note(session: Session, listing: Listing, act: str, actor: str, before: Mapping[str, object] | None) -> None:
    note(
        session,
        actor=actor,
        act=f"listing:{act}",
        about="listing",
        about_id=listing.id,
        before=before,
        after={"state": listing.state, "shown": listing.shown},
    )
