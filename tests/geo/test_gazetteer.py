"""The embedded gazetteer."""

import pytest

from portal.geo import gazetteer
from portal.geo.postcodes import Level, parse_exactly


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Lewisham", "Lewisham"),
        ("LEWISHAM", "Lewisham"),
        ("Lewisham, London", "Lewisham"),
        ("foresthill", "Forest Hill"),
        ("st. john's", "St Johns"),
        ("Saint Johns", "St Johns"),
        ("Honour Oak Park", "Honor Oak Park"),
        ("Lewisham railway stn", "Lewisham station"),
        ("Horniman", "Horniman Museum"),
    ],
)
def test_places_and_their_spellings(typed: str, name: str) -> None:
    spot = gazetteer.find_place(typed)
    assert spot is not None
    assert spot.name == name


def test_unknown_names_and_blanks() -> None:
    assert gazetteer.find_place("Timbuktu") is None
    assert gazetteer.find_place("") is None
    assert gazetteer.find_place("London") is None


def test_every_row_is_near_south_east_london_and_written_properly() -> None:
    outcodes, sectors = gazetteer._outcodes(), gazetteer._sectors()
    assert len(outcodes) >= 40
    assert len(sectors) >= 40
    assert {
        code for code in outcodes if (found := parse_exactly(code)) is None or found.level is not Level.OUTCODE
    } == set()
    assert {
        code for code in sectors if (found := parse_exactly(code)) is None or found.level is not Level.SECTOR
    } == set()
    for spot in (*outcodes.values(), *sectors.values(), *gazetteer.folded_names().values()):
        assert 51.3 < spot.latitude < 51.6, spot
        assert -0.2 < spot.longitude < 0.3, spot
        assert spot.name
    assert {code.split()[0] for code in sectors} <= set(outcodes)


def test_a_places_own_name_comes_before_anothers_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"name": "Lee", "lat": "51.45", "lon": "0", "also": "Downham"},
        {"name": "Downham", "lat": "51.43", "lon": "0", "also": "Lee|Downham Estate"},
    ]
    monkeypatch.setattr(gazetteer, "_rows", lambda _: iter(rows))
    found = [(name, spot.name) for name, spot in gazetteer._names.__wrapped__()]
    assert found == [
        ("Lee", "Lee"), ("Downham", "Downham"), ("Downham", "Lee"), ("Lee", "Downham"), ("Downham Estate", "Downham"),
    ]  # fmt: skip


def test_every_name_leads_to_a_place() -> None:
    for name, spot in gazetteer._names():
        found = gazetteer.find_place(name)
        assert found is not None
        if name == spot.name:
            assert found == spot
