"""Saving services with everything that belongs to them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from portal.audit.operations import note as audit
from portal.core import clock
from portal.directory.models import (
    CostOption,
    Schedule,
    Service,
    ServiceAccess,
    ServiceArea,
    ServiceAtLocation,
    ServiceLanguage,
    ServiceStatus,
    ServiceTerm,
    Taxonomy,
)
from portal.directory.operations.checks import Fault, KnownWords, RefusedError, faults_of_service
from portal.directory.operations.drafts import RuleDraft, ServiceDraft
from portal.directory.operations.log import note
from portal.directory.operations.organisations import set_contacts, set_phones
from portal.directory.operations.rows import Outcome, numbered, set_rows, set_values

_WHOLE = tuple(
    selectinload(part)
    for part in (
        Service.locations, Service.schedules, Service.terms, Service.access, Service.languages,
        Service.areas, Service.costs, Service.phones, Service.contacts,
    )
)  # fmt: skip
# Columns of a service that a draft has under the same name.
_COLUMNS = (
    "organisation_id", "kind", "name", "summary", "description", "status", "when_note", "minimum_age", "maximum_age",
    "cost_kind", "cost_note", "joining", "how_to_join", "capacity", "places_left", "waiting_weeks", "email", "website",
    "takes_direct_payments", "takes_personal_budgets", "takes_introductions", "introduction_email",
    "introduction_phone", "picture_id", "picture_words", "closed_until", "is_kept_by_group", "last_confirmed_on",
    "last_confirmed_by",
)  # fmt: skip
_LONGEST_NAME = 120
_RULE = (
    "at", "frequency", "interval", "by_day", "by_month_day", "starts_on", "valid_from", "valid_to", "opens_at",
    "closes_at", "except_on", "also_on", "not_on_bank_holidays", "term_time_only", "note",
)  # fmt: skip


def save_services(
    session: Session, *, drafts: Sequence[ServiceDraft], known: KnownWords, actor: str
) -> dict[uuid.UUID, Outcome]:
    """Create or update services, known by their ids, and say what became of each.

    Organisations and locations that they name must be there. Rows that belong to a service keep their ids and
    the short number of a venue stays; nothing is written where nothing differs. Raises RefusedError for the
    first that cannot be stored. The caller's transaction decides whether it stays.
    """
    ids = [draft.id for draft in drafts]
    with session.no_autoflush:
        rows = session.scalars(sa.select(Service).where(Service.id.in_(ids)).options(*_WHOLE))
        there = {row.id: row for row in rows}
        _refuse_foreign_numbers(session, drafts)
        return {draft.id: _save(session, there.get(draft.id), draft, known, actor) for draft in drafts}


def set_status(session: Session, *, service_id: uuid.UUID, status: ServiceStatus, actor: str) -> None:
    """Show or hide a service that no group writes, within the caller's transaction. Raises LookupError."""
    row = _get(session, service_id)
    if row.status is not status:
        before, row.status = row.status, status
        audit(
            session, actor=actor, act="service:set-status", about="service", about_id=service_id,
            before={"status": before}, after={"status": status},
        )  # fmt: skip


def confirm_service(session: Session, *, service_id: uuid.UUID, on: dt.date, by: str, actor: str) -> None:
    """Note that what a service says is still right, on a London day; `by` says who said so. Raises LookupError."""
    row = _get(session, service_id)
    before, row.last_confirmed_on, row.last_confirmed_by = row.last_confirmed_on, on, by[:_LONGEST_NAME].rstrip()
    audit(
        session, actor=actor, act="service:confirm", about="service", about_id=service_id,
        before={"on": before}, after={"on": on},
    )  # fmt: skip


def _get(session: Session, service_id: uuid.UUID) -> Service:
    row = session.get(Service, service_id)
    if row is None:
        raise LookupError(service_id)
    return row


def _refuse_foreign_numbers(session: Session, drafts: Sequence[ServiceDraft]) -> None:
    """Refuse a given id of a service at a location that belongs to another service."""
    owners = {at.id: draft.id for draft in drafts for at in draft.at if at.id}
    if not owners:
        return
    at = ServiceAtLocation
    for at_id, service_id in session.execute(sa.select(at.id, at.service_id).where(at.id.in_(owners))):
        if owners[at_id] != service_id:
            raise RefusedError([Fault("at", f"{at_id} already belongs to another service")])


