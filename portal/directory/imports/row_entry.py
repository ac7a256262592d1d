"""From the values of one or more rows to an entry."""

import hashlib
from dataclasses import dataclass
from typing import Any

from portal.directory.imports.entry import Entry, id_for
from portal.directory.imports.mapping import fold_key
from portal.directory.imports.row_fields import RowFault, Values, field_of
from portal.directory.models import Attendance
from portal.directory.models.change import Noun
from portal.directory.operations import (
    AtVenueDraft,
    Fault,
    OrganisationDraft,
    RuleDraft,
    ServiceDraft,
    VenueDraft,
)

LONGEST_KEY = 300


@dataclass(frozen=True, kw_only=True)
class RowValues:
    """What the rows of one service say: of the service in the first row, of a venue in each row."""

    organisation: Values
    service: Values
    venues: list[Values]
    at_venues: list[Values]
    hours: list[RuleDraft]

    @property
    def with_venue(self) -> list[int]:
        """The rows (from 0) that name a venue."""
        return [place for place, values in enumerate(self.venues) if values]

    def fault_of(self, fault: Fault) -> RowFault:
        """Return the row and the field to which a fault of the entry belongs."""
        venue, name = field_of(fault)
        rows = self.with_venue
        place = rows[venue] if name.startswith(("venue.", "at_venue.")) and venue < len(rows) else 0
        return RowFault(place, name, fault.problem)


def make_entry(source: str, key: str, line: int, title: str, values: RowValues) -> Entry:
    """Make an entry from rows in which nothing was wrong so far."""
    organisation_key = _short(fold_key(values.organisation.get("name", "")))
    organisation_id = id_for(source, Noun.ORGANISATION, organisation_key)
    venue_keys = [_venue_key(values.venues[place]) for place in values.with_venue]
    venues = [
        VenueDraft(id=id_for(source, Noun.LOCATION, venue_key), **values.venues[place])
        for venue_key, place in zip(venue_keys, values.with_venue, strict=True)
    ]
    service_key = _short(key)
    service: dict[str, Any] = {"attendance": (Attendance.IN_PERSON,)} if venues else {}
    service |= values.service | _timetable(values, venues)
    return Entry(
        line=line,
        title=title,
        organisation=OrganisationDraft(id=organisation_id, **values.organisation),
        organisation_key=organisation_key,
        venues=tuple(venues),
        venue_keys=tuple(venue_keys),
        service=ServiceDraft(id=id_for(source, Noun.SERVICE, service_key), organisation_id=organisation_id, **service),
        service_key=service_key,
    )


def _timetable(values: RowValues, venues: list[VenueDraft]) -> Values:
    """Put each rule where it belongs: at the venue of its row, or at no venue in particular."""
    loose = [
        rule
        for venue, at_venue in zip(values.venues, values.at_venues, strict=True)
        if not venue
        for rule in at_venue.get("rules", ())
    ]
    at = []
    for venue, place in zip(venues, values.with_venue, strict=True):
        said = values.at_venues[place]
        rules = (*said.get("rules", ()), *values.hours)
        at.append(AtVenueDraft(venue_id=venue.id, note=said.get("note", ""), rules=rules))
    return {"at": tuple(at), "rules": tuple(loose if venues else [*loose, *values.hours])}


def _venue_key(values: Values) -> str:
    """A venue is the same where name, street, town and postcode are."""
    return _short(" | ".join(fold_key(values.get(name, "")) for name in ("name", "address_1", "town", "postcode")))


def _short(key: str) -> str:
    """Return a key that fits its column; what is too long becomes its fingerprint."""
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
