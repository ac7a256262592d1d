"""A thousand pins weigh little, since they go to old phones."""

import gzip
import json
import random

import pytest
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.search.results import Pins
from portal.search.views import results

MOST_BYTES = 10_000


def test_a_thousand_pins_are_at_most_ten_kilobytes(
    client: FlaskClient, database: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(23)
    pins = Pins(
        numbers=[chance.randrange(1, 12_000) for _ in range(1000)],
        latitudes=[chance.uniform(51.35, 51.55) for _ in range(1000)],
        longitudes=[chance.uniform(-0.15, 0.1) for _ in range(1000)],
        ranks=list(range(1, 1001)),
    )
    monkeypatch.setattr(results, "list_pins", lambda _question, limit: pins)
    response = client.get("/services/pins.json", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert 3000 < len(response.data) <= MOST_BYTES
    columns = json.loads(gzip.decompress(response.data))
    assert len(columns["n"]) == 1000
    total = 0
    for difference, latitude in zip(columns["a"], pins.latitudes, strict=True):
        total += difference
        assert total == round(latitude * columns["scale"])