def _save(session: Session, row: Service | None, draft: ServiceDraft, known: KnownWords, actor: str) -> Outcome:
    faults = faults_of_service(draft, known)
    if faults:
        raise RefusedError(faults)
    values = {name: getattr(draft, name) for name in _COLUMNS}
    values["attendance"] = [way.value for way in draft.attendance]
    is_new = row is None
    if row is None:
        row = Service(id=draft.id, **values)
    changed = set_values(row, values)
    if _set_parts(row, draft, known):
        changed = True
        row.updated_at = clock.now()
    if is_new:
        session.add(row)
    if not is_new and not changed:
        return Outcome.UNCHANGED
    note(actor, f"{'added' if is_new else 'changed'} service {draft.id}")
    return Outcome.NEW if is_new else Outcome.CHANGED


def _set_parts(row: Service, draft: ServiceDraft, known: KnownWords) -> bool:
    """Bring everything that belongs to the service into line; say whether anything changed."""
    costs: list[dict[str, Any]] = [{"amount_pence": cost.amount_pence, "about": cost.about} for cost in draft.costs]
    access = [
        {"term_id": known.terms[Taxonomy.ACCESS, fact.term], "is_there": fact.is_there, "note": fact.note}
        for fact in draft.access
    ]
    areas = [{"area_id": known.areas[slug]} for slug in draft.areas]
    languages = [{"code": code} for code in draft.languages]
    return any(
        [
            _set_venues_and_rules(row, draft),
            set_rows(row.terms, _term_values(draft, known), ServiceTerm, key=("term_id",), reuse=False),
            set_rows(row.access, access, ServiceAccess, key=("term_id",), reuse=False),
            set_rows(row.languages, languages, ServiceLanguage, key=("code",), reuse=False),
            set_rows(row.areas, areas, ServiceArea, key=("area_id",), reuse=False),
            set_rows(row.costs, numbered(costs), CostOption, key=("amount_pence", "about"), reuse=True),
            set_phones(row.phones, draft.phones),
            set_contacts(row.contacts, draft.contacts),
        ]
    )


def _term_values(draft: ServiceDraft, known: KnownWords) -> list[dict[str, Any]]:
    slugs = [
        *((Taxonomy.CATEGORY, slug) for slug in draft.categories),
        *((Taxonomy.NEED, slug) for slug in draft.needs),
        *((Taxonomy.AUDIENCE, slug) for slug in draft.audiences),
    ]
    return numbered([{"term_id": known.terms[each]} for each in slugs])


def _set_venues_and_rules(row: Service, draft: ServiceDraft) -> bool:
    """Bring the venues and all rules into line. A venue that goes takes its rules with it."""
    wanted = {at.venue_id for at in draft.at}
    gone = {at.location_id for at in row.locations} - wanted
    for rule in [rule for rule in row.schedules if rule.at is not None and rule.at.location_id in gone]:
        row.schedules.remove(rule)
    venues: list[dict[str, Any]] = [{"location_id": at.venue_id, "note": at.note} for at in draft.at]
    changed = set_rows(row.locations, numbered(venues), ServiceAtLocation, key=("location_id",), reuse=False)
    by_location = {at.location_id: at for at in row.locations}
    rules: list[dict[str, Any]] = [_rule_values(rule, None) for rule in draft.rules]
    for at in draft.at:
        place = by_location[at.venue_id]
        if at.id is not None:
            changed = set_values(place, {"id": at.id}) or changed
        rules += [_rule_values(rule, place) for rule in at.rules]
    return set_rows(row.schedules, numbered(rules), Schedule, key=_RULE, reuse=True) or changed


def _rule_values(rule: RuleDraft, at: ServiceAtLocation | None) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(rule, name) for name in _RULE if name != "at"}
    values["except_on"] = [day.isoformat() for day in rule.except_on]
    values["also_on"] = [day.isoformat() for day in rule.also_on]
    return {"at": at, **values}
