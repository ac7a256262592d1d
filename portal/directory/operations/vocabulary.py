"""The lists of terms, from the files that ship into the database."""

import uuid
from pathlib import Path

import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from portal.core.database import transaction
from portal.directory.models import Taxonomy, TaxonomyTerm
from portal.directory.operations.log import note

FOLDER = Path(__file__).resolve().parents[1] / "vocabulary"
FILES = {
    Taxonomy.CATEGORY: "categories.yml",
    Taxonomy.NEED: "needs.yml",
    Taxonomy.AUDIENCE: "audiences.yml",
    Taxonomy.ACCESS: "access.yml",
}
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
                )
            )
    return terms
