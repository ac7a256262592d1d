"""Bringing in postcodes and areas. Each import is one operation within the caller's transaction."""

import logging
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portal.core.database import db
from portal.geo.area_files import FoundArea, read_area, read_features
from portal.geo.files import ImportReport, RefusedError, open_table
from portal.geo.models import Area, AreaKind, Postcode
from portal.geo.postcode_files import find_columns, has_positions, read_postcode

log = logging.getLogger(__name__)

BATCH = 5000

# Told how many of how many bytes were read.
Progress = Callable[[int, int], None]


def import_postcodes(*, path: Path, actor: str, progress: Progress = lambda _done, _length: None) -> ImportReport:
    """Store the postcodes of a file, new and known ones alike, and say what was done.

    Takes the ONS Postcode Directory or any CSV with a postcode, latitude and longitude (WGS84 degrees), also inside a
    .zip, and reads it as it streams. `actor` is who asked for it. Raises GeoFileError when the file is no such file.
    """
    report = ImportReport()
    with open_table(path, has_positions) as table:
        places = find_columns(table.header)
        batch: dict[str, dict[str, object]] = {}
        for line, row in table.rows:
            if not any(row):
                continue
            report.read += 1
            try:
                values = read_postcode(row, places)
            except RefusedError as error:
                report.refuse(line, error.column, error.problem)
                continue
            batch[str(values["code"])] = values
            report.stored += 1
            if len(batch) >= BATCH:
                _store_postcodes(batch)
                progress(table.position(), table.length)
        _store_postcodes(batch)
        progress(table.length, table.length)
    log.info("%s imported postcodes from %s: %d stored, %d refused", actor, path.name, report.stored, report.refused)
    return report


def import_areas(*, path: Path, kind: AreaKind, actor: str) -> ImportReport:
    """Store the areas of a GeoJSON file (WGS84), changing those that are known, and say what was done.

    An area is known by its code, else by kind and slug, else by kind and name; a second import changes nothing.
    `actor` is who asked for it. The lines of refusals are numbers of features, from 1. Raises GeoFileError when the
    file is not GeoJSON or its coordinates are not degrees; then nothing is stored.
    """
    report = ImportReport()
    found: list[FoundArea] = []
    for number, feature in enumerate(read_features(path), start=1):
        report.read += 1
        try:
            found.append(read_area(feature, kind))
        except RefusedError as error:
            report.refuse(number, error.column, error.problem)
    for area in found:
        _store_area(area)
        report.stored += 1
    log.info("%s imported areas from %s: %d stored, %d refused", actor, path.name, report.stored, report.refused)
    return report


def name_area(*, slug: str, name: str, kind: AreaKind, note: str, actor: str) -> None:
    """Make an area known by name only, without an outline; one that is known stays as it is. `actor` asks for it."""
    if not _is_taken(slug):
        db.session.add(Area(slug=slug, name=name, kind=kind, note=note))
        db.session.flush()
        log.info("%s named the area %s", actor, slug)


def _store_postcodes(batch: dict[str, dict[str, object]]) -> None:
    """Insert or update the rows gathered, and empty the batch."""
    if not batch:
        return
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Postcode)
    changed = {name: statement.excluded[name] for name in ("latitude", "longitude", "is_live")}
    upsert = statement.on_conflict_do_update(index_elements=[Postcode.code], set_=changed)
    db.session.execute(upsert, list(batch.values()))
    batch.clear()


def _store_area(found: FoundArea) -> None:
    area = _find_known(found)
    if area is None:
        area = Area(slug=_free_slug(found))
        db.session.add(area)
    area.name, area.kind, area.code, area.note = found.name, found.kind, found.code or area.code, found.note
    if area.outline != found.outline:
        area.outline = found.outline
    db.session.flush()


def _find_known(found: FoundArea) -> Area | None:
    tests = [
        sa.and_(Area.kind == found.kind, Area.slug == found.slug),
        sa.and_(Area.kind == found.kind, Area.name == found.name),
    ]
    if found.code:
        # Another code under the same name is another area: two boroughs may each have a ward called Park.
        tests = [Area.code == found.code, *(sa.and_(test, Area.code.is_(None)) for test in tests)]
    for test in tests:
        if (known := db.session.scalar(sa.select(Area).where(test).order_by(Area.slug).limit(1))) is not None:
            return known
    return None


def _free_slug(found: FoundArea) -> str:
    """Return the slug, with the kind, the code or a number behind it when another area has it."""
    base = found.slug or "area"
    tries = [base, f"{base}-{found.kind.value}"[:80], *([f"{base}-{found.code}".lower()[:80]] if found.code else [])]
    for slug in tries:
        if not _is_taken(slug):
            return slug
    number = 2
    while _is_taken(f"{base}-{number}"):
        number += 1
    return f"{base}-{number}"


def _is_taken(slug: str) -> bool:
    return db.session.scalar(sa.select(Area.id).where(Area.slug == slug)) is not None
