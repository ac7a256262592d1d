"""Made-up listings straight into a database: as many as asked for, the same ones for the same seed and day."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias, cast

import sqlalchemy as sa

from benchmarks import town, words
from benchmarks.services import make_service
from portal.core import clock
from portal.core.database import Base, transaction
from portal.directory.models import (
    AccessFact,
    CostOption,
    Location,
    Organisation,
    OrganisationKind,
    Phone,
    Schedule,
    Service,
    ServiceAccess,
    ServiceArea,
    ServiceAtLocation,
    ServiceLanguage,
    ServiceTerm,
    Taxonomy,
    TaxonomyTerm,
)
from portal.directory.operations.vocabulary import load_vocabulary
from portal.geo.models import Area

SEED = 20260711
BATCH = 5000
RARE_WORDS = 6000
VENUES_PER_SERVICE, GROUPS_PER_SERVICE = 0.35, 0.4

Rows: TypeAlias = dict[type[Base], list[dict[str, Any]]]

# Parents before children.
_ORDER = (
    Area, Location, AccessFact, Organisation, Service, Phone, ServiceTerm, ServiceAccess, ServiceLanguage, ServiceArea,
    CostOption, ServiceAtLocation, Schedule,
)  # fmt: skip


@dataclass
class Town:
    """What services are made from. `terms` is slug to id by list, `areas` slug to id; `rows` is what to store first."""

    rng: Random
    today: dt.date
    rare: list[str]
    terms: Mapping[Taxonomy, Mapping[str, uuid.UUID]]
    areas: Mapping[str, uuid.UUID]
    venues: list[dict[str, Any]]
    organisations: list[dict[str, Any]]
    rows: Rows = field(default_factory=dict)


def fill(count: int, *, seed: int = SEED, today: dt.date | None = None) -> None:
    """Store `count` made-up services with all that belongs to them in a migrated, empty database.

    Needs an application context. `today` (London) anchors every date; left out, it is the present day. The bulk
    statements leave no notes for the search index, which therefore has to be rebuilt afterwards.
    """
    load_vocabulary(actor="bench")
    with transaction() as session:
        terms: dict[Taxonomy, dict[str, uuid.UUID]] = defaultdict(dict)
        for term in session.scalars(sa.select(TaxonomyTerm)):
            terms[term.taxonomy][term.slug] = term.id
        for rows in make_rows(count, terms, seed=seed, today=today or clock.today()):
            for model in _ORDER:
                if rows.get(model):
                    session.connection().execute(sa.insert(cast(sa.Table, model.__table__)), rows[model])


def make_rows(
    count: int, terms: Mapping[Taxonomy, Mapping[str, uuid.UUID]], *, seed: int, today: dt.date
) -> Iterator[Rows]:
    """Yield the rows of `count` services by model: first what they share, then the services in batches."""
    made = make_town(count, terms, seed=seed, today=today)
    yield made.rows
    number = 0
    for start in range(0, count, BATCH):
        rows: Rows = defaultdict(list)
        for _ in range(min(BATCH, count - start)):
            number = make_service(made, rows, number)
        yield rows


def make_town(count: int, terms: Mapping[Taxonomy, Mapping[str, uuid.UUID]], *, seed: int, today: dt.date) -> Town:
    """Return the venues, groups and areas for so many services."""
    rng = Random(seed)
    rare = words.make_rare_words(rng, RARE_WORDS)
    now = dt.datetime.combine(today, dt.time(3), dt.UTC)
    stamps = {"version": 1, "created_at": now, "updated_at": now}
    areas = [row | stamps for row in town.make_areas(rng)]
    venues = [town.make_location(rng, rare) | stamps for _ in range(max(5, round(count * VENUES_PER_SERVICE)))]
    groups = [_organisation(rng, rare) | stamps for _ in range(max(3, round(count * GROUPS_PER_SERVICE)))]
    access = terms[Taxonomy.ACCESS]
    rows: Rows = {
        Area: areas,
        Location: venues,
        AccessFact: [fact for venue in venues for fact in town.make_access(rng, venue["id"], access)],
        Organisation: groups,
        Phone: [_phone(rng, group["id"]) for group in groups if rng.random() < 0.8],
    }
    by_slug = {area["slug"]: area["id"] for area in areas}
    return Town(rng, today, rare, terms, by_slug, venues, groups, rows)


def _organisation(rng: Random, rare: list[str]) -> dict[str, Any]:
    centre = town.draw_centre(rng).name
    name = rng.choice((centre, words.draw_skewed(rng, rare), f"{centre} {words.draw_skewed(rng, rare)}"))
    domain = "".join(sign for sign in name.lower() if sign.isalnum())
    return {
        "id": town.make_id(rng),
        "name": rng.choice(words.GROUPS).format(name),
        "kind": rng.choices(list(OrganisationKind), (50, 30, 12, 6, 2))[0],
        "description": f"Neighbours in {centre} who began with {words.draw_skewed(rng, rare)} House.",
        "website": f"https://{domain}.example.org",
        "email": f"hello@{domain}.example.org",
        "cqc_url": "",
        "hourly_price_pence": None,
    }


def _phone(rng: Random, organisation_id: uuid.UUID) -> dict[str, Any]:
    return {
        "id": town.make_id(rng),
        "organisation_id": organisation_id,
        "service_id": None,
        "number": f"020 7946 0{rng.randint(0, 999):03}",
        "about": "",
        "position": 0,
    }
