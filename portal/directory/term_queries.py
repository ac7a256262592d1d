"""What administrators read of a vocabulary: its terms in their order, and how much carries each of them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.core.database import db
from portal.directory.models import ServiceTerm, Taxonomy, TaxonomyTerm
from portal.directory.queries import list_terms


@dataclass(frozen=True)
class TermGroup:
    """Terms that stand under one heading; without one when the list has none."""

    heading: TaxonomyTerm | None
    offered: Sequence[TaxonomyTerm]
    retired: Sequence[TaxonomyTerm]


def list_groups(taxonomy: Taxonomy) -> list[TermGroup]:
    """Return the terms of a list in their order, parted by the heading that they stand under."""
    terms = list_terms(taxonomy)
    parents = {term.parent_id for term in terms if term.parent_id}
    headings: list[TaxonomyTerm | None] = [term for term in terms if term.id in parents]
    groups = []
    for heading in headings or [None]:
        under = [term for term in terms if term.parent_id == (heading.id if heading else None)]
        groups.append(
            TermGroup(
                heading=heading,
                offered=[term for term in under if term.is_offered],
                retired=[term for term in under if not term.is_offered],
            )
        )
    return groups


def list_headings(taxonomy: Taxonomy) -> list[TaxonomyTerm]:
    """Return the terms that others stand under, in their order."""
    return [group.heading for group in list_groups(taxonomy) if group.heading]


def count_services(taxonomy: Taxonomy) -> dict[uuid.UUID, int]:
    """Return how many services carry each term of a list, shown or not; a term that none carries is left out."""
    statement = (
        sa.select(ServiceTerm.term_id, sa.func.count())
        .join(TaxonomyTerm, TaxonomyTerm.id == ServiceTerm.term_id)
        .where(TaxonomyTerm.taxonomy == taxonomy)
        .group_by(ServiceTerm.term_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
