"""Words people use lead to what groups call themselves; needs are offered; nothing of the list is ever shown."""

from collections.abc import Iterator

import pytest
import time_machine
from flask_sqlalchemy import SQLAlchemy

from portal.core.clock import now
from portal.core.database import db
from portal.core.settings import Settings
from portal.directory.models import Taxonomy
from portal.search.engine import Engine, engine
from portal.search.finding import find, matching_words
from portal.search.results import Results, SearchRequest
from portal.search.text.language import parse
from portal.search.text.synonyms import Meant, Synonyms
from portal.search.text.units import units_of
from portal.search.words.entries import Entry
from portal.search.words.operations import add_words
from tests.factories import make_service, make_term
from tests.search.test_rules_of_search import names

KNOWN = Synonyms(
    {
        ("gran", "keeps", "falling"): Meant(needs=("falls",)),
        ("gran",): Meant(phrases=(("older", "people"),)),
        ("mum", "and", "baby"): Meant(needs=("family",)),
        ("food", "bank"): Meant(phrases=(("food", "parcels"),)),
        ("get", "about"): Meant(needs=("transport",)),
        ("singalong",): Meant(phrases=(("choir",),)),
        ("counselling",): Meant(needs=("mental-wellbeing",)),
        ("baby",): Meant(needs=("babies",)),
    }
)


class TestPhrasesInAQuestion:
    @pytest.mark.parametrize(
        ("typed", "units"),
        [
            ("my gran keeps on falling", ["gran keeps on falling"]),
            ("Grans keep falling down", ["grans keep falling", "down"]),
            ("gran falls", ["gran", "falls"]),
            ("gran keeps the falling leaves", ["gran keeps the falling", "leaves"]),
            ("gran often keeps falling", ["gran", "often", "keeps", "falling"]),
            ("mum baby yoga", ["mum baby", "yoga"]),
            ("mums & babies", ["mums babies"]),
            ("foodbank", ["foodbank"]),
            ("sing along tuesday", ["sing along", "tuesday"]),
            ("get about", ["get about"]),
            ("get the bus about", ["bus"]),
            ('gran "keeps falling"', ["gran"]),
            ("gran -yoga keeps falling", ["gran", "keeps", "falling"]),
            ("the", ["the"]),
        ],
    )
    def test_the_longest_one_counts(self, typed: str, units: list[str]) -> None:
        assert [unit.text for unit in units_of(parse(typed), KNOWN)] == units

    def test_what_was_typed_means_more_than_what_has_its_roots(self) -> None:
        known = Synonyms({("caring",): Meant(needs=("caring",)), ("care",): Meant(needs=("at-home",))})
        (care,), (cares,) = units_of(parse("care"), known), units_of(parse("cares"), known)
        assert care.meant == Meant(needs=("at-home",))
        assert cares.meant == Meant(needs=("caring", "at-home"))

    def test_spelling_joined_and_split(self) -> None:
        (one,), (other,) = units_of(parse("counseling"), KNOWN), units_of(parse("food banks"), KNOWN)
        assert one.meant == Meant(needs=("mental-wellbeing",))
        assert (other.joined, [part.text for part in other.parts]) == (("foodbanks",), ["food", "banks"])

    def test_an_empty_list_and_an_empty_phrase(self) -> None:
        assert Synonyms({}).longest_at(("yoga",), 0) is None
        assert Synonyms({(): Meant()}).longest_at(("yoga",), 0) is None


def teach(
    said: str, *, also: tuple[str, ...] = (), needs: tuple[str, ...] = (), categories: tuple[str, ...] = ()
) -> None:
    db.session.commit()
    add_words(actor="test", entry=Entry(said=said, phrases=also, needs=needs, categories=categories))


def ask(q: str, **values: tuple[str, ...]) -> Results:
    db.session.commit()
    return find(SearchRequest(q=q, **values))  # type: ignore[arg-type]


@pytest.fixture(name="_listed")
def listed(database: SQLAlchemy) -> Iterator[None]:
    make_term(Taxonomy.NEED, "money", name="Money, benefits and debt", plain_name="Making ends meet")
    make_term(Taxonomy.NEED, "falls", name="Falls and moving about")
    make_service("The Letter Table", summary="", needs=["money"])
    make_service("Steady Steps", summary="Balance for older people.", needs=["falls"])
    make_service("Saturday Parcels", summary="We hand out food.", description="Parcels of all sizes.")
    make_service("Bank of Food Parcels", summary="Food parcels for all.")
    db.session.commit()
    yield
    db.session.rollback()


