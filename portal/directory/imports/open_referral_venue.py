"""Locations of Open Referral UK as venues of ours."""

import uuid
from dataclasses import dataclass, replace

from portal.core.text import clean
from portal.directory.imports.mapping import fold_key
from portal.directory.imports.open_referral_json import ItemReader, Json
from portal.directory.imports.open_referral_schedule import Schedules, read_schedules
from portal.directory.imports.open_referral_terms import Vocabulary
from portal.directory.models import LocationKind, Taxonomy
from portal.directory.operations import AccessDraft, VenueDraft


@dataclass(frozen=True, kw_only=True)
class AtPlace:
    """A service at one location, as the feed says it."""

    id: uuid.UUID | None
    venue: VenueDraft
    note: str
    schedules: Schedules


def read_places(reader: ItemReader, item: Json, vocabulary: Vocabulary) -> list[AtPlace]:
    """Read the locations of a service; a location that stands there twice becomes one with both timetables."""
    places: dict[uuid.UUID, AtPlace] = {}
    for at in reader.parts(item, "service_at_locations"):
        location = reader.part(at, "location")
        if not location:
            reader.note("service_at_locations", "one names no location; it was left out")
            continue
        identity = reader.identity(at, "service_at_locations.id") if at.get("id") is not None else None
        venue = _read_venue(reader, location, vocabulary)
        if venue is None:
            continue
        schedules = read_schedules(reader, at)
        if not schedules.rules:
            schedules = read_schedules(reader, location)
        there = places.get(venue.id)
        if there is None:
            note = reader.text(at, "description")
            places[venue.id] = AtPlace(id=identity, venue=venue, note=note, schedules=schedules)
        else:
            rules = tuple(dict.fromkeys([*there.schedules.rules, *schedules.rules]))
            words = (*there.schedules.words, *schedules.words)
            places[venue.id] = replace(there, schedules=Schedules(rules, words))
    return list(places.values())


def _read_venue(reader: ItemReader, location: Json, vocabulary: Vocabulary) -> VenueDraft | None:
    identity = reader.identity(location, "location.id")
    if identity is None:
        return None
    address = _address(reader, location)
    street = reader.text(address, "address_1")
    latitude, longitude = _position(reader, location)
    access, words = _read_access(reader, location, vocabulary)
    getting_there = [reader.text(location, "transportation", lines=True), *words]
    postcode = reader.text(address, "postal_code")
    if len(postcode) > 10:
        reader.note("addresses.postal_code", f"“{postcode[:40]}” is not a postcode; it was left out")
        postcode = ""
    return VenueDraft(
        id=identity,
        name=reader.text(location, "name", "alternate_name") or street or "Place without a name",
        kind=_kind(reader, location),
        address_1=street,
        address_2=reader.text(address, "address_2"),
        town=reader.text(address, "city"),
        postcode=postcode,
        latitude=latitude,
        longitude=longitude,
        getting_there="\n\n".join(filter(None, getting_there)),
        access=access,
    )


def _kind(reader: ItemReader, location: Json) -> LocationKind:
    text = reader.text(location, "location_type").lower()
    try:
        return LocationKind(text) if text else LocationKind.PHYSICAL
    except ValueError:
        reader.fault("location.location_type", f"“{text[:40]}” is not one of: physical, postal, virtual")
        return LocationKind.PHYSICAL


def _address(reader: ItemReader, location: Json) -> Json:
    """Return the address of the place itself; where there is none, the first one, which may be for letters."""
    addresses = reader.parts(location, "addresses")
    physical = [each for each in addresses if reader.text(each, "address_type").lower() == "physical"]
    return next(iter(physical or addresses), {})


def _position(reader: ItemReader, location: Json) -> tuple[float | None, float | None]:
    """Read the position; one that cannot be is left out with a note, since the postcode may give a better one."""
    latitude, longitude = reader.number(location, "latitude"), reader.number(location, "longitude")
    if latitude is None or longitude is None:
        return None, None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        reader.note("location.latitude", f"{latitude}, {longitude} is not on the globe; the position was left out")
        return None, None
    return float(latitude), float(longitude)


def _read_access(
    reader: ItemReader, location: Json, vocabulary: Vocabulary
) -> tuple[tuple[AccessDraft, ...], list[str]]:
    """Read what is said on getting in: our terms where the words are the same, else the words themselves."""
    facts: dict[str, AccessDraft] = {}
    words: list[str] = []
    for each in reader.parts(location, "accessibility"):
        said = reader.text(each, "description", "accessibility")
        details = reader.text(each, "details")
        slug = next(
            (
                slug
                for taxonomy, slug in vocabulary.by_name.get(fold_key(said), [])
                if taxonomy is Taxonomy.ACCESS and slug not in vocabulary.of_services
            ),
            None,
        )
        if slug is not None and len(details) <= 300:
            facts.setdefault(slug, AccessDraft(term=slug, is_there=True, note=details))
        elif said or details:
            words.append(clean(f"Getting in: {' '.join(filter(None, (said, details)))}"))
    return tuple(facts.values()), words
