"""Stores entries in batches: each batch is one transaction, or all of them together when all or nothing is wanted."""

import enum
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from portal.core.database import transaction
from portal.directory.imports.entry import Entry, Step
from portal.directory.imports.positions import Positions, needs_position
from portal.directory.imports.report import ImportReport
from portal.directory.models import ImportedRecord, Location, Organisation, Service
from portal.directory.models.change import Noun
from portal.directory.operations import (
    KnownWords,
    OrganisationDraft,
    Outcome,
    RefusedError,
    VenueDraft,
    save_locations,
    save_organisations,
    save_services,
)

BATCH = 500
_Draft = TypeVar("_Draft", OrganisationDraft, VenueDraft)
_Model = type[Organisation] | type[Location] | type[Service]


class Keeping(enum.Enum):
    """What stays in the database at the end."""

    GOOD_ROWS = "good rows"
    ALL_OR_NOTHING = "all or nothing"
    NOTHING = "nothing"


class _TakeBackError(Exception):
    """Ends a transaction of which nothing is to stay."""


@dataclass(frozen=True, kw_only=True)
class _Written:
    """What one attempt to write a batch did, to be believed only once its savepoint is released."""

    outcomes: Counter[tuple[Noun, Outcome]]
    organisations: dict[uuid.UUID, tuple[int, OrganisationDraft]]
    venues: dict[uuid.UUID, tuple[int, VenueDraft]]


