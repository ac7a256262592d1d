"""Every read of the directory that a page needs. Lists are ordered; what is not public is not returned."""

import uuid
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only, selectinload

from portal.core.database import db
from portal.directory.models import (
    AccessFact,
    Change,
    CostOption,
    Location,
    MovedService,
    Organisation,
    Phone,
    Service,
    ServiceAccess,
    ServiceArea,
    ServiceAtLocation,
    ServiceStatus,
    ServiceTerm,
    Taxonomy,
    TaxonomyTerm,
)

PUBLIC_STATES = (ServiceStatus.ACTIVE, ServiceStatus.TEMPORARILY_CLOSED)
# Asked by every page, so it is put together once.
_TERMS = TaxonomyTerm.__table__
_TERMS_MARK = sa.select(sa.func.count(), sa.func.sum(_TERMS.c.version)).select_from(_TERMS)

_WHOLE = (
    joinedload(Service.organisation).options(selectinload(Organisation.phones), selectinload(Organisation.contacts)),
    selectinload(Service.locations).options(
        joinedload(ServiceAtLocation.location).selectinload(Location.access_facts).joinedload(AccessFact.term),
    ),
    selectinload(Service.schedules),
    selectinload(Service.terms).joinedload(ServiceTerm.term),
    selectinload(Service.access).joinedload(ServiceAccess.term),
    selectinload(Service.languages),
    selectinload(Service.areas).joinedload(ServiceArea.area),
    selectinload(Service.costs),
    selectinload(Service.phones),
    selectinload(Service.contacts),
)

# A page of results may need twenty that nobody has seen yet, so the columns that no card shows are left where they are.
_FOR_A_CARD = (
    load_only(
        Service.organisation_id, Service.name, Service.summary, Service.status, Service.attendance, Service.when_note,
        Service.cost_kind, Service.joining, Service.capacity, Service.places_left, Service.waiting_weeks,
        Service.closed_until, Service.last_confirmed_on, Service.last_confirmed_by,
    ),
    joinedload(Service.organisation).options(
        load_only(Organisation.name), selectinload(Organisation.phones).load_only(Phone.number)
    ),
    selectinload(Service.locations).joinedload(ServiceAtLocation.location).load_only(
        Location.name, Location.latitude, Location.longitude, Location.is_confidential
    ),
    selectinload(Service.schedules),
    # Hardly ever more than one or two rows each, so joining costs less than asking again.
    joinedload(Service.costs).load_only(CostOption.amount_pence),
    joinedload(Service.phones).load_only(Phone.number),
)  # fmt: skip


class NotFoundError(LookupError):
    """There is no such public row."""


def _public() -> sa.Select[Service]:
    return sa.select(Service).where(Service.status.in_(PUBLIC_STATES)).options(*_WHOLE)


def find_service(service_id: uuid.UUID) -> Service | None:
    """Return one public service with everything that belongs to it, or None."""
    return db.session.scalar(_public().where(Service.id == service_id))


def get_service(service_id: uuid.UUID) -> Service:
    """Return one public service with everything that belongs to it. Raises NotFoundError."""
    found = find_service(service_id)
    if found is None:
        raise NotFoundError(service_id)
    return found


def list_services(service_ids: Sequence[uuid.UUID]) -> list[Service]:
    """Return the public services among these ids, whole, in the order of the ids.

    For one that was merged into another, the other stands; none stands twice.
    """
    if not service_ids:
        return []
    by_id = {service.id: service for service in db.session.scalars(_public().where(Service.id.in_(service_ids)))}
    missing = [service_id for service_id in service_ids if service_id not in by_id]
    moved = _moved(missing) if missing else {}
    if moved:
        rows = db.session.scalars(_public().where(Service.id.in_(moved.values())))
        by_id |= {service.id: service for service in rows}
    wanted = dict.fromkeys(moved.get(service_id, service_id) for service_id in service_ids)
    return [by_id[service_id] for service_id in wanted if service_id in by_id]


