"""Terms, areas, languages and prices of Open Referral UK, matched with ours."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.core.text import slugify
from portal.directory.imports.mapping import fold_key
from portal.directory.imports.open_referral_json import ItemReader, Json
from portal.directory.languages import code_of
from portal.directory.models import CostKind, Taxonomy, TaxonomyTerm
from portal.directory.operations import CostDraft
from portal.geo.models import Area

_LISTS = {Taxonomy.CATEGORY: "categories", Taxonomy.NEED: "needs", Taxonomy.AUDIENCE: "audiences"}
_ORDER = (Taxonomy.CATEGORY, Taxonomy.NEED, Taxonomy.AUDIENCE, Taxonomy.ACCESS)
Term = tuple[Taxonomy, str]


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Our terms and areas by id, and by every name under which a feed may know them."""

    by_id: Mapping[uuid.UUID, Term]
    by_name: Mapping[str, list[Term]]
    areas: Mapping[str, str]
    of_services: frozenset[str]

    def find(self, term: Json, reader: ItemReader) -> Term | None:
        """Return our term for one of a feed: the same id, else code, slug or name, the taxonomy permitting."""
        identity = reader.text(term, "id")
        try:
            if (found := self.by_id.get(uuid.UUID(identity))) is not None:
                return found
        except ValueError:
            pass
        wanted = term.get("taxonomy")
        name = reader.text(wanted, "name") if isinstance(wanted, dict) else reader.text(term, "taxonomy")
        for text in (reader.text(term, "code"), reader.text(term, "term"), reader.text(term, "name")):
            candidates = self.by_name.get(fold_key(text), []) if text else []
            named = [each for each in candidates if each[0].value == fold_key(name)]
            if found := next(iter(named or candidates), None):
                return found
        return None


def read_vocabulary(session: Session) -> Vocabulary:
    """Read the terms and areas that the database holds at this moment."""
    # Where referrals come from, and reasons, are no words for services.
    rows = session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.taxonomy.in_(_ORDER)))
    terms = sorted(rows, key=lambda term: (_ORDER.index(term.taxonomy), term.position))
    by_name: dict[str, list[Term]] = {}
    for term in terms:
        for text in dict.fromkeys((fold_key(term.slug), fold_key(term.name), fold_key(term.plain_name))):
            if text:
                by_name.setdefault(text, []).append((term.taxonomy, term.slug))
    areas: dict[str, str] = {}
    for area in session.scalars(sa.select(Area).order_by(Area.slug)):
        for text in (area.slug, area.name, area.code or ""):
            if text:
                areas.setdefault(fold_key(text), area.slug)
    return Vocabulary(
        by_id={term.id: (term.taxonomy, term.slug) for term in terms},
        by_name=by_name,
        areas=areas,
        of_services=frozenset(term.slug for term in terms if term.belongs_to_service),
    )


@dataclass
class Sorted:
    """The terms of a service by list, those on taking part, and the areas that are not ours, by name."""

    categories: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    audiences: list[str] = field(default_factory=list)
    access: list[str] = field(default_factory=list)


def read_terms(reader: ItemReader, item: Json, vocabulary: Vocabulary) -> Sorted:
    """Sort the attributes of a service into our lists; a term that is not ours becomes a note."""
    found = Sorted()
    terms = [reader.part(attribute, "taxonomy_term") for attribute in reader.parts(item, "attributes")]
    for term in [*terms, *reader.parts(item, "taxonomy_terms")]:
        match = vocabulary.find(term, reader)
        name = reader.text(term, "name", "term", "code")
        if match is None:
            reader.note("attributes", f"the term “{name[:80]}” is not in our lists; it was left out")
            continue
        taxonomy, slug = match
        if taxonomy is Taxonomy.ACCESS and slug not in vocabulary.of_services:
            reader.note("attributes", f"the term “{name[:80]}” belongs to a place, not to a service; it was left out")
            continue
        chosen: list[str] = getattr(found, _LISTS.get(taxonomy, "access"))
        if slug not in chosen:
            chosen.append(slug)
    return found


def read_languages(reader: ItemReader, item: Json) -> tuple[str, ...]:
    """Read languages by code or name; one that is not known becomes a note."""
    codes: list[str] = []
    for language in reader.parts(item, "languages"):
        code, name = reader.text(language, "code"), reader.text(language, "name", "language")
        found = code_of(code) or code_of(name)
        if found is not None:
            codes.append(found)
        elif code or name:
            reader.note("languages", f"“{(code or name)[:60]}” is not a language that is known; it was left out")
    return tuple(sorted(set(codes)))


def read_areas(reader: ItemReader, item: Json, vocabulary: Vocabulary) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the areas served: the slugs of ours, and the names of those that are not ours."""
    slugs: list[str] = []
    others: list[str] = []
    for area in reader.parts(item, "service_areas"):
        name = reader.text(area, "name", "service_area", "extent")
        texts = (name, slugify(name), reader.text(area, "extent"), reader.text(area, "uri").rpartition("/")[2])
        found = next((vocabulary.areas[key] for key in map(fold_key, texts) if key in vocabulary.areas), None)
        if found is not None:
            slugs.append(found)
        elif name and name not in others:
            others.append(name)
            reader.note("service_areas", f"“{name[:80]}” is not an area that is known; it stands in the description")
    return tuple(dict.fromkeys(slugs)), tuple(others)


def read_costs(reader: ItemReader, item: Json) -> tuple[CostKind | None, tuple[CostDraft, ...]]:
    """Read prices in pounds into pence; another currency stays as words."""
    costs: list[CostDraft] = []
    for option in reader.parts(item, "cost_options"):
        about = ", ".join(filter(None, (reader.text(option, "option"), reader.text(option, "amount_description"))))
        amount = reader.number(option, "amount")
        currency = reader.text(option, "currency").upper()
        if amount is not None and currency not in {"", "GBP", "£"}:
            about = ", ".join(filter(None, (f"{amount} {currency}", about)))
            amount = None
        if amount is not None and abs(amount) > 1_000_000:
            reader.fault("cost_options.amount", "is not a price that can be")
            continue
        if amount is not None or about:
            costs.append(CostDraft(amount_pence=None if amount is None else round(amount * 100), about=about))
    amounts = [cost.amount_pence for cost in costs if cost.amount_pence is not None]
    if not amounts:
        return None, tuple(costs)
    return (CostKind.PAID if any(amounts) else CostKind.FREE), tuple(costs)
