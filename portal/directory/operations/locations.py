"""Saving locations."""

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from portal.core import clock
from portal.directory.models import AccessFact, Location, Taxonomy
from portal.directory.operations.checks import KnownWords, RefusedError, faults_of_venue
from portal.directory.operations.drafts import VenueDraft
from portal.directory.operations.log import note
from portal.directory.operations.rows import Outcome, numbered, set_rows, set_values


def save_locations(
    session: Session, *, drafts: Sequence[VenueDraft], known: KnownWords, actor: str
) -> dict[uuid.UUID, Outcome]:
    """Create or update locations, known by their ids, and say what became of each.

    Raises RefusedError for the first that cannot be stored. The caller's transaction decides whether it stays.
    """
    ids = [draft.id for draft in drafts]
    statement = sa.select(Location).where(Location.id.in_(ids)).options(selectinload(Location.access_facts))
    with session.no_autoflush:
        there = {row.id: row for row in session.scalars(statement)}
        return {draft.id: _save(session, there.get(draft.id), draft, known, actor) for draft in drafts}


def _save(session: Session, row: Location | None, draft: VenueDraft, known: KnownWords, actor: str) -> Outcome:
    faults = faults_of_venue(draft, known)
    if faults:
        raise RefusedError(faults)
    values = {
        "name": draft.name,
        "kind": draft.kind,
        "address_1": draft.address_1,
        "address_2": draft.address_2,
        "town": draft.town,
        "postcode": draft.postcode,
        "latitude": draft.latitude,
        "longitude": draft.longitude,
        # A source that says nothing of it must never bring a hidden address to light; only a person may.
        "is_confidential": draft.is_confidential or (row is not None and row.is_confidential),
        "getting_there": draft.getting_there,
    }
    is_new = row is None
    if row is None:
        row = Location(id=draft.id, **values)
    changed = set_values(row, values)
    if set_rows(row.access_facts, _access_values(draft, known), AccessFact, key=("term_id",), reuse=False):
        changed = True
        row.updated_at = clock.now()
    if is_new:
        session.add(row)
    if not is_new and not changed:
        return Outcome.UNCHANGED
    note(actor, f"{'added' if is_new else 'changed'} location {draft.id}")
    return Outcome.NEW if is_new else Outcome.CHANGED


def _access_values(draft: VenueDraft, known: KnownWords) -> list[dict[str, object]]:
    return numbered(
        [
            {"term_id": known.terms[Taxonomy.ACCESS, fact.term], "is_there": fact.is_there, "note": fact.note}
            for fact in draft.access
        ]
    )