@dataclass(kw_only=True)
class Store:
    """Writes entries of one source. Remembers what this run has written: the first row that names a thing wins."""

    source: str
    known: KnownWords
    actor: str
    report: ImportReport
    organisations: dict[uuid.UUID, tuple[int, OrganisationDraft]] = field(default_factory=dict)
    venues: dict[uuid.UUID, tuple[int, VenueDraft]] = field(default_factory=dict)

    def run(self, steps: Iterable[Step], keeping: Keeping, advance: Callable[[int], None]) -> bool:
        """Store everything and say whether it stays. `advance` is told how many rows were gone through."""
        if keeping is Keeping.GOOD_ROWS:
            for entries in _batches(steps, advance):
                with transaction() as session:
                    self._save(session, entries)
                    session.flush()
                session.expunge_all()
            return True
        try:
            with transaction() as session:
                for entries in _batches(steps, advance):
                    self._save(session, entries)
                    session.flush()
                    session.expunge_all()
                if keeping is Keeping.NOTHING or self.report.refused:
                    raise _TakeBackError
        except _TakeBackError:
            return False
        return True

    def _save(self, session: Session, entries: Sequence[Entry]) -> None:
        """Write a batch; where the database or an operation refuses it, one by one, so that only one is lost."""
        own = self._without_kept(session, self._without_foreign(session, entries))
        placed = self._place(session, self._without_short(session, own))
        try:
            with session.begin_nested():
                written = self._write(session, placed)
                session.flush()
            self._believe(written)
        except (RefusedError, sa.exc.DBAPIError, StaleDataError):
            for entry in placed:
                self._save_one(session, entry)

    def _save_one(self, session: Session, entry: Entry) -> None:
        try:
            with session.begin_nested():
                written = self._write(session, [entry])
                session.flush()
        except RefusedError as error:
            for fault in error.faults:
                self.report.refuse(entry.line, fault.field, entry.title, fault.problem)
        except (sa.exc.DBAPIError, StaleDataError):
            self.report.refuse(entry.line, "", entry.title, "cannot be stored, or somebody changed it at this moment")
        else:
            self._believe(written)

    def _believe(self, written: _Written) -> None:
        self.report.outcomes += written.outcomes
        self.organisations |= written.organisations
        self.venues |= written.venues

    def _write(self, session: Session, entries: Sequence[Entry]) -> _Written:
        named = [(each.line, each.title, each.organisation) for each in entries]
        organisations = self._fresh(self.organisations, named)
        held = [(each.line, each.title, venue) for each in entries for venue in each.venues]
        venues = self._fresh(self.venues, held)
        foreign = self._foreign(session, Organisation, organisations) | self._foreign(session, Location, venues)
        keep = [draft for key, (_line, draft) in organisations.items() if key not in foreign]
        found = [(Noun.ORGANISATION, save_organisations(session, drafts=keep, actor=self.actor))]
        places = [draft for key, (_line, draft) in venues.items() if key not in foreign]
        found.append((Noun.LOCATION, save_locations(session, drafts=places, known=self.known, actor=self.actor)))
        services = [entry.service for entry in entries]
        found.append((Noun.SERVICE, save_services(session, drafts=services, known=self.known, actor=self.actor)))
        self._record(session, entries, foreign)
        outcomes = Counter((noun, outcome) for noun, each in found for outcome in each.values())
        return _Written(outcomes=outcomes, organisations=organisations, venues=venues)

    def _fresh(
        self, there: dict[uuid.UUID, tuple[int, _Draft]], drafts: Sequence[tuple[int, str, _Draft]]
    ) -> dict[uuid.UUID, tuple[int, _Draft]]:
        """Return the drafts that this run has not written yet; say so where a later one says something else."""
        fresh: dict[uuid.UUID, tuple[int, _Draft]] = {}
        for line, title, draft in drafts:
            first = fresh.get(draft.id) or there.get(draft.id) or fresh.setdefault(draft.id, (line, draft))
            if isinstance(draft, VenueDraft) and draft.is_confidential and not first[1].is_confidential:
                # One row that asks for an address to be hidden is enough, whichever comes first.
                first = fresh[draft.id] = (first[0], replace(first[1], is_confidential=True))
            if _contradicts(draft, first[1]):
                what = f"what is said of “{draft.name}” differs from {self.report.unit} {first[0]}; that one was kept"
                self.report.note(line, "", title, what)
        return fresh

    def _place(self, session: Session, entries: Sequence[Entry]) -> list[Entry]:
        """Give positions to venues that come with a postcode only."""
        positions = Positions(session, [venue for entry in entries for venue in entry.venues])
        placed: dict[uuid.UUID, VenueDraft] = {}
        result = []
        for entry in entries:
            for venue in entry.venues:
                if venue.id not in placed and venue.id not in self.venues:
                    placed[venue.id] = positions.place(venue, self.report.positions)
                    if needs_position(placed[venue.id]):
                        self.report.unplaced(entry.line, entry.title, venue.postcode)
            scratch: Counter[str] = Counter()
            result.append(replace(entry, venues=tuple(positions.place(venue, scratch) for venue in entry.venues)))
        return result

    def _without_foreign(self, session: Session, entries: Sequence[Entry]) -> list[Entry]:
        """Refuse services that are in the directory but did not come from this source: an import takes over nothing."""
        foreign = self._foreign(session, Service, {entry.service.id for entry in entries})
        for entry in entries:
            if entry.service.id in foreign:
                text = f"is in the directory already and did not come from the source “{self.source}”"
                self.report.refuse(entry.line, "id", entry.title, text)
        return [entry for entry in entries if entry.service.id not in foreign]

    def _without_kept(self, session: Session, entries: Sequence[Entry]) -> list[Entry]:
        """Leave services as they are that a group writes itself."""
        ids = [entry.service.id for entry in entries]
        kept = set(session.scalars(sa.select(Service.id).where(Service.id.in_(ids), Service.is_kept_by_group)))
        for entry in entries:
            if entry.service.id in kept:
                text = "is kept by the group itself, so it was left as it is"
                self.report.note(entry.line, "", entry.title, text)
                self.report.outcomes[Noun.SERVICE, Outcome.UNCHANGED] += 1
        return [entry for entry in entries if entry.service.id not in kept]

    def _without_short(self, session: Session, entries: Sequence[Entry]) -> list[Entry]:
        """Leave services as they are of which the source tells only the head this time."""
        short = [entry.service.id for entry in entries if entry.is_short]
        there = set(session.scalars(sa.select(Service.id).where(Service.id.in_(short)))) if short else set()
        for entry in entries:
            if entry.service.id in there:
                text = "names no place, time or price, so the service was left as it is; import full services"
                self.report.note(entry.line, "", entry.title, text)
                self.report.outcomes[Noun.SERVICE, Outcome.UNCHANGED] += 1
        return [entry for entry in entries if entry.service.id not in there]

    def _foreign(self, session: Session, model: _Model, ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        """Return those ids of rows that exist and that no import of this source has made."""
        wanted = list(ids)
        made = sa.select(ImportedRecord.object_id).where(
            ImportedRecord.source == self.source, ImportedRecord.object_id.in_(wanted)
        )
        return set(session.scalars(sa.select(model.id).where(model.id.in_(wanted)))) - set(session.scalars(made))

    def _record(self, session: Session, entries: Sequence[Entry], foreign: set[uuid.UUID]) -> None:
        """Remember which row became which object."""
        wanted: dict[tuple[Noun, str], uuid.UUID] = {}
        for entry in entries:
            wanted[Noun.ORGANISATION, entry.organisation_key] = entry.organisation.id
            wanted[Noun.SERVICE, entry.service_key] = entry.service.id
            pairs = zip(entry.venue_keys, entry.venues, strict=True)
            wanted.update(((Noun.LOCATION, key), venue.id) for key, venue in pairs)
        record = ImportedRecord
        there = session.execute(
            sa.select(record.noun, record.key).where(
                record.source == self.source, record.key.in_({key for _noun, key in wanted})
            )
        )
        missing = wanted.keys() - {(noun, key) for noun, key in there}
        rows = [
            {"source": self.source, "noun": noun, "key": key, "object_id": wanted[noun, key]}
            for noun, key in sorted(missing, key=lambda pair: (pair[0].value, pair[1]))
            if wanted[noun, key] not in foreign
        ]
        if rows:
            session.execute(sa.insert(record), rows)


def _contradicts(later: OrganisationDraft | VenueDraft, first: OrganisationDraft | VenueDraft) -> bool:
    """Say whether a later draft of the same thing says something of its own that the first does not say."""
    for item in fields(later):
        value = getattr(later, item.name)
        if value != getattr(first, item.name) and value != item.default:
            return True
    return False


def _batches(steps: Iterable[Step], advance: Callable[[int], None]) -> Iterator[list[Entry]]:
    entries: list[Entry] = []
    rows = 0
    for step in steps:
        rows += step.rows
        if step.entry is not None:
            entries.append(step.entry)
        if len(entries) >= BATCH or rows >= BATCH:
            yield entries
            advance(rows)
            entries, rows = [], 0
    yield entries
    advance(rows)
