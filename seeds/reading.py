"""Reads the files of this folder into drafts. The format stands in README.md; every fault is collected."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.directory import facts_in_words as facts
from portal.directory.imports.mapping import suggestion
from portal.directory.models import Joining, OrganisationKind, ServiceKind, ServiceStatus
from portal.directory.operations import (
    AtVenueDraft,
    Fault,
    OrganisationDraft,
    ServiceDraft,
    VenueDraft,
)
from seeds.faults import SeedFault
from seeds.values import Entry, FileValues

# Any fixed UUID will do; with it the demonstration has the same addresses every time it is loaded.
NAMESPACE = uuid.UUID("b3f5c8a1-2d46-5e7f-9a10-8c4d2e6f7b53")
CONFIRMED_BY = "the group"

_VENUE_KEYS = ("name", "address", "town", "postcode", "position", "getting_there", "access", "confidential")
_GROUP_KEYS = ("key", "name", "kind", "description", "phone", "email", "website", "cqc", "hourly_price", "services")
_SERVICE_KEYS = (
    "key", "name", "kind", "summary", "description", "categories", "needs", "audiences", "access", "ages", "languages",
    "attend", "venues", "when", "when_note", "cost", "cost_note", "join", "how_to_join", "contact", "phone", "email",
    "website", "places", "areas", "confirmed_days_ago", "confirmed_by", "status",
)  # fmt: skip
_SERVICE_SLUGS = ("categories", "needs", "audiences", "areas")
_SERVICE_TEXTS = ("name", "summary", "description", "when_note", "cost_note", "how_to_join", "email", "website")


@dataclass
class Seeds:
    """Everything that the files say, and where each draft stands, by its id."""

    venues: dict[str, VenueDraft] = field(default_factory=dict)
    organisations: list[OrganisationDraft] = field(default_factory=list)
    services: list[ServiceDraft] = field(default_factory=list)
    places: dict[uuid.UUID, tuple[str, str]] = field(default_factory=dict)
    faults: list[SeedFault] = field(default_factory=list)

    def blame(self, draft_id: uuid.UUID, faults: list[Fault]) -> None:
        """Take down the faults of a draft with the file and the key from which it came."""
        file, key = self.places[draft_id]
        self.faults += [SeedFault(file, f"{key}.{fault.field}", fault.problem) for fault in faults]


def seed_id(noun: str, key: str) -> uuid.UUID:
    """Return the id of what stands under a key."""
    return uuid.uuid5(NAMESPACE, f"{noun}/{key}")


def read_seeds(folder: Path, today: dt.date) -> Seeds:
    """Read all venues and organisations below a folder; what is wrong stands in `faults` of what is returned."""
    seeds = Seeds()
    for path in sorted((folder / "venues").glob("*.yml")):
        _Reader(seeds, path, today).read_venues()
    for path in sorted((folder / "organisations").glob("*.yml")):
        _Reader(seeds, path, today).read_organisations()
    return seeds


class _Reader:
    """Reads one file."""

    def __init__(self, seeds: Seeds, path: Path, today: dt.date) -> None:
        self._seeds = seeds
        self._values = FileValues(path, today, seeds.faults)
        self._file = f"{path.parent.name}/{path.name}"

    def read_venues(self) -> None:
        content = self._values.content(dict)
        for key, entry in content.items() if content else ():
            if not self._values.is_entry(str(key), entry, _VENUE_KEYS):
                continue
            if key in self._seeds.venues:
                self._values.fault(str(key), "this key is taken by another venue")
            position = entry.get("position")
            if not _is_position(position):
                if not entry.get("confidential"):
                    self._values.fault(f"{key}.position", "has to be [latitude, longitude]")
                position = (None, None)
            draft = VenueDraft(
                id=seed_id("venue", str(key)),
                name=self._values.text(key, entry, "name"),
                address_1=self._values.text(key, entry, "address"),
                town=self._values.text(key, entry, "town"),
                postcode=self._values.text(key, entry, "postcode"),
                latitude=position[0],
                longitude=position[1],
                is_confidential=entry.get("confidential") is True,
                getting_there=self._values.text(key, entry, "getting_there"),
                access=self._values.access(key, entry),
            )
            self._seeds.venues[str(key)] = draft
            self._seeds.places[draft.id] = (self._file, str(key))

    def read_organisations(self) -> None:
        content = self._values.content(list)
        for number, entry in enumerate(content or [], start=1):
            key = str(entry.get("key", f"group {number}")) if isinstance(entry, dict) else f"group {number}"
            if not self._values.is_entry(key, entry, _GROUP_KEYS):
                continue
            price = self._values.parse(key, entry, "hourly_price", facts.parse_money)
            draft = OrganisationDraft(
                id=self._new_id("organisation", key),
                name=self._values.text(key, entry, "name"),
                kind=self._values.choice(key, entry, OrganisationKind, OrganisationKind.COMMUNITY_GROUP),
                description=self._values.text(key, entry, "description"),
                email=self._values.text(key, entry, "email"),
                website=self._values.text(key, entry, "website"),
                cqc_url=self._values.text(key, entry, "cqc"),
                hourly_price_pence=price,
                phones=self._values.phones(key, entry),
            )
            self._seeds.organisations.append(draft)
            self._seeds.places.setdefault(draft.id, (self._file, key))
            for service in self._values.list(key, entry, "services"):
                self._read_service(key, draft.id, service)

    def _read_service(self, group: str, organisation_id: uuid.UUID, entry: Any) -> None:
        key = str(entry.get("key", f"{group}.services")) if isinstance(entry, dict) else f"{group}.services"
        if not self._values.is_entry(key, entry, _SERVICE_KEYS):
            return
        values = self._values
        texts: dict[str, Any] = {name: values.text(key, entry, name) for name in _SERVICE_TEXTS}
        slugs: dict[str, Any] = {name: values.slugs(key, entry, name) for name in _SERVICE_SLUGS}
        draft = ServiceDraft(
            id=self._new_id("service", key),
            organisation_id=organisation_id,
            kind=values.choice(key, entry, ServiceKind, ServiceKind.ACTIVITY),
            status=values.parse(key, entry, "status", facts.parse_state) or ServiceStatus.ACTIVE,
            joining=values.choice(key, entry, Joining, None, name="join"),
            access=values.access(key, entry),
            languages=values.languages(key, entry),
            phones=values.phones(key, entry),
            contacts=values.contacts(key, entry),
            **texts,
            **slugs,
            **self._when_and_where(key, entry),
            **self._terms_of_taking_part(key, entry),
        )
        self._seeds.services.append(draft)
        self._seeds.places.setdefault(draft.id, (self._file, key))

    def _when_and_where(self, key: str, entry: Entry) -> dict[str, Any]:
        at = self._at_venues(key, entry)
        return {
            "at": at,
            "rules": self._values.rules(f"{key}.when", entry.get("when", [])),
            "attendance": self._values.attendance(key, entry, has_venue=bool(at)),
        }

    def _terms_of_taking_part(self, key: str, entry: Entry) -> dict[str, Any]:
        """Read what is one phrase in the file and several columns in the directory."""
        ages = self._values.parse(key, entry, "ages", facts.parse_ages) or (None, None)
        places = self._values.parse(key, entry, "places", facts.parse_places) or (None, None, None)
        cost_kind, costs = self._values.costs(key, entry)
        confirmed_on = self._values.confirmed_on(key, entry)
        confirmed_by = self._values.text(key, entry, "confirmed_by") or CONFIRMED_BY
        return {
            "minimum_age": ages[0],
            "maximum_age": ages[1],
            "capacity": places[0],
            "places_left": places[1],
            "waiting_weeks": places[2],
            "cost_kind": cost_kind,
            "costs": costs,
            "last_confirmed_on": confirmed_on,
            "last_confirmed_by": confirmed_by if confirmed_on else "",
        }

    def _new_id(self, noun: str, key: str) -> uuid.UUID:
        found = seed_id(noun, key)
        if found in self._seeds.places:
            self._values.fault(key, f"this key is taken in {self._seeds.places[found][0]}")
        return found

    def _at_venues(self, key: str, entry: Entry) -> tuple[AtVenueDraft, ...]:
        drafts = []
        for each in self._values.list(key, entry, "venues"):
            if not self._values.is_entry(f"{key}.venues", each, ("venue", "note", "when")):
                continue
            venue = self._seeds.venues.get(str(each.get("venue")))
            if venue is None:
                near = suggestion(str(each.get("venue")), set(self._seeds.venues))
                self._values.fault(f"{key}.venues", f"there is no venue “{each.get('venue')}”{near}")
                continue
            note = self._values.text(f"{key}.venues", each, "note")
            rules = self._values.rules(f"{key}.venues.when", each.get("when", []))
            drafts.append(AtVenueDraft(venue_id=venue.id, note=note, rules=rules))
        return tuple(drafts)


def _is_position(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(each, float) for each in value)