@pytest.mark.usefixtures("_listed")
class TestFinding:
    def test_other_words_and_needs(self) -> None:
        assert names(q="skint") == []
        teach("skint", also=("food parcels",), needs=("money",))
        assert names(q="skint") == ["Bank of Food Parcels", "The Letter Table", "Saturday Parcels"]
        assert names(q="I'm skint in the summary") == []

    def test_a_phrase_with_small_words_in_between(self) -> None:
        teach("gran keeps falling", needs=("falls",))
        assert names(q="my gran keeps on falling") == ["Steady Steps"]
        assert names(q="gran often keeps falling") == []

    def test_the_words_themselves_come_first(self) -> None:
        teach("steps", needs=("money",))
        make_service("Doorsteps", summary="", description="Up some steps.")
        assert names(q="steps") == ["Steady Steps", "The Letter Table", "Doorsteps"]

    def test_what_a_service_helps_with_first_counts_most(self) -> None:
        for name, needs in (("One", "housing money"), ("Two", "money housing"), ("Three", "money falls housing")):
            make_service(name, summary="", needs=needs.split())
        make_service("By its kind", summary="", categories=["advice"])
        db.session.commit()
        teach("kicked out", needs=("housing",), categories=("advice",))
        assert names(q="kicked out") == ["One", "By its kind", "Two", "Three"]
        assert names(q="housing")[0] == "One"

    def test_words_that_say_little_need_not_be_there(self) -> None:
        make_service("Chess", summary="")
        make_service("Somebody to talk to", summary="A group.")
        make_service("Chess for a group", summary="")
        assert names(q="somebody for chess group") == ["Chess for a group", "Chess"]
        assert names(q="somebody group") == ["Somebody to talk to"]

    def test_where_hardly_anything_has_all_words_most_of_them_are_enough(self) -> None:
        make_service("Toenail cutting", summary="")
        make_service("Toenail painting at sunset", summary="For dragons.")
        assert names(q="toenail cutting sunset") == ["Toenail cutting", "Toenail painting at sunset"]
        assert find(SearchRequest(q="toenail cutting sunset")).is_loose
        assert not find(SearchRequest(q="toenail")).is_loose
        assert names(q="helicopter toenail") == [], "the greater part of it is nowhere"
        assert names(q='"sunset dragons" toenail') == []
        assert names(q="toenail cutting sunset -dragons") == ["Toenail cutting"]

    def test_all_that_is_asked_has_to_be_met(self) -> None:
        teach("skint", needs=("money",))
        assert names(q="skint letter") == ["The Letter Table"]
        assert names(q='"warm parcels" skint') == []
        assert names(q="skint -letter") == []

    def test_words_one_by_one_still_count(self) -> None:
        teach("balance bike", also=("training wheels",))
        teach("older folk", also=("senior citizens",))
        make_service("Bike Shed", summary="Find your balance.")
        assert names(q="balance bike") == ["Bike Shed"]

    def test_a_slip_in_a_word_of_the_list(self) -> None:
        teach("strapped", needs=("money",))
        assert names(q="straped") == ["The Letter Table"]

    def test_a_word_of_the_list_is_not_stretched(self) -> None:
        make_service("Skinz", summary="")
        assert names(q="skint") == ["Skinz"]
        teach("skint", needs=("money",))
        assert names(q="skint") == ["The Letter Table"]

    def test_in_quotes_it_is_looked_up_as_it_is_written(self) -> None:
        teach("out of cash", needs=("money",))
        assert names(q="out of cash") == ["The Letter Table"]
        assert names(q='"out of cash"') == []

    def test_nothing_of_the_list_is_shown(self) -> None:
        teach("skint", also=("food parcels", "hand out"), needs=("money",))
        results = ask("skimt food")
        mark = matching_words(SearchRequest(q="skint"))
        assert str(mark("Food parcels. A food fair is no skint thing.")) == (
            "<mark>Food</mark> <mark>parcels</mark>. A <mark>food</mark> fair is no <mark>skint</mark> thing."
        )
        assert str(mark("A food fair")) == "A food fair"
        assert not any("skint" in question for question in results.did_you_mean)


@pytest.mark.usefixtures("_listed")
class TestOfferedNeeds:
    def test_in_the_order_of_the_words(self) -> None:
        teach("gran keeps falling", needs=("falls",))
        teach("skint", needs=("money",))
        assert ask("my gran keeps falling and I'm skint").offered_needs == ["falls", "money"]
        assert ask("skint, and gran keeps falling", needs=("money",)).offered_needs == ["falls"]

    def test_by_its_own_names(self) -> None:
        assert ask("benefits").offered_needs == []
        assert ask("money benefits and debt").offered_needs == ["money"]
        assert ask("making ends meet table").offered_needs == ["money"]

    def test_it_is_not_forced(self) -> None:
        teach("food parcels", needs=("money",))
        assert "Bank of Food Parcels" in names(q="food parcels")

    def test_only_what_can_be_chosen(self) -> None:
        teach("skint", needs=("money", "falls"))
        make_term(Taxonomy.NEED, "money").retired_at = now()
        make_service("One more", needs=["falls"])
        assert ask("skint").offered_needs == ["falls"]


@pytest.mark.usefixtures("_listed")
class TestDidYouMean:
    def test_near_words_that_find_more(self) -> None:
        make_service("Letters", summary="The table of another.")
        assert ask('latter "tabel"').did_you_mean == []
        assert ask('"tabel latter"').total == 0
        assert ask('"lettre tabel" -yoga').did_you_mean == ['"letter table" -yoga']
        assert ask("letter").did_you_mean == []

    def test_quotes_and_without_stay(self) -> None:
        assert ask('"stedy  steps" -stedy').did_you_mean == ['"steady  steps" -stedy']

    def test_what_was_read_as_a_filter_stays(self) -> None:
        results = find(SearchRequest(q='"stedy steps" free', rest='"stedy steps"'))
        assert results.did_you_mean == ['"steady steps" free']

    def test_not_words_of_what_is_gone(self) -> None:
        service = make_service("Zebras", summary="")
        db.session.commit()
        assert engine().settle()
        db.session.delete(service)
        db.session.commit()
        assert ask('"zebrs zebrs"').did_you_mean == []


def test_every_process_sees_a_change_and_builds_nothing_anew(
    database: SQLAlchemy, settings: Settings, clock: time_machine.Traveller
) -> None:
    make_service("The Letter Table", summary="", needs=["money"])
    db.session.commit()
    other = Engine(settings)
    before = other.state()
    teach("skint", needs=("money",))
    assert names(q="skint") == ["The Letter Table"]
    other.look_again()  # as it does by itself after half a second
    after = other.state()
    assert after.synonyms.find(("skint",)) == Meant(needs=("money",))
    assert after.columns is before.columns
    assert other.state() is after
    other.close()
