"""Loads the demonstration into an empty directory, through the same operations as imports and forms."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from portal.accounts.queries import has_users
from portal.core import clock
from portal.core.database import transaction
from portal.directory import queries
from portal.directory.operations import (
    KnownWords,
    add_missing_terms,
    faults_of_organisation,
    faults_of_service,
    faults_of_venue,
    read_known_words,
    save_locations,
    save_organisations,
    save_services,
)
from portal.geo.files import GeoFileError
from portal.geo.models import AreaKind
from portal.geo.operations import import_areas, name_area
from portal.guides.operations import add_shipped_guides
from portal.search.words.operations import add_shipped_words
from seeds.cast import keep_listings, load_cast
from seeds.faults import SeedError, SeedFault
from seeds.reading import Seeds, read_seeds

FOLDER = Path(__file__).resolve().parent
# Boroughs next door, known by name only: a service for their people is not for people here.
NEIGHBOURS = ("Southwark", "Greenwich", "Bromley")
NEIGHBOUR_NOTE = "Known by name only"


class NotEmptyError(Exception):
    """The directory holds something already; the demonstration is for an empty one."""


@dataclass(frozen=True)
class SeedCounts:
    """How many rows were made."""

    organisations: int
    services: int
    venues: int


def seed_demonstration() -> SeedCounts:
    """Load the demonstration as of today with its cast, all or nothing. Raises NotEmptyError and SeedError.

    A site that has users keeps them, and gets no cast.
    """
    with transaction() as session:
        counts = load_seeds(session, today=clock.today(), actor="portal seed")
        add_shipped_guides(session, actor="portal seed", is_checked=True)
        add_shipped_words(session, actor="portal seed")
        if not has_users():
            load_cast(session, actor="portal seed")
            keep_listings(session, actor="portal seed")
    return counts


def load_seeds(session: Session, *, today: dt.date, actor: str, folder: Path = FOLDER) -> SeedCounts:
    """Load the files of a folder within the caller's transaction.

    What is relative in the files is counted from `today`. Raises NotEmptyError when there is any organisation,
    and SeedError with every fault of the files; the caller then takes back what was written.
    """
    if not queries.is_empty():
        raise NotEmptyError
    add_missing_terms(session, actor=actor)
    _load_areas(folder, actor)
    known = read_known_words(session)
    seeds = read_seeds(folder, today)
    _check(seeds, known)
    if seeds.faults:
        raise SeedError(seeds.faults)
    venues = list(seeds.venues.values())
    save_organisations(session, drafts=seeds.organisations, actor=actor)
    save_locations(session, drafts=venues, known=known, actor=actor)
    save_services(session, drafts=seeds.services, known=known, actor=actor)
    session.flush()
    return SeedCounts(organisations=len(seeds.organisations), services=len(seeds.services), venues=len(venues))


def _check(seeds: Seeds, known: KnownWords) -> None:
    """Check every draft, so that all faults are said at once."""
    for organisation in seeds.organisations:
        seeds.blame(organisation.id, faults_of_organisation(organisation))
    for venue in seeds.venues.values():
        seeds.blame(venue.id, faults_of_venue(venue, known))
    for service in seeds.services:
        seeds.blame(service.id, faults_of_service(service, known))


def _load_areas(folder: Path, actor: str) -> None:
    path = folder / "areas.geojson"
    try:
        report = import_areas(path=path, kind=AreaKind.NEIGHBOURHOOD, actor=actor)
    except GeoFileError as error:
        raise SeedError([SeedFault(path.name, "", str(error))]) from error
    if report.refusals:
        faults = [SeedFault(path.name, f"area {each.line}.{each.column}", each.problem) for each in report.refusals]
        raise SeedError(faults)
    for name in NEIGHBOURS:
        name_area(slug=name.lower(), name=name, kind=AreaKind.BOROUGH, note=NEIGHBOUR_NOTE, actor=actor)
