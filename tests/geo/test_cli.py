"""The commands of the room."""

import json
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask import Flask

from portal.geo import queries
from portal.geo.cli import cli
from tests.geo.test_import_areas import feature, write


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(cli, list(words))


def test_postcodes(app: Flask, tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("postcode,lat,lon\nSE13 6LG,51.4,0.1\nnonsense,1,1\n", encoding="utf-8")
    two.write_text("postcode,lat,lon\nSE13 6LH,51.4,0.1\nSE13 6LJ,51.4,0.1\n", encoding="utf-8")
    result = run(app, "import-postcodes", str(one), str(two))
    assert result.exit_code == 0, result.output
    assert "one.csv: 1 postcode stored, 1 refused" in result.stdout
    assert "  line 3, postcode: 'nonsense' is not a UK postcode" in result.stdout
    assert "two.csv: 2 postcodes stored, 0 refused" in result.stdout
    assert "two.csv" in result.stderr
    with app.app_context():
        found = queries.find_place("SE13 6LH")
        assert found is not None
        assert found.asked == "SE13 6LH"


@pytest.mark.parametrize("content", ["", "name\nx\n", "postcode,lat,lon\nnonsense,1,1\n"])
def test_a_bad_file_of_postcodes(app: Flask, tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    result = run(app, "import-postcodes", str(path))
    assert result.exit_code == 1
    assert "bad.csv" in result.stderr
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_many_refusals_are_cut_short(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("postcode,lat,lon\nSE13 6LG,51.4,0.1\n" + "x,1,1\n" * 30, encoding="utf-8")
    result = run(app, "import-postcodes", str(path))
    assert result.stdout.count("is not a UK postcode") == 20
    assert "… and 10 more" in result.stdout


def test_areas(app: Flask, tmp_path: Path) -> None:
    path = write(tmp_path / "w.geojson", feature(name="Ladywell", code="E05013725"), feature())
    result = run(app, "import-areas", str(path), "--kind", "ward")
    assert result.exit_code == 0, result.output
    assert "w.geojson: 1 area stored, 1 refused" in result.stdout
    assert "  feature 2, name: the area has no name" in result.stdout


def test_a_bad_file_of_areas(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "w.geojson"
    path.write_text(json.dumps({"type": "Topology"}), encoding="utf-8")
    result = run(app, "import-areas", str(path), "--kind", "ward")
    assert result.exit_code == 1
    assert "is not GeoJSON" in result.stderr
    assert "Nothing of it was stored." in result.stderr
    assert run(app, "import-areas", str(path), "--kind", "county").exit_code == 2
    assert run(app, "import-areas", str(tmp_path / "none.geojson")).exit_code == 2


def test_every_command_explains_itself() -> None:
    for command in cli.commands.values():
        assert isinstance(command, click.Command)
        assert command.help
