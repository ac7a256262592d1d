"""How much of what residents see was confirmed of late, by area and by category. Counts listings, not people."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa

from portal.core.database import db
from portal.directory.models import Location, Service, ServiceAtLocation, ServiceTerm, Taxonomy, TaxonomyTerm
from portal.directory.queries import PUBLIC_STATES
from portal.geo.areas import area_index
from portal.geo.models import AreaKind
from portal.listings.ageing import ASK_FROM_MONTHS, months_between, sinks_on
from portal.search.neighbourhoods import ELSEWHERE, FROM_AFAR, ON_ASKING

NO_CATEGORY = "No category"
_LAST = (NO_CATEGORY, ELSEWHERE, FROM_AFAR, ON_ASKING)


@dataclass(frozen=True, kw_only=True)
class Share:
    """Of the listings under one name: all, those confirmed within six London months, and those older than a year."""

    name: str
    listings: int
    confirmed: int
    old: int

    @property
    def percent(self) -> int:
        """Return the share that is confirmed, in whole percent; 0 when there are none."""
        return round(100 * self.confirmed / self.listings) if self.listings else 0


@dataclass(frozen=True, kw_only=True)
class Shares:
    """The shares of everything that is shown, by area and by category. One listing may stand in several rows."""

    total: Share
    areas: Sequence[Share]
    categories: Sequence[Share]


def measure_freshness(today: dt.date) -> Shares:
    """Return the shares on a London day."""
    statement = sa.select(Service.id, Service.last_confirmed_on).where(Service.status.in_(PUBLIC_STATES))
    days = {row.id: row.last_confirmed_on for row in db.session.execute(statement)}
    return Shares(
        total=_share("Everything", days.values(), today),
        areas=_shares(_areas_of(days), days, today),
        categories=_shares(_categories_of(days), days, today),
    )


def _shares(
    names: Mapping[uuid.UUID, set[str]], days: Mapping[uuid.UUID, dt.date | None], today: dt.date
) -> list[Share]:
    by_name: dict[str, list[dt.date | None]] = defaultdict(list)
    for service_id, found in names.items():
        for name in found:
            by_name[name].append(days[service_id])
    ordered = sorted(by_name, key=lambda name: (_LAST.index(name) + 1 if name in _LAST else 0, name))
    return [_share(name, by_name[name], today) for name in ordered]


def _share(name: str, days: Iterable[dt.date | None], today: dt.date) -> Share:
    every = list(days)
    return Share(
        name=name,
        listings=len(every),
        confirmed=sum(day is not None and months_between(day, today) < ASK_FROM_MONTHS for day in every),
        old=sum(day is None or sinks_on(day) <= today for day in every),
    )


def _areas_of(service_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, set[str]]:
    """Return in which areas each service has a venue. A place that is not told counts for no area."""
    areas = area_index()

    @cache
    def name_at(latitude: float, longitude: float) -> str:
        covering = areas.covering(latitude, longitude)
        kinds = (AreaKind.NEIGHBOURHOOD, AreaKind.WARD, AreaKind.BOROUGH)
        return next((area.name for kind in kinds for area in covering if area.kind is kind), ELSEWHERE)

    found: dict[uuid.UUID, set[str]] = {service_id: set() for service_id in service_ids}
    at = ServiceAtLocation
    statement = sa.select(at.service_id, Location.latitude, Location.longitude, Location.is_confidential)
    for service_id, latitude, longitude, is_confidential in db.session.execute(
        statement.join(Location, Location.id == at.location_id)
    ):
        if service_id not in found:
            continue
        if is_confidential:
            found[service_id].add(ON_ASKING)
        elif latitude is None:
            found[service_id].add(ELSEWHERE)
        else:
            found[service_id].add(name_at(latitude, longitude))
    return {service_id: names or {FROM_AFAR} for service_id, names in found.items()}


def _categories_of(service_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, set[str]]:
    """Return the categories of each service, each as the one at the top that it stands under."""
    terms = {
        term.id: term
        for term in db.session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.taxonomy == Taxonomy.CATEGORY))
    }
    found: dict[uuid.UUID, set[str]] = {service_id: set() for service_id in service_ids}
    for service_id, term_id in db.session.execute(sa.select(ServiceTerm.service_id, ServiceTerm.term_id)):
        term = terms.get(term_id)
        while term is not None and term.parent_id in terms:
            term = terms[term.parent_id]
        if term is not None and service_id in found:
            found[service_id].add(term.name)
    return {service_id: names or {NO_CATEGORY} for service_id, names in found.items()}
