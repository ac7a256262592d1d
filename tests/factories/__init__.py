"""Rows for tests, with sensible values for all that a test does not care about."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from portal.core.database import db
from portal.directory.models import (
    AccessFact,
    Frequency,
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
from portal.geo.models import Area, AreaKind

LEWISHAM_LIBRARY = (51.4566, -0.0118)


def make_organisation(name: str = "Ladywell Open Table", **values: Any) -> Organisation:
    """Add an organisation (not committed); `phone` gives it a number."""
    phone = values.pop("phone", "")
    organisation = Organisation(name=name, kind=values.pop("kind", OrganisationKind.COMMUNITY_GROUP), **values)
    if phone:
        organisation.phones.append(Phone(number=phone))
    db.session.add(organisation)
    return organisation


def make_term(taxonomy: Taxonomy, slug: str, **values: Any) -> TaxonomyTerm:
    """Return the term of that list and slug, added if it was not there (not committed)."""
    with db.session.no_autoflush:
        for row in (*db.session.new, *db.session.identity_map.values()):
            if isinstance(row, TaxonomyTerm) and (row.taxonomy, row.slug) == (taxonomy, slug):
                return row
        from portal.directory.queries import find_term

        found = find_term(taxonomy, slug)
    if found is None:
        found = TaxonomyTerm(
            taxonomy=taxonomy, slug=slug, name=values.pop("name", slug.replace("-", " ").capitalize()), **values
        )
        db.session.add(found)
    return found


def make_location(name: str = "Ladywell Hall", **values: Any) -> Location:
    """Add a venue (not committed). `position` is (latitude, longitude); `access` maps slugs to yes or no."""
    latitude, longitude = values.pop("position", LEWISHAM_LIBRARY) or (None, None)
    access: dict[str, bool] = values.pop("access", {})
    location = Location(name=name, latitude=latitude, longitude=longitude, **values)
    for slug, is_there in access.items():
        location.access_facts.append(AccessFact(term=make_term(Taxonomy.ACCESS, slug), is_there=is_there))
    db.session.add(location)
    return location


def make_area(slug: str, outline: Sequence[tuple[float, float]] | None = None, **values: Any) -> Area:
    """Add an area (not committed) whose outline is given as (longitude, latitude) corners."""
    geometry = {"type": "Polygon", "coordinates": [[*map(list, outline), list(outline[0])]]} if outline else None
    area = Area(
        slug=slug,
        name=values.pop("name", slug.capitalize()),
        kind=values.pop("kind", AreaKind.NEIGHBOURHOOD),
        outline=geometry,
        **values,
    )
    db.session.add(area)
    return area


def weekly(by_day: str, opens: str = "10:30", closes: str = "12:00", **values: Any) -> Schedule:
    """Return a weekly rule: `weekly("MO,TH", "10:30", "13:00")`."""
    return Schedule(
        frequency=values.pop("frequency", Frequency.WEEKLY),
        by_day=by_day,
        starts_on=values.pop("starts_on", dt.date(2026, 1, 5)),
        opens_at=dt.time.fromisoformat(opens) if opens else None,
        closes_at=dt.time.fromisoformat(closes) if closes else None,
        except_on=values.pop("except_on", []),
        also_on=values.pop("also_on", []),
        **values,
    )


def once(day: dt.date, opens: str = "10:30", closes: str = "12:00") -> Schedule:
    """Return a rule for one date."""
    return weekly("", opens, closes, frequency=Frequency.ONCE, starts_on=day)


def make_service(name: str = "Warm Welcome Mornings", **values: Any) -> Service:
    """Add a service (not committed).

    `venues` is a list of Location or (Location, [Schedule]); `rules` are schedules of no venue; `categories`,
    `needs`, `audiences` are slugs; `languages` codes; `areas` are Area rows; `access` maps slugs to yes or no.
    """
    venues = values.pop("venues", [])
    rules: list[Schedule] = values.pop("rules", [])
    terms = [
        make_term(taxonomy, slug)
        for taxonomy, key in (
            (Taxonomy.CATEGORY, "categories"),
            (Taxonomy.NEED, "needs"),
            (Taxonomy.AUDIENCE, "audiences"),
        )
        for slug in values.pop(key, [])
    ]
    access: dict[str, bool] = values.pop("access", {})
    languages, areas, phone = values.pop("languages", []), values.pop("areas", []), values.pop("phone", "")
    service = Service(
        name=name,
        organisation=values.pop("organisation", None) or make_organisation(),
        summary=values.pop("summary", "A warm room and someone to talk to."),
        attendance=values.pop("attendance", ["in person"]),
        last_confirmed_on=values.pop("last_confirmed_on", dt.date(2026, 11, 12)),
        **values,
    )
    for position, term in enumerate(terms):
        service.terms.append(ServiceTerm(term=term, position=position))
    for slug, is_there in access.items():
        service.access.append(ServiceAccess(term=make_term(Taxonomy.ACCESS, slug), is_there=is_there))
    service.languages = [ServiceLanguage(code=code) for code in languages]
    service.areas = [ServiceArea(area=area) for area in areas]
    service.phones = [Phone(number=phone)] if phone else []
    for position, venue in enumerate(venues):
        location, schedules = venue if isinstance(venue, tuple) else (venue, [])
        at = ServiceAtLocation(location=location, position=position, schedules=list(schedules))
        service.locations.append(at)
        service.schedules.extend(schedules)
    service.schedules.extend(rules)
    db.session.add(service)
    return service
