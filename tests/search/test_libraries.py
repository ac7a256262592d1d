"""The real libraries and postcodes: a library near home that is open on Saturday."""

from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from werkzeug.datastructures import MultiDict

from portal.core.settings import ROOT
from portal.directory.queries import list_services
from portal.search.asking import read_request
from portal.search.finding import find, list_pins

ASKED = {"q": "library", "where": "SE13 6LG", "day": "sat", "radius": "5"}


def test_the_nearest_library_open_on_saturday_comes_first(
    app: Flask, client: FlaskClient, database: SQLAlchemy, real_data: Path, tmp_path: Path
) -> None:
    lines = (real_data / "uk_libraries.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    table = tmp_path / "london.csv"
    table.write_text(lines[0] + "".join(line for line in lines if "London Borough" in line), encoding="utf-8")
    run = app.test_cli_runner().invoke
    for command in (
        ["geo", "import-postcodes", str(real_data / "uk_outcodes.csv"), str(real_data / "lewisham_postcodes.csv")],
        ["import", str(table), "--mapping", str(ROOT / "docs" / "examples" / "uk-libraries.mapping.yml")],
    ):
        done = run(args=command)
        assert done.exit_code == 0, done.output

    question = read_request(MultiDict(ASKED))
    assert question.place is not None
    assert question.place.precision.value == "to the nearest street"
    found = find(question)
    services = list_services([hit.service_id for hit in found.hits])
    assert services[0].name == "Lewisham Library"
    assert found.hits[0].miles is not None
    assert found.hits[0].miles < 0.05
    miles = [hit.miles for hit in found.hits if hit.miles is not None]
    assert len(miles) == len(found.hits) > 5
    assert miles == sorted(miles)
    # Pepys is shut at weekends, and Catford's old building was closed in 2022.
    assert {"Pepys Community Library", "Wavelengths Library"}.isdisjoint(service.name for service in services)
    assert all(hit.starts_at is not None and hit.starts_at.weekday() == 5 for hit in found.hits)

    pins = list_pins(question)
    first = list(pins.ranks).index(1)
    place = services[0].locations[0].location
    assert abs(pins.latitudes[first] - (place.latitude or 0)) < 0.00002
    assert len(pins.numbers) == found.total

    page = client.get("/services", query_string={**ASKED, "view": "map"}).get_data(as_text=True)
    assert "Lewisham Library" in page.replace("<mark>", "").replace("</mark>", "")
