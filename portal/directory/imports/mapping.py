"""What the columns of a table mean: our own template, or a mapping file for any other table."""

import difflib
import re
import unicodedata
from collections.abc import Mapping as Mapped
from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.text import clean
from portal.directory.imports.hours import HoursSet
from portal.directory.imports.template import Template
from portal.directory.imports.text_file import FileError
from portal.directory.models import ServiceStatus
from portal.geo.postcodes import parse_exactly

_APART = re.compile(r"[\W_]+")


@dataclass(frozen=True, kw_only=True)
class ClosedRule:
    """How a row is told to be closed: one column is not empty, or holds one of some words."""

    column: str
    words: frozenset[str] | None = None
    status: ServiceStatus = ServiceStatus.DEFUNCT

    def is_closed(self, cells: Mapped[str, str]) -> bool:
        """Say whether this row is a closed one."""
        text = clean(cells[self.column]).casefold()
        return bool(text) if self.words is None else text in self.words


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """How the rows of a table become services.

    `keys` are columns that together name a row; the first set of which one is filled in counts. `fields` are
    texts for the fields of `row_fields`. Rows of one key are one service: with `several_venues` one at several
    venues, otherwise the same thing written down twice.
    """

    source: str
    keys: tuple[tuple[str, ...], ...]
    fields: Mapped[str, Template]
    hours: tuple[HoursSet, ...] = ()
    closed: ClosedRule | None = None
    leave_out_if_wrong: frozenset[str] = frozenset()
    several_venues: bool = False

    def key_of(self, cells: Mapped[str, str]) -> str:
        """Return the key of a row, the same for spellings that differ in case and stops only; "" when it has none."""
        for columns in self.keys:
            words = [fold_key(cells[column]) for column in columns]
            if any(words):
                return " | ".join(words)
        return ""

    def is_closed(self, cells: Mapped[str, str]) -> bool:
        """Say whether a row is a closed one."""
        return self.closed is not None and self.closed.is_closed(cells)

    def column_of(self, field: str) -> str:
        """Return the column, or the columns, from which a field comes; the field where none does."""
        if field.startswith("hours:"):
            return field.removeprefix("hours:")
        template = self.fields.get(field)
        return ", ".join(template.columns) if template and template.columns else field


def fold_key(text: str) -> str:
    """Return a part of a key so that spellings of one thing fall together; postcodes are written properly."""
    plain = clean(text)
    postcode = parse_exactly(plain) if len(plain) <= 10 else None
    if postcode is not None:
        return postcode.code
    words = unicodedata.normalize("NFKC", plain).casefold().replace("'", "").replace("’", "")
    return _APART.sub(" ", words).strip() or words


# Columns of docs/examples/listing-template.csv and the fields that they fill.
TEMPLATE_COLUMNS = {
    "organisation": "organisation.name",
    "organisation_kind": "organisation.kind",
    "organisation_description": "organisation.description",
    "organisation_phone": "organisation.phone",
    "organisation_email": "organisation.email",
    "organisation_website": "organisation.website",
    **{
        name: f"service.{name}"
        for name in (
            "name", "kind", "summary", "description", "categories", "needs", "audiences", "access", "ages", "languages",
            "attend", "when_note", "cost", "cost_note", "join", "how_to_join", "contact", "phone", "email", "website",
            "places", "areas", "confirmed_on", "status",
        )
    },
    "venue": "venue.name",
    "address": "venue.address_1",
    "address_2": "venue.address_2",
    "town": "venue.town",
    "postcode": "venue.postcode",
    "latitude": "venue.latitude",
    "longitude": "venue.longitude",
    "getting_there": "venue.getting_there",
    "venue_access": "venue.access",
    "venue_confidential": "venue.confidential",
    "venue_note": "at_venue.note",
    "when": "at_venue.when",
}  # fmt: skip
KEY_COLUMN = "key"


def template_mapping(header: Sequence[str], source: str) -> Mapping:
    """Return the mapping for our own template, whose columns may stand in any order and be left out.

    Raises FileError when this is not the template: a column is unknown, or group or name is missing.
    """
    names = {column: _APART.sub("_", column.casefold()).strip("_") for column in header if column}
    known = {*TEMPLATE_COLUMNS, KEY_COLUMN}
    missing = [column for column in ("organisation", "name") if column not in names.values()]
    if missing:
        raise FileError(
            f"The table has no column “{missing[0]}”, so it is not our template. "
            "Name a file that says what its columns mean: --mapping FILE (see docs/importing.md)."
        )
    for column, name in names.items():
        if name not in known:
            raise FileError(f"The template has no column “{column[:60]}”{suggestion(name, known)}.")
    if len(set(names.values())) < len(names):
        raise FileError("The table names a column of the template twice.")
    columns = {name: column for column, name in names.items()}
    keys = ((columns[KEY_COLUMN],),) if KEY_COLUMN in columns else ()
    return Mapping(
        source=source,
        keys=(*keys, (columns["organisation"], columns["name"])),
        fields={
            field: Template(("", columns[name], "")) for name, field in TEMPLATE_COLUMNS.items() if name in columns
        },
        several_venues=True,
    )


def suggestion(name: str, known: Sequence[str] | set[str]) -> str:
    """Return "; did you mean “x”?" for a name that is nearly one of those that are known, else ""."""
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean “{near[0]}”?" if near else ""
