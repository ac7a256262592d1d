"""What residents see of a listing. Whoever publishes, hides or shows one calls these three functions and no others.

All of them work within the caller's transaction, on a listing whose row the caller holds locked.
"""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.editing import RefusedChangeError
from portal.directory.models import Attendance, Location, Service, ServiceAtLocation, ServiceStatus
from portal.directory.operations import RefusedError, read_known_words, save_locations, save_services
from portal.listings.content import Content, content_of
from portal.listings.drafting import opportunity_draft, service_draft, venue_drafts, volunteers_id
from portal.listings.models import MOVES, SHOWN_MOVES, Listing, ListingState, OrganisationCheck, Shown
from portal.listings.operations.answered import drop_answered
from portal.listings.operations.history import append_version, published_content
from portal.listings.queries.groups import may_take_introductions
from portal.listings.watching import tell_watchers


def publish(session: Session, listing: Listing, *, actor: str, why: str = "") -> None:
    """Let residents see what the group wrote, confirmed today by the group.

    A listing that was not yet shown, or was unpublished for its age, is shown from now on; one that is away, or was
    when it became too old, stays away until its day, and one that a moderator stopped stays stopped until `show`.
    Raises RefusedChangeError.
    """
    from_state, was_shown = listing.state, listing.shown
    if ListingState.PUBLISHED not in MOVES[from_state]:
        raise RefusedChangeError("", "This listing cannot be published just now.")
    before = published_content(session, listing.id)
    if was_shown in {Shown.NOT_YET, Shown.UNPUBLISHED}:
        listing.shown = Shown.AWAY if _is_away_until_later(listing) else Shown.SHOWN
    listing.state = ListingState.PUBLISHED
    listing.return_reason = ""
    write_rows(session, listing, actor=actor)
    drop_answered(session, service_id=listing.service_id, actor=actor)
    append_version(session, listing, act="published", from_state=from_state, actor=actor, why=why)
    note(
        session,
        actor=actor,
        act="listing:publish",
        about="listing",
        about_id=listing.id,
        before={"state": from_state, "shown": was_shown},
        after={"state": listing.state, "shown": listing.shown},
    )
    if was_shown is Shown.SHOWN and before is not None and before != listing.content:
        tell_watchers(session, service_id=listing.service_id, what="changed", actor=actor)


def hide(session: Session, listing: Listing, *, shown: Shown, actor: str, why: str) -> None:
    """Take a listing from residents: AWAY, UNPUBLISHED or STOPPED. Raises RefusedChangeError for a move that is none.

    One that is away until a day (`return_on`) stays in sight as closed until then; any other is gone from the site.
    """
    _move_shown(session, listing, shown, actor=actor, why=why)


def show(session: Session, listing: Listing, *, actor: str) -> None:
    """Let residents see a listing again as it was published last: until a day to come, if it is away until one, as
    closed. Raises RefusedChangeError.
    """
    if not _is_away_until_later(listing):
        listing.return_on = None
        _move_shown(session, listing, Shown.SHOWN, actor=actor, why="")
        return
    if Shown.AWAY not in SHOWN_MOVES[listing.shown]:
        _move_shown(session, listing, Shown.SHOWN, actor=actor, why="")
    _move_shown(session, listing, Shown.AWAY, actor=actor, why="")


