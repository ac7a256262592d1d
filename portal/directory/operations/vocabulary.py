"""The lists of terms: from the files that ship into the database, and changed there by administrators."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit.operations import note as note_in_audit
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.text import clean, slugify
from portal.directory.changes import note_changes
from portal.directory.models import Taxonomy, TaxonomyTerm
from portal.directory.operations.log import note

FOLDER = Path(__file__).resolve().parents[1] / "vocabulary"
FILES = {
    Taxonomy.CATEGORY: "categories.yml",
    Taxonomy.NEED: "needs.yml",
    Taxonomy.AUDIENCE: "audiences.yml",
    Taxonomy.ACCESS: "access.yml",
    Taxonomy.SOURCE: "sources.yml",
    Taxonomy.REASON: "reasons.yml",
}
# The lists that administrators change, and the drawings that a term can have (templates/components/icons.html).
EDITED = (Taxonomy.NEED, Taxonomy.SOURCE, Taxonomy.REASON)
ICONS = (
    "bowl", "book", "brain", "brush", "bus", "candle", "coins", "cup", "dove", "eye", "flag", "flame", "form", "glass",
    "hands", "heart", "heartbeat", "house", "key", "leaf", "passport", "phone-screen", "pram", "puzzle", "rucksack",
    "shield", "steps", "tools", "walk",
)  # fmt: skip
# Any fixed UUID will do; with it every installation gives a term of the shipped lists the same id.
NAMESPACE = uuid.UUID("6f2f3c1e-4a8b-5d0e-9c57-2b1f0d9e7a34")


def term_id(taxonomy: Taxonomy, slug: str) -> uuid.UUID:
    """Return the id of a term that ships with the portal."""
    return uuid.uuid5(NAMESPACE, f"{taxonomy.value}/{slug}")


def load_vocabulary(*, actor: str) -> int:
    """Add the terms of the shipped lists that the database lacks, and return how many these were.

    Terms that are there stay as they are, since administrators may have changed them; nothing is deleted.
    """
    with transaction() as session:
        return add_missing_terms(session, actor=actor)


def add_missing_terms(session: Session, *, actor: str) -> int:
    """Do what `load_vocabulary` does, within a transaction that is already open."""
    there = {tuple(row) for row in session.execute(sa.select(TaxonomyTerm.taxonomy, TaxonomyTerm.slug))}
    missing = [term for term in _shipped_terms() if (term.taxonomy, term.slug) not in there]
    session.add_all(missing)
    session.flush()
    if missing:
        note(actor, f"added {len(missing)} terms")
    return len(missing)


def _shipped_terms() -> list[TaxonomyTerm]:
    terms = []
    for taxonomy, name in FILES.items():
        entries = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
        for position, entry in enumerate(entries):
            terms.append(
                TaxonomyTerm(
                    id=term_id(taxonomy, entry["slug"]),
                    taxonomy=taxonomy,
                    slug=entry["slug"],
                    name=entry["name"],
                    plain_name=entry.get("plain", ""),
                    icon=entry.get("icon", ""),
                    position=position,
                    on_start_page=bool(entry.get("start", False)),
                    belongs_to_service=entry.get("with") == "service",
                    parent_id=term_id(taxonomy, entry["under"]) if "under" in entry else None,
                )
            )
    return terms


def add_term(*, actor: str, taxonomy: Taxonomy, heading: uuid.UUID | None = None, **words: Any) -> TaxonomyTerm:
    """Put a term at the end of its list, under a heading where the list has some, and return it.

    `words` are name, plain_name, description, icon and on_start_page. Raises RefusedChangeError with the field.
    """
    with transaction() as session:
        values = _checked(session, taxonomy, None, words)
        above = session.get(TaxonomyTerm, heading) if heading else None
        if (taxonomy is Taxonomy.REASON) != (above is not None and above.taxonomy is taxonomy and not above.parent_id):
            raise RefusedChangeError("heading", "Choose what it is a reason for")
        of_list = sa.select(TaxonomyTerm.slug).where(TaxonomyTerm.taxonomy == taxonomy)
        last = sa.select(sa.func.max(TaxonomyTerm.position)).where(TaxonomyTerm.taxonomy == taxonomy)
        term = TaxonomyTerm(
            id=uuid.uuid4(),
            taxonomy=taxonomy,
            slug=_fresh_slug(values["name"], set(session.scalars(of_list))),
            position=(session.scalar(last) or 0) + 1,
            parent_id=heading,
            **values,
        )
        session.add(term)
        try:
            session.flush()
        except IntegrityError:  # somebody else added the same words at the same moment
            session.rollback()
            raise RefusedChangeError("name", "This name is in the list already") from None
        _close(session, term, actor, "add", after=values)
    return term


def change_term(*, actor: str, term_id: uuid.UUID, expected: int, **words: Any) -> None:
    """Change the words of a term that has the version `expected`; its address stays.

    Raises RefusedChangeError, ChangedMeanwhileError with the present row, and LookupError when there is none.
    """
    with transaction() as session:
        term = _get(session, term_id, expected)
        values = _checked(session, term.taxonomy, term.id, words)
        differing = {name: value for name, value in values.items() if getattr(term, name) != value}
        if not differing:
            return
        before = {name: getattr(term, name) for name in differing}
        for name, value in differing.items():
            setattr(term, name, value)
        _close(session, term, actor, "change", before=before, after=differing)


def move_term(*, actor: str, term_id: uuid.UUID, by: int) -> None:
    """Move a term that is offered up (-1) or down (1) among its neighbours. Raises LookupError when there is none."""
    with transaction() as session:
        term = _get(session, term_id, None)
        statement = sa.select(TaxonomyTerm).where(TaxonomyTerm.taxonomy == term.taxonomy)
        rows = list(session.scalars(statement.order_by(TaxonomyTerm.position, TaxonomyTerm.name).with_for_update()))
        beside = [row for row in rows if row.parent_id == term.parent_id and row.is_offered]
        to = beside.index(term) + by if term in beside else -1
        if not 0 <= to < len(beside):
            return
        here, there = rows.index(term), rows.index(beside[to])
        rows[here], rows[there] = rows[there], rows[here]
        for position, row in enumerate(rows):
            if row.position != position:
                # The order is no version of a term: whoever is changing its words at this moment is not disturbed.
                session.execute(sa.update(TaxonomyTerm).where(TaxonomyTerm.id == row.id).values(position=position))
        _close(session, term, actor, "move", after={"by": by})


def offer_term(*, actor: str, term_id: uuid.UUID, is_offered: bool) -> None:
    """Offer a term no longer, or again. What carries it stays readable. Raises LookupError when there is none."""
    with transaction() as session:
        term = _get(session, term_id, None)
        if term.is_offered == is_offered:
            return
        if not is_offered and session.scalar(sa.select(sa.exists().where(TaxonomyTerm.parent_id == term.id))):
            raise RefusedChangeError("", "This is a heading. It stays as long as something stands under it.")
        term.retired_at = None if is_offered else clock.now()
        _close(session, term, actor, "offer" if is_offered else "retire")


def _get(session: Session, term_id: uuid.UUID, expected: int | None) -> TaxonomyTerm:
    term = session.get(TaxonomyTerm, term_id, populate_existing=True)
    if term is None or term.taxonomy not in EDITED:
        raise LookupError(term_id)
    if expected is not None and term.version != expected:
        raise ChangedMeanwhileError(term)
    return term


def _checked(session: Session, taxonomy: Taxonomy, own: uuid.UUID | None, words: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a term. Raises RefusedChangeError when one will not do."""
    values: dict[str, Any] = {
        "name": clean(words.get("name", ""), limit=120),
        "plain_name": clean(words.get("plain_name", ""), limit=120),
        "description": clean(words.get("description", ""), limit=500),
    }
    if not values["name"]:
        raise RefusedChangeError("name", "Enter a name")
    if taxonomy is Taxonomy.NEED:
        values |= {"icon": words.get("icon", ""), "on_start_page": bool(words.get("on_start_page", False))}
        if values["icon"] not in ICONS:
            raise RefusedChangeError("icon", "Choose a drawing from the list")
    same = sa.select(TaxonomyTerm.id).where(
        TaxonomyTerm.taxonomy == taxonomy, sa.func.lower(TaxonomyTerm.name) == values["name"].lower()
    )
    if session.scalars(same.where(TaxonomyTerm.id != own) if own else same).first():
        raise RefusedChangeError("name", "This name is in the list already")
    return values


def _fresh_slug(name: str, taken: set[str]) -> str:
    """Return an address for a term that no other of its list has."""
    base = slugify(name)[:50].strip("-") or "term"
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)


def _close(
    session: Session,
    term: TaxonomyTerm,
    actor: str,
    verb: str,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Audit a change, and tell the search, also of a term that no service carries yet."""
    note_in_audit(
        session, actor=actor, act=f"{term.taxonomy.value}:{verb}", about="taxonomy_term", about_id=term.id,
        before=before, after=after,
    )  # fmt: skip
    note_changes(session, [term.id])
