"""Reading postcodes as people type them."""

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.geo.postcodes import Level, ParsedPostcode, differences, find_at_end, parse, parse_exactly


@pytest.mark.parametrize(
    ("typed", "code", "level"),
    [
        ("SE13 6LG", "SE13 6LG", Level.UNIT),
        ("se136lg", "SE13 6LG", Level.UNIT),
        (" SE13  6LG", "SE13 6LG", Level.UNIT),
        ("s e 1 3 6 l g", "SE13 6LG", Level.UNIT),
        ("SE13-6LG.", "SE13 6LG", Level.UNIT),
        ("ＳＥ１３ ６ＬＧ", "SE13 6LG", Level.UNIT),
        ("M11AE", "M1 1AE", Level.UNIT),
        ("W1A1HQ", "W1A 1HQ", Level.UNIT),
        ("ec1a 1bb", "EC1A 1BB", Level.UNIT),
        ("B33 8TH", "B33 8TH", Level.UNIT),
        ("SE13 6", "SE13 6", Level.SECTOR),
        ("SE136", "SE13 6", Level.SECTOR),
        ("SE1 3", "SE1 3", Level.SECTOR),
        ("SE13 6L", "SE13 6", Level.SECTOR),
        ("SE13", "SE13", Level.OUTCODE),
        ("se 13", "SE13", Level.OUTCODE),
        ("E1", "E1", Level.OUTCODE),
        ("n1p", "N1P", Level.OUTCODE),
        # The letter O for nought, I and L for one, and back, where only one of the two can stand.
        ("SE13 OLG", "SE13 0LG", Level.UNIT),
        ("SEI3 6LG", "SE13 6LG", Level.UNIT),
        ("sel3 6lg", "SE13 6LG", Level.UNIT),
        ("SE13 61G", "SE13 6LG", Level.UNIT),
        ("0X1 1AA", "OX1 1AA", Level.UNIT),
        ("S01 1AA", "SO1 1AA", Level.UNIT),
        ("SE1O", "SE10", Level.OUTCODE),
    ],
)
def test_what_people_type(typed: str, code: str, level: Level) -> None:
    assert parse(typed) == ParsedPostcode(code, level)


@pytest.mark.parametrize(
    "typed",
    ["", " ", "lewisham", "lee", "io", "SE", "12", "99999", "QE1 1AA", "JZ1 1AA", "SE13 6LG SE13", "%_*", "A" * 9],
)
def test_what_is_no_postcode(typed: str) -> None:
    assert parse(typed) is None


def test_parts_of_a_postcode() -> None:
    unit = ParsedPostcode("SE13 6LG", Level.UNIT)
    assert (unit.outcode, unit.sector) == ("SE13", "SE13 6")
    outcode = ParsedPostcode("SE13", Level.OUTCODE)
    assert (outcode.outcode, outcode.sector) == ("SE13", "")


@pytest.mark.parametrize("written", ["SE13 OLG", "SE13 6L", "SE13 6LV", "SE13/6LG", "lewisham"])
def test_a_file_is_read_to_the_letter(written: str) -> None:
    assert parse_exactly(written) is None
    assert parse_exactly("se136lg") == ParsedPostcode("SE13 6LG", Level.UNIT)


def test_a_postcode_that_cannot_exist_is_still_one_when_typed() -> None:
    assert parse("SE13 6LV") == ParsedPostcode("SE13 6LV", Level.UNIT)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("199 Lewisham High Street, London SE13 6LG", "SE13 6LG"),
        ("Flat 2,se136lg", "SE13 6LG"),
        ("Catford SE6", None),
        ("SE13 6LG", None),
        ("Lewisham", None),
    ],
)
def test_the_postcode_at_the_end_of_an_address(address: str, code: str | None) -> None:
    found = find_at_end(address)
    assert (found.code if found else None) == code


def test_how_different_two_codes_are() -> None:
    assert [differences("LG", other) for other in ("LG", "LX", "GL", "AB")] == [0, 1, 1, 2]


@given(st.text(max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    found = parse(text)
    assert found is None or parse(found.code) == found


@given(st.text(alphabet=string.ascii_uppercase + string.digits + " ", max_size=9))
def test_what_was_read_reads_the_same_again(text: str) -> None:
    found = parse(text)
    assert found is None or (parse(found.code.lower()) == found and parse(found.code.replace(" ", "")) is not None)


def test_long_texts_take_no_time() -> None:
    started = time.perf_counter()
    for sign in ("A", "1", " ", "A1", "1 "):
        assert parse(sign * 100_000) is None
    assert time.perf_counter() - started < 0.1