def write_rows(session: Session, listing: Listing, *, actor: str) -> None:
    """Bring the rows of the directory into line with a listing, and nothing else. Raises RefusedChangeError."""
    content = content_of(listing.content)
    known = read_known_words(session)
    ids = _venue_ids(session, listing, content)
    _hold_checks(session, listing.organisation_id)
    draft = service_draft(
        content,
        service_id=listing.service_id,
        organisation_id=listing.organisation_id,
        venue_ids=ids,
        takes_introductions=may_take_introductions(
            listing.organisation_id, visits_homes=Attendance.AT_HOME in content.attendance
        ),
        status=_status_of(listing),
        closed_until=listing.return_on if listing.shown is Shown.AWAY else None,
        confirmed_by=listing.organisation.name,
    )
    drafts = [draft]
    if content.volunteering is not None:
        drafts.append(opportunity_draft(content, content.volunteering, service=draft))
    try:
        venues = venue_drafts(content, ids)
        save_locations(session, drafts=venues, known=known, actor=actor)
        for venue in venues:
            # Saving never brings a hidden place to light; its own editors may.
            session.get_one(Location, venue.id).is_confidential = venue.is_confidential
        session.flush()
        save_services(session, drafts=drafts, known=known, actor=actor)
    except RefusedError as error:
        fault = error.faults[0]
        raise RefusedChangeError(fault.field, f"{fault.field.replace('_', ' ')} {fault.problem}.") from error
    if content.volunteering is None:
        opportunity = session.get(Service, volunteers_id(listing.service_id))
        if opportunity is not None:
            opportunity.status, opportunity.closed_until = ServiceStatus.INACTIVE, None
    session.flush()


def _hold_checks(session: Session, organisation_id: uuid.UUID) -> None:
    """Let nobody end a check that counts now before this is committed: who does then finds what was published."""
    held = sa.select(OrganisationCheck.id).where(
        OrganisationCheck.organisation_id == organisation_id, OrganisationCheck.ended_at.is_(None)
    )
    session.execute(held.order_by(OrganisationCheck.id).with_for_update(read=True))


def _venue_ids(session: Session, listing: Listing, content: Content) -> dict[uuid.UUID, uuid.UUID]:
    """Return under which id each place is stored: one that others use too is copied, never changed for them."""
    at = ServiceAtLocation
    own = {listing.service_id, volunteers_id(listing.service_id)}
    shared = session.scalars(
        sa.select(at.location_id).where(
            at.location_id.in_([venue.id for venue in content.venues]), at.service_id.not_in(own)
        )
    )
    foreign = set(shared)
    return {
        venue.id: uuid.uuid5(listing.service_id, str(venue.id)) if venue.id in foreign else venue.id
        for venue in content.venues
    }


def _is_away_until_later(listing: Listing) -> bool:
    return listing.return_on is not None and listing.return_on > clock.today()


def _status_of(listing: Listing) -> ServiceStatus:
    if listing.organisation.ended_at is not None:
        return ServiceStatus.INACTIVE
    if listing.shown is Shown.AWAY and listing.return_on is not None:
        return ServiceStatus.TEMPORARILY_CLOSED
    return ServiceStatus.ACTIVE if listing.shown in {Shown.SHOWN, Shown.NOT_YET} else ServiceStatus.INACTIVE


def _move_shown(session: Session, listing: Listing, shown: Shown, *, actor: str, why: str) -> None:
    """Change what residents see of a listing and of the opportunity beside it, and write down who did and why."""
    was = listing.shown
    if shown not in SHOWN_MOVES[was]:
        raise RefusedChangeError("", f"This listing is {was.value}. It cannot become {shown.value} just now.")
    listing.shown = shown
    status = _status_of(listing)
    wanted = published_content(session, listing.id) or listing.content
    ids = [listing.service_id, *([volunteers_id(listing.service_id)] if "volunteering" in wanted else [])]
    for service in session.scalars(sa.select(Service).where(Service.id.in_(ids))):
        service.status = status
        service.closed_until = listing.return_on if status is ServiceStatus.TEMPORARILY_CLOSED else None
    append_version(session, listing, act=shown.value, from_state=listing.state, actor=actor, why=why)
    note(
        session,
        actor=actor,
        act="listing:show" if shown is Shown.SHOWN else "listing:hide",
        about="listing",
        about_id=listing.id,
        before={"shown": was},
        after={"shown": shown, "return_on": listing.return_on, "why": why},
    )
