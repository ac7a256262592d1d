"""The shortlist's text: what goes in comes out, and nothing that people do to it breaks it."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search.shortlist import LIMIT, pack, unpack, with_removed, with_saved

ONE, TWO, THREE = (uuid.UUID(int=number << 64 | 7) for number in (1, 2, 3))


@given(st.lists(st.uuids(), max_size=LIMIT, unique=True))
def test_what_is_packed_comes_out_in_order(ids: list[uuid.UUID]) -> None:
    read = unpack(pack(ids))
    assert list(read.ids) == ids
    assert read.is_whole


@given(st.text(max_size=3000))
def test_no_text_breaks_it(text: str) -> None:
    assert len(unpack(text).ids) <= LIMIT


def test_thirty_fit_into_a_cookie() -> None:
    assert len(pack([uuid.uuid4() for _ in range(LIMIT)])) < 700


def test_a_link_cut_short_keeps_what_is_whole() -> None:
    text = pack([ONE, TWO, THREE])
    for cut in range(1, 10):
        read = unpack(text[:-cut])
        assert read.ids == (ONE, TWO)
        assert not read.is_whole


@pytest.mark.parametrize("text", ["!!!", "a", "\ud800", "AAAA\x00AAAA", "é" * 30, "=" * 10 + "?"])
def test_a_broken_link_says_so(text: str) -> None:
    assert unpack(text).ids == ()
    assert not unpack(text).is_whole


def test_nothing_is_a_list_without_anything() -> None:
    assert unpack("").ids == ()


def test_more_than_thirty_are_cut_and_said() -> None:
    ids = [uuid.uuid4() for _ in range(LIMIT + 5)]
    read = unpack(pack(ids))
    assert list(read.ids) == ids[:LIMIT]
    assert not read.is_whole


def test_saving_keeps_order_and_takes_no_doubles() -> None:
    assert with_saved([ONE, TWO], [ONE, THREE]) == (ONE, TWO, THREE)
    assert with_removed([ONE, TWO, THREE], TWO) == (ONE, THREE)
    full = [uuid.uuid4() for _ in range(LIMIT)]
    assert with_saved(full, [ONE]) == tuple(full)
