"""What a table that a group sent would change: row by row, cell by cell, and what in it is to be put right first."""

import enum
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.accounts.forms import read_id
from portal.core.text import clean
from portal.directory.operations import KnownWords
from portal.listings.checks import MOST_RULES, wrong_in
from portal.listings.content import Content
from portal.listings.sheet_columns import COLUMNS, Words
from portal.listings.sheet_days import CellError
from portal.listings.sheets import MOST_LETTERS, Line, Sheet, SheetRefusedError, plain
from portal.listings.venue_positions import areas_in_words, is_outside

ID = "id"
# The column that we add to the rows that come back; whoever leaves it in sends no unknown one.
REASONS = "what to put right"
HEADER = (ID, *(column.name for column in COLUMNS))
_FIELD_TO_COLUMN = {
    "minimum_age": "minimum age", "maximum_age": "maximum age", "cost_kind": "cost", "prices": "price", "when": "days",
    "venues": "address", "phones": "telephone", "capacity": "places", "places_left": "places",
}  # fmt: skip


class Kind(enum.Enum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAULTY = "faulty"


@dataclass(frozen=True)
class Own:
    """A listing that somebody may change: its id, the version of it that was read, and what it says."""

    id: uuid.UUID
    version: int
    content: Content


@dataclass(frozen=True)
class Change:
    """One cell that differs."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Fault:
    """One cell to put right, and how; or to look at, where it is taken all the same."""

    column: str
    text: str


@dataclass(frozen=True)
class Planned:
    """One row with what would become of it. `own` is the listing that it changes, None for a new one."""

    line: Line
    kind: Kind
    content: Content
    own: Own | None = None
    changes: Sequence[Change] = ()
    faults: Sequence[Fault] = ()
    remarks: Sequence[Fault] = ()

    @property
    def name(self) -> str:
        """What to call the row."""
        return self.content.name or (self.own.content.name if self.own else "") or "a row without a name"


@dataclass(frozen=True)
class Plan:
    """All rows in their order, and the names of columns that are not known and left out."""

    rows: Sequence[Planned]
    unknown: Sequence[str]

    def of(self, *kinds: Kind) -> list[Planned]:
        """Return the rows of some kinds."""
        return [row for row in self.rows if row.kind in kinds]


def table(owns: Sequence[Own], words: Words) -> list[list[str]]:
    """Return listings as a table with its header."""
    return [list(HEADER), *([str(own.id), *(column.read(own.content, words) for column in COLUMNS)] for own in owns)]


def plan(sheet: Sheet, owns: Mapping[uuid.UUID, Own], words: Words, known: KnownWords) -> Plan:
    """Say what a table would do to the listings `owns`; nothing is changed.

    A cell that says what the listing says already changes nothing, however little of the listing it holds. Raises
    SheetRefusedError when the columns cannot be told.
    """
    places, unknown = _columns(sheet.header)
    seen: set[uuid.UUID] = set()
    rows = []
    for line in sheet.lines:
        cells = {name: line.cells[place] if place < len(line.cells) else "" for name, place in places.items()}
        rows.append(_row(line, cells, owns, seen, words, known))
    return Plan(rows, unknown)


def _columns(header: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Return where each known column stands, and the names of those that are none."""
    places: dict[str, int] = {}
    unknown = []
    for place, raw in enumerate(header):
        name = clean(plain(raw)).casefold().replace("_", " ")
        if name in places:
            raise SheetRefusedError(f"There are two columns “{name[:40]}”. Take one of them out.")
        if name in HEADER:
            places[name] = place
        elif name and name != REASONS:
            unknown.append(clean(raw)[:60])
    if not set(places) & {ID, "name"}:
        raise SheetRefusedError(
            f"The first row has to hold the names of the columns, like: {', '.join(HEADER[:5])}. "
            "Download your listings to see how."
        )
    return places, unknown


def _row(
    line: Line,
    cells: Mapping[str, str],
    owns: Mapping[uuid.UUID, Own],
    seen: set[uuid.UUID],
    words: Words,
    known: KnownWords,
) -> Planned:
    typed = clean(plain(cells.get(ID, "")))
    own = owns.get(found) if (found := read_id(typed)) else None
    if typed and own is None:
        text = "This is not the id of a listing of yours. Leave the cell empty to make a new listing"
        return Planned(
            line, Kind.FAULTY, Content(name=clean(cells.get("name", ""), limit=80)), faults=[Fault(ID, text)]
        )
    if own is not None and own.id in seen:
        return Planned(line, Kind.FAULTY, own.content, own, faults=[Fault(ID, "This id stands in a row above as well")])
    if own is not None:
        seen.add(own.id)
    before = own.content if own else Content()
    content, changes, faults = _fill(before, cells, words)
    if not faults:
        faults = _whole(content, is_new=own is None, known=known)
    kind = Kind.FAULTY if faults else Kind.NEW if own is None else Kind.CHANGED if changes else Kind.UNCHANGED
    remarks = [] if faults or content.venues == before.venues else _remarks(content)
    return Planned(line, kind, content, own, changes, faults, remarks)


def _fill(before: Content, cells: Mapping[str, str], words: Words) -> tuple[Content, list[Change], list[Fault]]:
    content, changes, faults = before, [], []
    for column in COLUMNS:
        if column.name not in cells:
            continue
        raw, was = cells[column.name], column.read(before, words)
        if raw.startswith("="):
            faults.append(Fault(column.name, "It holds a formula. Write what it should say"))
            continue
        if len(raw) > MOST_LETTERS:
            faults.append(Fault(column.name, f"It has {len(raw):,} letters. Use {MOST_LETTERS:,} or fewer"))
            continue
        text = clean(plain(raw), lines=True)
        if text == clean(was, lines=True):
            continue
        try:
            content = column.write(content, text, words)
        except CellError as error:
            faults.append(Fault(column.name, f"{error}"))
        else:
            changes.append(Change(column.name, was, text))
    return content, changes, faults


def _whole(content: Content, *, is_new: bool, known: KnownWords) -> list[Fault]:
    """Look at what only the whole row shows."""
    if is_new and not content.name:
        return [Fault("name", "Give it a name")]
    if len(content.when) > MOST_RULES:
        return [Fault("days", f"There are {len(content.when)} times. Use {MOST_RULES} or fewer")]
    return [Fault(_FIELD_TO_COLUMN.get(flaw.field, flaw.field), flaw.text) for flaw in wrong_in(content, known=known)]


def _remarks(content: Content) -> list[Fault]:
    venue = content.venues[0] if content.venues else None
    if venue is None or venue.latitude is None or venue.longitude is None:
        return []
    if not is_outside((venue.latitude, venue.longitude)):
        return []
    return [Fault("postcode", f"{venue.postcode} is outside {areas_in_words()}. It is taken as it is")]
