"""The query language, and how words are taken apart, forgiven and marked."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search.constants import MOST_WORDS
from portal.search.index.stems import stem
from portal.search.text.language import parse, respelled
from portal.search.text.lexicon import Lexicon, slips_allowed, slips_between
from portal.search.text.marking import marker
from portal.search.text.scoring import Meaning
from portal.search.text.spelling import spellings
from portal.search.text.synonyms import root
from portal.search.text.words import fold, name_key, tokens, weigh
from tests.search.oracle_words import slips


@pytest.mark.parametrize(
    ("text", "words", "phrases", "without"),
    [
        ("chair yoga", ["chair", "yoga"], [], []),
        ('"chair yoga" tuesday', ["tuesday"], [["chair", "yoga"]], []),
        ("“chair yoga”", [], [["chair", "yoga"]], []),
        ("yoga -chair", ["yoga"], [], [["chair"]]),
        ('yoga -"for men"', ["yoga"], [], [["for", "men"]]),
        ("drop-in mother-in-law", ["drop", "mother", "law"], [], []),
        ("can't can’t", ["cant"], [], []),
        ('"library"', ["library"], [], []),
        ("yo* ?oga yoga~2 [a TO z] name:yoga OR", ["yo", "oga", "yoga", "2", "z", "name"], [], []),
        ('"never closed', [], [["never", "closed"]], []),
        ("the", ["the"], [], []),
        ("the library", ["library"], [], []),
        ('- -- " () ***', [], [], []),
        ("-yoga", [], [], [["yoga"]]),
        ("Café ＬＵＮＣＨ", ["cafe", "lunch"], [], []),
    ],
)
def test_what_is_read(text: str, words: list, phrases: list, without: list) -> None:
    query = parse(text)
    assert [list(query.words), [list(one) for one in query.phrases], [list(one) for one in query.without]] == [
        words,
        phrases,
        without,
    ]


def test_words_in_a_row_as_they_were_typed() -> None:
    query = parse('my gran "chair yoga" keeps on -the falling over "x"')
    assert query.runs == (("my", "gran"), ("keeps", "on"), ("falling", "over", "x"))
    assert parse('"chair yoga" -the').runs == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yoag chair yoag", "yoga chair yoga"),
        ('Chair "Yoag, club" -yoag', 'Chair "yoga, club" -yoag'),
        ("“yoag” -“yoag”", "“yoga” -“yoag”"),
        ("drop-yoag yoags", "drop-yoga yoags"),
        ("", ""),
    ],
)
def test_respelling_leaves_the_rest_as_it_was_typed(text: str, expected: str) -> None:
    assert respelled(text, {"yoag": "yoga"}) == expected


@given(st.text(max_size=200))
def test_any_text_can_be_respelled(text: str) -> None:
    assert respelled(text, {}) == text


@pytest.mark.parametrize(
    ("british", "american"),
    [("colour", "color"), ("colourful", "colorful"), ("neighbourhood", "neighborhood"), ("centre", "center"),
     ("theatres", "theaters"), ("organise", "organize"), ("organisation", "organization"), ("analyse", "analyze"),
     ("counselling", "counseling"), ("counsellor", "counselor"), ("traveller", "traveler"), ("programme", "program"),
     ("programmes", "programs"), ("paediatric", "pediatric"), ("anaemia", "anemia"), ("haemophilia", "hemophilia"),
     ("diarrhoea", "diarrhea"), ("licence", "license"), ("dialogue", "dialog"), ("mum", "mom"), ("grey", "gray")],
)  # fmt: skip
def test_british_and_american_spelling(british: str, american: str) -> None:
    assert american in spellings(british)
    assert british in spellings(american)
    assert root(british) == root(american)


@pytest.mark.parametrize("word", ["filling", "selling", "feeling", "hour", "four", "yoga", "gym", "10am", "tre", ""])
def test_what_is_spelt_in_one_way_only(word: str) -> None:
    assert not set(spellings(word)) & {"filing", "seling", "hor", "for"}
    assert all(len(other) >= 4 for other in spellings(word))


def test_at_most_12_words_of_40_letters() -> None:
    query = parse(" ".join(f"w{number}" for number in range(40)))
    assert len(query.words) == MOST_WORDS
    assert [len(word) for word in parse("x" * 199).words] == [40]
    phrase = parse('"' + " ".join("abcdefghijklmnopqrstuvwxyz") + '" more')
    assert (len(phrase.phrases[0]), phrase.words) == (12, ())


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    query = parse(text)
    assert sum(len(part) for part in (*query.phrases, *query.without)) + len(query.words) <= MOST_WORDS


def test_folding() -> None:
    assert fold("Café CRÈME can’t") == "cafe creme cant"
    assert tokens("Tea & toast: 10.30am, LGBT+ O'Neill's") == ["tea", "toast", "10", "30am", "lgbt", "oneills"]
    assert name_key(["the", "open", "table"]) == name_key(["table", "open"])
    assert name_key(["the"]) == "the"


def test_a_word_counts_where_it_weighs_most_and_once() -> None:
    exact, stems = weigh(("gardens", "garden garden", "", "", "", "gardening gardening lunch . club"))
    assert exact == {"gardens": 1.0, "garden": 0.7, "gardening": 0.3, "lunch": 0.3, "club": 0.3}
    assert stems == {"garden": 1.0}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("library", "libary", 1), ("library", "lirbary", 1), ("yoga", "yoga", 0), ("yoga", "toga", 1), ("ab", "ba", 1),
     ("meditation", "meditaiton", 1), ("phyzical", "physical", 1), ("gardening", "gradning", 2), ("food", "feed", 2)],
)  # fmt: skip
def test_slips(one: str, other: str, expected: int) -> None:
    assert slips_between(one, other, 2) == slips_between(other, one, 2) == expected


def test_slips_agree_with_the_whole_table() -> None:
    lot = random.Random(4)
    for _ in range(3000):
        one = "".join(lot.choice("abc") for _ in range(lot.randint(1, 8)))
        other = "".join(lot.choice("abc") for _ in range(lot.randint(1, 8)))
        assert slips_between(one, other, 2) == min(slips(one, other), 3), (one, other)


def test_how_many_slips() -> None:
    assert [slips_allowed(word) for word in ("gym", "yoga", "library", "gardenin", "se136lgxx")] == [0, 1, 1, 2, 0]


def test_near_words() -> None:
    lexicon = Lexicon({"library", "libraries", "liberty", "yoga", "toga", "physical", "café".replace("é", "e")})
    assert lexicon.near("libary") == [(1, "library")]
    assert lexicon.near("yoga") == [(1, "toga")]
    assert lexicon.near("phsyicla") == [(2, "physical")]
    assert lexicon.near("gym") == []
    assert Lexicon(()).near("library") == []


def test_near_words_miss_none() -> None:
    """The counting of letters throws out nothing that is near."""
    lot = random.Random(5)
    words = {"".join(lot.choice("abcde") for _ in range(lot.randint(4, 9))) for _ in range(150)}
    lexicon = Lexicon(words)
    for _ in range(60):
        asked = "".join(lot.choice("abcde") for _ in range(lot.randint(4, 9)))
        near = [word for word in words if 0 < slips(asked, word) <= slips_allowed(asked)]
        found = [word for _slips, word in lexicon.near(asked)]
        assert set(found) <= set(near)
        assert len(found) == min(len(near), 20)


def test_near_words_are_at_most_20_and_soon_found() -> None:
    words = {f"{one}{other}aaaaaa" for one in string.ascii_lowercase for other in string.ascii_lowercase}
    assert len(Lexicon(words).near("aaaaaaaa")) == 20


def test_words_that_count_only_together_are_marked_together() -> None:
    mark = marker(Meaning(together={frozenset({"food", "bank"})}))
    assert str(mark("Banks & foods")) == "<mark>Banks</mark> &amp; <mark>foods</mark>"
    assert str(mark("The river bank")) == "The river bank"


def test_marking_escapes_and_marks_every_form() -> None:
    mark = marker(Meaning(words={"gardens"}, stems={stem("gardens"), stem("cafe")}))
    assert str(mark("Gardening <b> & Cafés: Garden’s")) == (
        "<mark>Gardening</mark> &lt;b&gt; &amp; <mark>Cafés</mark>: <mark>Garden’s</mark>"
    )
    assert str(mark("<script>gardens</script>")) == "&lt;script&gt;<mark>gardens</mark>&lt;/script&gt;"
    assert str(mark("")) == ""
