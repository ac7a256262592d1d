"""Saving organisations."""

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from portal.core import clock
from portal.directory.models import Contact, Organisation, Phone, Service, ServiceStatus
from portal.directory.operations.checks import RefusedError, faults_of_organisation
from portal.directory.operations.drafts import ContactDraft, OrganisationDraft, PhoneDraft
from portal.directory.operations.log import note
from portal.directory.operations.rows import Outcome, numbered, set_rows, set_values


def save_organisations(
    session: Session, *, drafts: Sequence[OrganisationDraft], actor: str
) -> dict[uuid.UUID, Outcome]:
    """Create or update organisations, known by their ids, and say what became of each.

    Raises RefusedError for the first that cannot be stored. The caller's transaction decides whether it stays.
    """
    ids = [draft.id for draft in drafts]
    whole = (selectinload(Organisation.phones), selectinload(Organisation.contacts))
    statement = sa.select(Organisation).where(Organisation.id.in_(ids)).options(*whole)
    with session.no_autoflush:
        there = {row.id: row for row in session.scalars(statement)}
        return {draft.id: _save(session, there.get(draft.id), draft, actor) for draft in drafts}


def end_organisation(session: Session, *, organisation_id: uuid.UUID, actor: str) -> None:
    """Take down that an organisation has given up: its services are no longer offered. Twice is as good as once.

    Raises LookupError when there is no such organisation.
    """
    row = session.get(Organisation, organisation_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise LookupError(organisation_id)
    if row.ended_at is not None:
        return
    row.ended_at = clock.now()
    offered = sa.select(Service).where(Service.organisation_id == row.id, Service.status != ServiceStatus.DEFUNCT)
    for service in session.scalars(offered):
        service.status = ServiceStatus.INACTIVE
    note(actor, f"ended organisation {row.id}")


def _save(session: Session, row: Organisation | None, draft: OrganisationDraft, actor: str) -> Outcome:
    faults = faults_of_organisation(draft)
    if faults:
        raise RefusedError(faults)
    values = {
        "name": draft.name,
        "kind": draft.kind,
        "description": draft.description,
        "website": draft.website,
        "email": draft.email,
        "cqc_url": draft.cqc_url,
        "hourly_price_pence": draft.hourly_price_pence,
    }
    is_new = row is None
    if row is None:
        row = Organisation(id=draft.id, **values)
    changed = set_values(row, values)
    if any([set_phones(row.phones, draft.phones), set_contacts(row.contacts, draft.contacts)]):
        changed = True
        row.updated_at = clock.now()
    if is_new:
        session.add(row)
    if not is_new and not changed:
        return Outcome.UNCHANGED
    note(actor, f"{'added' if is_new else 'changed'} organisation {draft.id}")
    return Outcome.NEW if is_new else Outcome.CHANGED


def set_phones(rows: list[Phone], drafts: Sequence[PhoneDraft]) -> bool:
    """Bring telephone numbers into line; say whether anything changed."""
    wanted: list[dict[str, Any]] = [{"number": draft.number, "about": draft.about} for draft in drafts]
    return set_rows(rows, numbered(wanted), Phone, key=("number",), reuse=True)


def set_contacts(rows: list[Contact], drafts: Sequence[ContactDraft]) -> bool:
    """Bring named contacts into line; say whether anything changed."""
    wanted: list[dict[str, Any]] = [
        {"name": draft.name, "role": draft.role, "email": draft.email, "is_public": draft.is_public} for draft in drafts
    ]
    return set_rows(rows, numbered(wanted), Contact, key=("name",), reuse=True)
