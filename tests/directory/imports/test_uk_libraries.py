"""The real table of the UK's libraries, with the mapping that ships as an example."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from portal.directory.models import Change, Organisation, Service, ServiceStatus
from portal.geo.models import Postcode
from portal.geo.operations import import_postcodes
from tests.directory.imports.conftest import Run


def _count(database: SQLAlchemy, model: type[Service | Organisation | Change]) -> int:
    return database.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def _libraries(database: SQLAlchemy, name: str, postcode: str) -> list[Service]:
    rows = database.session.scalars(sa.select(Service).where(Service.name == name))
    return [row for row in rows if row.locations[0].location.postcode == postcode]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_all_rows_are_read_and_a_second_time_none_is_new(
    run_import: Run,
    real_data: Path,
    examples: Path,
    database: SQLAlchemy,
    tmp_path: Path,
    proof: Callable[..., int],
) -> None:
    head, *rows = (real_data / "uk_libraries.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    count = proof("rows of the table of libraries", sample=700, full=len(rows))
    table = tmp_path / "libraries.csv"
    table.write_text(head + "".join(rows[-count:]), encoding="utf-8")
    arguments = (table, "--mapping", examples / "uk-libraries.mapping.yml")
    first = run_import(*arguments)
    assert first.exit_code == 0, first.output
    if count == len(rows):
        assert "4,231 rows: 3 refused, 20 duplicates folded." in first.output
        assert "services: 4,208 new, 0 changed, 0 unchanged" in first.output
        assert "“1:00” is not a time written with two digits each" in first.output
        assert "“00:00” is not hours such as 10:00-13:00" in first.output
        assert _count(database, Organisation) == 208
    stored, changes = _count(database, Service), _count(database, Change)
    assert f"services: {stored:,} new, 0 changed, 0 unchanged" in first.output
    assert stored > count * 0.98
    database.session.rollback()
    second = run_import(*arguments)
    assert f"services: 0 new, 0 changed, {stored:,} unchanged" in second.output
    assert (_count(database, Service), _count(database, Change)) == (stored, changes)


def test_london_rows_have_positions_hours_and_one_open_library_each(
    run_import: Run, real_data: Path, examples: Path, database: SQLAlchemy, tmp_path: Path
) -> None:
    lines = (real_data / "uk_libraries.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    table = tmp_path / "london.csv"
    table.write_text(lines[0] + "".join(line for line in lines if "London Borough" in line), encoding="utf-8")
    import_postcodes(path=real_data / "lewisham_postcodes.csv", actor="test")
    database.session.commit()
    result = run_import(table, "--mapping", examples / "uk-libraries.mapping.yml")
    assert result.exit_code == 0, result.output
    (lewisham,) = _libraries(database, "Lewisham Library", "SE13 6LG")
    known = database.session.get_one(Postcode, "SE13 6LG")
    place = lewisham.locations[0].location
    assert (place.latitude, place.longitude) == (known.latitude, known.longitude)
    assert any("SA" in rule.by_day for rule in lewisham.locations[0].schedules)
    (dalston,) = _libraries(database, "Dalston CLR James Library", "E8 3BQ")
    assert dalston.status is ServiceStatus.ACTIVE
    (wavelengths,) = _libraries(database, "Wavelengths Library", "SE8 4RJ")
    assert wavelengths.status is ServiceStatus.DEFUNCT
