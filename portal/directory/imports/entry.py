"""One row (or item) that was understood: an organisation, its service and its venues, ready to be stored."""

import uuid
from dataclasses import dataclass

from portal.directory.models.change import Noun
from portal.directory.operations import (
    Fault,
    KnownWords,
    OrganisationDraft,
    ServiceDraft,
    VenueDraft,
    faults_of_organisation,
    faults_of_service,
    faults_of_venue,
)

# Any fixed UUID will do; with it the same row of the same source has the same id in every installation.
NAMESPACE = uuid.UUID("0d4c7f52-93c5-5d7b-8f0e-5b0a4d1c6e21")


def id_for(source: str, noun: Noun, key: str) -> uuid.UUID:
    """Return the id of what a row of a source becomes."""
    return uuid.uuid5(NAMESPACE, f"{source}\n{noun.value}\n{key}")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one row, or several rows of one service, say. The keys are those by which the source knows them.

    `is_short` says that the source told no more than the head of the service: it may add one, but not empty one.
    """

    line: int
    title: str
    organisation: OrganisationDraft
    organisation_key: str
    venues: tuple[VenueDraft, ...]
    venue_keys: tuple[str, ...]
    service: ServiceDraft
    service_key: str
    is_short: bool = False


@dataclass(frozen=True)
class Step:
    """One step of an import: how many rows were gone through, and what they gave, if they were good."""

    rows: int
    entry: Entry | None = None


def faults_of_entry(entry: Entry, known: KnownWords) -> list[Fault]:
    """Return all faults; the fields begin with "organisation.", "venues.1." or "service."."""
    faults = [Fault(f"organisation.{each.field}", each.problem) for each in faults_of_organisation(entry.organisation)]
    for number, venue in enumerate(entry.venues, start=1):
        faults += [Fault(f"venues.{number}.{each.field}", each.problem) for each in faults_of_venue(venue, known)]
    faults += [Fault(f"service.{each.field}", each.problem) for each in faults_of_service(entry.service, known)]
    return faults