def _moved(service_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    moved = sa.select(MovedService.old_id, MovedService.service_id).where(MovedService.old_id.in_(service_ids))
    return {row.old_id: row.service_id for row in db.session.execute(moved)}


def find_moved(service_id: uuid.UUID) -> uuid.UUID | None:
    """Return the id of the service into which one was merged, or None."""
    return _moved([service_id]).get(service_id)


def list_old_ids(service_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the ids of the services that were merged into this one, in the order of the ids."""
    old = sa.select(MovedService.old_id).where(MovedService.service_id == service_id)
    return list(db.session.scalars(old.order_by(MovedService.old_id)))


def list_for_cards(service_ids: Sequence[uuid.UUID]) -> list[Service]:
    """Return the public services among these ids, with what a card shows, in the order of the ids."""
    if not service_ids:
        return []
    statement = sa.select(Service).where(Service.status.in_(PUBLIC_STATES), Service.id.in_(service_ids))
    by_id = {service.id: service for service in db.session.scalars(statement.options(*_FOR_A_CARD)).unique()}
    return [by_id[service_id] for service_id in service_ids if service_id in by_id]


def find_at_location(number: int) -> ServiceAtLocation | None:
    """Return a public service at a place that may be shown, by the short number of its pin, or None."""
    return db.session.scalar(
        sa.select(ServiceAtLocation)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .join(Location, Location.id == ServiceAtLocation.location_id)
        .where(ServiceAtLocation.number == number, Service.status.in_(PUBLIC_STATES), ~Location.is_confidential)
        .options(joinedload(ServiceAtLocation.location))
    )


def iter_services(*, batch: int = 500) -> Iterator[Service]:
    """Yield every public service, whole, in the order of the ids, reading `batch` at a time."""
    last: uuid.UUID | None = None
    while True:
        statement = _public().order_by(Service.id).limit(batch)
        if last is not None:
            statement = statement.where(Service.id > last)
        rows = db.session.scalars(statement).all()
        yield from rows
        if len(rows) < batch:
            return
        last = rows[-1].id


def find_organisation(organisation_id: uuid.UUID) -> Organisation | None:
    """Return an organisation that offers something public, with its telephone numbers and contacts, or None."""
    offers = sa.exists().where(Service.organisation_id == Organisation.id, Service.status.in_(PUBLIC_STATES))
    return db.session.scalar(
        sa.select(Organisation)
        .where(Organisation.id == organisation_id, offers)
        .options(selectinload(Organisation.phones), selectinload(Organisation.contacts))
    )


def get_organisation(organisation_id: uuid.UUID) -> Organisation:
    """Return one organisation with its telephone numbers and contacts. Raises NotFoundError."""
    found = find_organisation(organisation_id)
    if found is None:
        raise NotFoundError(organisation_id)
    return found


def list_organisations() -> list[Organisation]:
    """Return every organisation that has not ended, also those that offer nothing public, by name."""
    statement = sa.select(Organisation).where(Organisation.ended_at.is_(None))
    return list(db.session.scalars(statement.order_by(Organisation.name, Organisation.id)))


def list_services_of(organisation_id: uuid.UUID) -> list[Service]:
    """Return the public services of an organisation, whole, by name."""
    statement = _public().where(Service.organisation_id == organisation_id)
    return list(db.session.scalars(statement.order_by(Service.name, Service.id)))


def list_terms(taxonomy: Taxonomy) -> list[TaxonomyTerm]:
    """Return the terms of one list, in their order."""
    return list(
        db.session.scalars(
            sa.select(TaxonomyTerm)
            .where(TaxonomyTerm.taxonomy == taxonomy)
            .order_by(TaxonomyTerm.position, TaxonomyTerm.name)
        )
    )


def list_all_terms() -> dict[Taxonomy, list[TaxonomyTerm]]:
    """Return the terms of all lists, each in its order, from one reading."""
    terms: dict[Taxonomy, list[TaxonomyTerm]] = {taxonomy: [] for taxonomy in Taxonomy}
    for term in db.session.scalars(sa.select(TaxonomyTerm).order_by(TaxonomyTerm.position, TaxonomyTerm.name)):
        terms[term.taxonomy].append(term)
    return terms


def read_terms_mark() -> tuple[int, int]:
    """Return what tells one state of all lists from another: terms are never deleted, and each change counts up."""
    count, versions = db.session.connection().execute(_TERMS_MARK).one()
    return count, versions or 0


def find_term(taxonomy: Taxonomy, slug: str) -> TaxonomyTerm | None:
    """Return one term by its slug, or None."""
    return db.session.scalar(
        sa.select(TaxonomyTerm).where(TaxonomyTerm.taxonomy == taxonomy, TaxonomyTerm.slug == slug)
    )


def is_empty() -> bool:
    """Say whether the directory holds no organisation at all."""
    return db.session.scalar(sa.select(sa.exists().where(Organisation.id.is_not(None)))) is False


def last_change() -> int:
    """Return the number of the newest change, 0 when there was none."""
    return db.session.scalar(sa.select(sa.func.max(Change.sequence))) or 0


def list_changes(after: int) -> list[tuple[int, uuid.UUID]]:
    """Return (number, service id) of every change after a number, in order."""
    rows = db.session.execute(
        sa.select(Change.sequence, Change.service_id).where(Change.sequence > after).order_by(Change.sequence)
    )
    return [(sequence, service_id) for sequence, service_id in rows]
