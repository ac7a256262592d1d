"""Confirming that a listing is still right: by a link, by the group's editors, or on the telephone."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Service, ServiceStatus
from portal.directory.operations import confirm_service, set_status
from portal.directory.queries import PUBLIC_STATES
from portal.listings import publishing
from portal.listings.drafting import volunteers_id
from portal.listings.freshness_words import by_link
from portal.listings.models import FreshnessLink, Listing, Shown
from portal.listings.operations.answered import drop_answered
from portal.listings.queries.freshness import was_unpublished_for_age

NOT_SHOWN = "Residents do not see this listing, for another reason than its age. Ring us and we look at it together."


def confirm_by_link(*, link_id: uuid.UUID, service_id: uuid.UUID, actor: str) -> None:
    """Confirm one listing of a link. Raises RefusedChangeError when the link has ended or was used for this one."""
    with transaction() as session:
        link = session.get(FreshnessLink, link_id, with_for_update=True, populate_existing=True)
        if link is None or clock.now() >= link.expires_at or str(service_id) not in link.services:
            raise RefusedChangeError("", "This link has ended.")
        if str(service_id) in link.used:
            raise RefusedChangeError("", "This listing is confirmed already.")
        confirm(session, service_id=service_id, by=by_link(link.sent_to), actor=actor)
        link.used = [*link.used, str(service_id)]
        after = {"service": service_id}
        note(session, actor=actor, act="freshness:use-link", about="freshness_link", about_id=link.id, after=after)


def confirm_by_editor(*, listing_id: uuid.UUID, actor: str) -> None:
    """Confirm a listing for the group that keeps it. Raises RefusedChangeError when it is not to be seen."""
    with transaction() as session:
        listing = session.get(Listing, listing_id)
        if listing is None:
            raise RefusedChangeError("", "This listing is not there any more.")
        confirm(session, service_id=listing.service_id, by=listing.organisation.name, actor=actor)


def confirm(session: Session, *, service_id: uuid.UUID, by: str, actor: str) -> None:
    """Note within the caller's transaction that a listing is right today, and bring it back if it was too old.

    `by` is who said so, or the way ("by e-mail link"). Raises RefusedChangeError for one that is hidden otherwise.
    """
    fresh = {"populate_existing": True}
    which = sa.select(Listing).where(Listing.service_id == service_id)
    listing = session.scalar(which.with_for_update(of=Listing).execution_options(**fresh))
    service = session.get(Service, service_id, with_for_update={"of": Service}, populate_existing=True)
    if service is None:
        raise RefusedChangeError("", NOT_SHOWN)
    if service.status not in PUBLIC_STATES:
        _bring_back(session, service, listing, actor)
    beside = volunteers_id(service_id)
    for each in (service_id, beside) if session.get(Service, beside) else (service_id,):
        confirm_service(session, service_id=each, on=clock.today(), by=by, actor=actor)
    drop_answered(session, service_id=service_id, actor=actor)


def _bring_back(session: Session, service: Service, listing: Listing | None, actor: str) -> None:
    if listing is not None and listing.shown is Shown.AWAY:
        return  # it comes back when its group says so
    if listing is not None and listing.shown is Shown.UNPUBLISHED:
        publishing.show(session, listing, actor=actor)
    elif listing is None and service.status is ServiceStatus.INACTIVE and was_unpublished_for_age(service):
        is_closed = service.closed_until is not None and service.closed_until > clock.today()
        status = ServiceStatus.TEMPORARILY_CLOSED if is_closed else ServiceStatus.ACTIVE
        set_status(session, service_id=service.id, status=status, actor=actor)
    else:
        raise RefusedChangeError("", NOT_SHOWN)
