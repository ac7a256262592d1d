"""Every read of listings that a page or an operation needs. Lists are ordered."""

import datetime as dt
import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from portal.accounts.models import User
from portal.accounts.queries import NotFoundError
from portal.core.database import db
from portal.directory.models import Organisation, Service
from portal.directory.queries import PUBLIC_STATES
from portal.listings.access import organisations_of
from portal.listings.content import content_of
from portal.listings.drafting import volunteers_id
from portal.listings.models import Listing, ListingVersion, Picture, Shown


def get_listing(listing_id: uuid.UUID, user: User) -> Listing:
    """Return a listing of one of the groups that somebody edits. Raises NotFoundError, also for those of others."""
    found = db.session.get(Listing, listing_id)
    if found is None or found.organisation_id not in organisations_of(user):
        raise NotFoundError(listing_id)
    return found


def list_listings(organisation_id: uuid.UUID) -> list[Listing]:
    """Return the listings of a group by name, in the order of the alphabet."""
    rows = db.session.scalars(sa.select(Listing).where(Listing.organisation_id == organisation_id))
    return sorted(rows, key=lambda one: (content_of(one.content).name.casefold(), str(one.id)))


def list_versions(listing_id: uuid.UUID) -> list[ListingVersion]:
    """Return what became of a listing, the newest first."""
    return list(
        db.session.scalars(
            sa.select(ListingVersion)
            .where(ListingVersion.listing_id == listing_id)
            .order_by(ListingVersion.number.desc())
        )
    )


def get_version(listing_id: uuid.UUID, number: int) -> ListingVersion:
    """Return one version of a listing. Raises NotFoundError."""
    found = db.session.scalar(
        sa.select(ListingVersion).where(ListingVersion.listing_id == listing_id, ListingVersion.number == number)
    )
    if found is None:
        raise NotFoundError(number)
    return found


def find_by_service(service_id: uuid.UUID) -> Listing | None:
    """Return the listing that is published as a service, or None when no group keeps it here."""
    return db.session.scalar(sa.select(Listing).where(Listing.service_id == service_id))


def list_due_back(today: dt.date) -> list[uuid.UUID]:
    """Return the ids of the listings that are away and whose London day has come."""
    due = (Listing.shown == Shown.AWAY, Listing.return_on <= today)
    return list(db.session.scalars(sa.select(Listing.id).where(*due).order_by(Listing.return_on, Listing.id)))


def list_groups(user: User) -> list[Organisation]:
    """Return the groups that somebody edits, in the order in which they became an editor."""
    ids = organisations_of(user)
    rows = db.session.scalars(sa.select(Organisation).where(Organisation.id.in_(ids), Organisation.ended_at.is_(None)))
    by_id = {one.id: one for one in rows}
    return [by_id[each] for each in ids if each in by_id]


def list_services_by_id(service_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Service]:
    """Return services by their ids, shown or not."""
    rows = db.session.scalars(sa.select(Service).where(Service.id.in_(service_ids)))
    return {row.id: row for row in rows}


def list_services_to_adopt(organisation_id: uuid.UUID) -> list[Service]:
    """Return the services of a group that residents see and that have no listing yet, by name."""
    listed = set(db.session.scalars(sa.select(Listing.service_id).where(Listing.organisation_id == organisation_id)))
    beside = {volunteers_id(service_id) for service_id in listed}
    rows = db.session.scalars(
        sa.select(Service)
        .where(Service.organisation_id == organisation_id, Service.status.in_(PUBLIC_STATES))
        .order_by(Service.name, Service.id)
    )
    return [row for row in rows if row.id not in listed and row.id not in beside]


def find_shown_picture(picture_id: uuid.UUID) -> Picture | None:
    """Return a picture that stands on a service which residents see, or None."""
    shown = sa.exists().where(Service.picture_id == picture_id, Service.status.in_(PUBLIC_STATES))
    return db.session.scalar(sa.select(Picture).where(Picture.id == picture_id, shown))


def find_picture(picture_id: uuid.UUID) -> Picture | None:
    """Return any picture, or None; for moderators."""
    return db.session.get(Picture, picture_id)


def find_own_picture(picture_id: uuid.UUID, user: User) -> Picture | None:
    """Return a picture of a listing of one of the groups that somebody edits, or None."""
    return db.session.scalar(
        sa.select(Picture)
        .join(Listing, Listing.id == Picture.listing_id)
        .where(Picture.id == picture_id, Listing.organisation_id.in_(organisations_of(user)))
    )
