"""What people typed, cleaned."""

import pytest

from portal.core.text import clean, slugify


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  lunch   club \n", "lunch club"),
        ("a\x00b\x07c", "abc"),
        ("\ud800lonely\udfff", "lonely"),
        ("abc\u202edef\u2066", "abcdef"),
        ("cafe\u0301", "café"),
        ("{{ 7*7 }} <b>", "{{ 7*7 }} <b>"),
        ("\ue000private", "private"),
        ("", ""),
    ],
)
def test_clean(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_lines_stay_where_they_are_wanted() -> None:
    assert clean("one\r\n\r\n\r\n\r\ntwo\t three ", lines=True) == "one\n\ntwo three"


def test_limit() -> None:
    assert clean("x" * 10_000, limit=200) == "x" * 200
    assert clean("\x00" * 50 + "x" * 10, limit=20) == "x" * 10


def test_slugify() -> None:
    assert slugify("Café & Garden, Sydenham’s") == "cafe-garden-sydenhams"
    assert slugify("★") == ""
