"""What pages of results say of a service whoever asks and whenever: read once, and again when the service changed."""

import datetime as dt
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa
from flask import Flask, current_app

from portal.core.database import db
from portal.directory.index_queries import Watermark, changed_since, find_watermark, read_watermark
from portal.directory.models import Service, ServiceStatus
from portal.directory.queries import list_for_cards
from portal.directory.schedule_words import in_words
from portal.search import service_words as words
from portal.search.card import Mark
from portal.search.constants import CHANGES_AT_ONCE

# About two kilobytes each. Beyond it those that were read first are forgotten.
_KEPT = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedVenue:
    """A venue that may be named. `position` is (latitude, longitude) in degrees, None where there is none."""

    name: str
    position: tuple[float, float] | None
    has_pin: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One public service. `venues` stand by their numbers, `hidden` are the numbers of those that are confidential.

    `rules` says when things are: for each number of a venue the first rule that names it, None for the whole service,
    in their order. `elsewhere` is said instead of a venue; `places` and `closed` are marks, None where there is none.
    """

    id: uuid.UUID
    name: str
    organisation: str
    organisation_id: uuid.UUID
    summary: str
    venues: Mapping[int, ListedVenue]
    hidden: frozenset[int]
    elsewhere: str
    rules: Sequence[tuple[int | None, str]]
    when_note: str
    cost: str
    places: Mark | None
    closed: Mark | None
    phone: str
    plate_icon: str
    is_closed: bool
    last_confirmed_on: dt.date | None
    last_confirmed_by: str

    def when(self, number: int | None) -> str:
        """Return when it is at one venue, or at all when none is named: the first rule in words, else the note."""
        found = (said for at, said in self.rules if number is None or at in {None, number})
        return next(found, self.when_note)


def listed_from(service: Service) -> Listed:
    """Return what is said of a service that was read with what a card shows."""
    hidden = frozenset(at.number for at in service.locations if at.location.is_confidential)
    rules: dict[int | None, str] = {}
    for rule in service.schedules:
        if rule.at_number not in rules:
            rules[rule.at_number] = in_words(rule)
    return Listed(
        id=service.id,
        name=service.name,
        organisation=service.organisation.name,
        organisation_id=service.organisation_id,
        summary=service.summary,
        venues=_venues(service),
        hidden=hidden,
        elsewhere=words.ADDRESS_ON_ASKING if hidden else words.from_afar_in_words(service),
        rules=tuple(rules.items()),
        when_note=service.when_note,
        cost=words.cost_in_words(service),
        places=words.places_mark(service),
        closed=words.closed_mark(service),
        phone=words.main_phone(service),
        plate_icon=words.plate_icon(service),
        is_closed=service.status is ServiceStatus.TEMPORARILY_CLOSED,
        last_confirmed_on=service.last_confirmed_on,
        last_confirmed_by=service.last_confirmed_by,
    )


def _venues(service: Service) -> dict[int, ListedVenue]:
    found: dict[int, ListedVenue] = {}
    for at in service.locations:
        place = at.location
        if not place.is_confidential:
            degrees = (place.latitude, place.longitude)
            position = None if degrees[0] is None or degrees[1] is None else (degrees[0], degrees[1])
            found[at.number] = ListedVenue(name=place.name, position=position, has_pin=place.has_public_position)
    return found


class KnownListings:
    """The services that one process has shown of late, as they are at the newest change. Safe from several threads.

    Every reading asks for the newest change first, with the connection that reads what is missing: so what is given
    is never older than what the database would have answered.
    """

    def __init__(self) -> None:
        self._listed: dict[uuid.UUID, Listed] = {}
        self._watermark: Watermark | None = None
        self._lock = threading.Lock()

    def read(self, service_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Listed]:
        """Return the public services among these ids, in the order of the ids."""
        connection = db.session.connection()
        newest = read_watermark(connection)
        self._catch_up(connection, newest)
        with self._lock:
            is_level = self._watermark == newest
            found = {key: self._listed[key] for key in service_ids if key in self._listed} if is_level else {}
        missing = [key for key in service_ids if key not in found]
        if missing:
            fresh = {service.id: listed_from(service) for service in list_for_cards(missing)}
            found |= fresh
            self._keep(fresh, newest)
        return {key: found[key] for key in service_ids if key in found}

    def _catch_up(self, connection: sa.Connection, newest: Watermark) -> None:
        """Forget what changed. A reader that sees less than is known here leaves everything as it is."""
        known = self._watermark
        if known == newest or (known is not None and newest.sequence < known.sequence):
            return
        gone = None
        if known is not None and find_watermark(connection, known.sequence) == known:
            gone = changed_since(connection, known.sequence, CHANGES_AT_ONCE)
        with self._lock:
            if self._watermark != known:
                return
            self._watermark = newest
            if gone is None:
                self._listed = {}
            else:
                for key in gone:
                    self._listed.pop(key, None)

    def _keep(self, fresh: Mapping[uuid.UUID, Listed], seen: Watermark) -> None:
        with self._lock:
            if self._watermark == seen:
                self._listed |= fresh
                for key in list(islice(self._listed, max(0, len(self._listed) - _KEPT))):
                    del self._listed[key]


def init_app(app: Flask) -> None:
    """Give an application its own memory of listings. The database is not touched."""
    app.extensions["listed"] = KnownListings()


def known_listings() -> KnownListings:
    """Return what the running application knows."""
    found: KnownListings = current_app.extensions["listed"]
    return found
