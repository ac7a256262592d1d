"""From an address to a question and back: anything is taken, nothing is ever an error."""

import datetime as dt
import time

import pytest
from flask_sqlalchemy import SQLAlchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from werkzeug.datastructures import MultiDict

from portal.core.database import db
from portal.geo.place import Place, Precision, UnknownPlace
from portal.search.asking import read_request, to_args, without
from portal.search.results import SearchRequest
from portal.search.understanding.applying import as_chosen, taken_back
from tests.factories import make_organisation, make_service

NAMES = ("q", "where", "radius", "category", "need", "kind", "day", "time", "on", "open_now", "age", "cost", "access",
         "for", "language", "sort", "view", "page", "words", "bank_holidays")  # fmt: skip


def ask(**values: str | list[str]) -> SearchRequest:
    return read_request(MultiDict({name.rstrip("_"): value for name, value in values.items()}))


def problems(request: SearchRequest) -> list[str]:
    return [problem.field for problem in request.problems]


@pytest.fixture
def listed(database: SQLAlchemy) -> None:
    make_service(
        categories=["food", "moving"], needs=["money"], audiences=["men"], access={"step-free": True}, languages=["vi"]
    )
    db.session.commit()


def test_everything_is_read(listed: None) -> None:
    request = ask(
        q=" chair \x00 yoga ", where="se13 6lg", radius="1.5", category=["food", "moving", "food"], need="money",
        kind="activity", day=["mon", "weekend"], time="morning", on="24/11/2026", open_now="1", age="67",
        cost=["free", "up-to-5"], access="step-free", for_="men", language="vi", sort="soonest", view="map", page="3",
    )  # fmt: skip
    assert isinstance(request.place, Place)
    assert (request.q, request.where, request.place.key) == ("chair yoga", "se13 6lg", "SE13 6LG")
    assert (request.radius, request.categories, request.needs) == (1.5, ("food", "moving"), ("money",))
    assert (request.kinds, request.days, request.times) == (("activity",), ("mon", "weekend"), ("morning",))
    assert (request.on, request.open_now, request.age) == (dt.date(2026, 11, 24), True, 67)
    assert (request.costs, request.access) == (("free", "up-to-5"), ("step-free",))
    assert (request.audiences, request.languages) == (("men",), ("vi",))
    assert (request.sort, request.view, request.page, request.problems) == ("soonest", "map", 3, ())


def test_the_way_back_is_canonical(listed: None) -> None:
    request = ask(
        page="2", q="yoga", where=" se136lg ", day=["sat"], sort="relevance", view="list", radius="2.0", for_="men"
    )
    args = to_args(request)
    assert args == {"q": ["yoga"], "where": ["SE13 6LG"], "day": ["sat"], "for": ["men"], "page": ["2"]}
    assert to_args(read_request(MultiDict(args))) == args
    assert to_args(ask()) == {}


def test_unknown_places_are_kept(database: SQLAlchemy) -> None:
    request = ask(where="SE13 6LX or so", q="yoga")
    assert request.place is None or isinstance(request.place, Place)
    request = ask(where="Nowhereville", q="yoga")
    assert isinstance(request.unknown_place, UnknownPlace)
    assert (request.q, to_args(request)["where"]) == ("yoga", ["Nowhereville"])


def test_near_me_is_rounded(database: SQLAlchemy) -> None:
    assert to_args(ask(where="51.4561234,-0.0123456"))["where"] == ["51.456,-0.012"]


@pytest.mark.parametrize(
    ("name", "text", "expected", "is_problem"),
    [
        ("radius", "0", 0.1, True),
        ("radius", "-5", 0.1, True),
        ("radius", "1e9", 2.0, True),
        ("radius", "5000", 100.0, True),
        ("radius", "nan", 2.0, True),
        ("radius", "inf", 2.0, True),
        ("radius", "2.5", 2.5, False),
        ("radius", "", 2.0, False),
        ("radius", "٣", 2.0, True),
        ("age", "-1", 0, True),
        ("age", "200", 120, True),
        ("age", "old", None, True),
        ("age", "67", 67, False),
        ("age", "6" * 30, None, True),
        ("page", "0", 1, True),
        ("page", "1000000000", 1, True),
        ("page", "999999", 500, True),
        ("page", "x", 1, True),
        ("page", "7", 7, False),
        ("sort", "best", "relevance", True),
        ("view", "globe", "list", True),
        ("open_now", "0", False, False),
        ("open_now", "1", True, False),
        ("on", "2026-11-24", dt.date(2026, 11, 24), False),
        ("on", "1/12/2026", dt.date(2026, 12, 1), False),
        ("on", "1.12.26", dt.date(2026, 12, 1), False),
        ("on", "Today", dt.date(2026, 11, 23), False),
        ("on", "tomorrow", dt.date(2026, 11, 24), False),
        ("on", "2026-02-30", None, True),
        ("on", "soon", None, True),
        ("on", "2020-01-01", dt.date(2026, 11, 23), True),
        ("on", "2099-01-01", dt.date(2027, 12, 28), True),
        ("on", "0000-00-00", None, True),
        ("on", "9999-99-99", None, True),
    ],
)
def test_values_are_bent_and_said(
    database: SQLAlchemy, name: str, text: str, expected: object, is_problem: bool
) -> None:
    request = ask(**{name: text})
    assert getattr(request, name) == expected
    assert problems(request) == ([name] if is_problem else [])


def test_unknown_choices_are_left_out(listed: None) -> None:
    request = ask(
        category=["food", "nonsense"], day="someday", need="", language=["xx", "fr"], access="wings", q="yoga"
    )
    assert (request.categories, request.days, request.needs, request.languages) == (("food",), (), (), ("fr",))
    assert problems(request) == ["category", "day", "access", "language"] or set(problems(request)) == {
        "category",
        "day",
        "access",
        "language",
    }


def test_without() -> None:
    place = Place(asked="x", key="x", name="x", latitude=51.0, longitude=0.0, precision=Precision.STREET)
    request = SearchRequest(
        q="yoga", place=place, where="x", radius=5, days=("mon", "tue"), open_now=True, age=5, page=4
    )
    assert without(request, "day", "mon").days == ("tue",)
    assert without(request, "day").days == ()
    assert without(request, "q").q == ""
    assert without(request, "open_now").open_now is False
    assert without(request, "age").age is None
    gone = without(request, "where")
    assert (gone.place, gone.where, gone.radius, gone.days) == (None, "", 2.0, ("mon", "tue"))
    assert {without(request, name).page for name in ("day", "q", "nonsense")} == {1}
    assert without(request, "nonsense").q == "yoga"


HOSTILE = (
    "\x00",
    "\ud800",
    "\u202e" * 100,
    "*" * 10_000,
    "(" * 5_000,
    "," * 10_000,
    "a" * 10_000,
    '"' * 9_999,
    "-" * 9_999,
    "{{7*7}}",
    "<script>",
    "' OR 1=1 --",
    "%" * 500,
    "a\u0300" * 4_000,
    "[a TO z]",
    "?????*",
    "x" * 200,
)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:8]))
def test_hostile_values_are_harmless_and_fast(database: SQLAlchemy, text: str) -> None:
    ask()
    before = time.thread_time()
    request = ask(**{name: [text] * 3 for name in NAMES if name != "for"})
    assert time.thread_time() - before < 0.3
    assert len(request.q) <= 200
    assert all(
        "\x00" not in value and "\ud800" not in value for values in to_args(request).values() for value in values
    )


def test_thousands_of_repeated_parameters(database: SQLAlchemy) -> None:
    args = MultiDict([("day", "mon"), *(("category", f"c{number}") for number in range(20_000)), ("day", "tue")])
    before = time.thread_time()
    request = read_request(args)
    assert time.thread_time() - before < 0.3
    assert request.days == ("mon", "tue")
    assert len(request.problems) == 1
    assert read_request(MultiDict([("day", "someday")] * 50 + [("day", "mon")])).days == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=60)), max_size=8))
def test_any_address_makes_a_question(database: SQLAlchemy, pairs: list[tuple[str, str]]) -> None:
    request = read_request(MultiDict(pairs))
    args = to_args(request)
    assert to_args(read_request(MultiDict(args))) == args


def test_words_are_read_as_a_whole(listed: None) -> None:
    request = ask(q="chair yoga tuesday morning se6 free")
    assert (request.q, request.rest, request.words) == (
        "chair yoga tuesday morning se6 free",
        "chair yoga",
        "chair yoga",
    )
    assert (request.days, request.times, request.costs) == (("tue",), ("morning",), ("free",))
    assert request.place is not None
    assert (request.place.key, request.where) == ("SE6", "")
    assert [piece.words for piece in request.understood] == ["tuesday", "morning", "se6", "free"]
    assert to_args(request) == {"q": ["chair yoga tuesday morning se6 free"]}, "The address stays as it was typed."


def test_a_piece_can_be_taken_back(listed: None) -> None:
    request = ask(q="chair yoga tuesday morning")
    args = to_args(taken_back(request, "tuesday"))
    assert args == {"q": ["chair yoga tuesday morning"], "words": ["tuesday"]}
    again = read_request(MultiDict(args))
    assert (again.words, again.days, again.times) == ("chair yoga tuesday", (), ("morning",))
    assert to_args(without(request, "day", "tue")) == args
    assert to_args(again) == args
    assert ask(q="chair yoga", words=["tuesday", "yoga", "Yoga"]).as_words == ("yoga",), "What is not there is let go."


def test_what_was_chosen_wins(listed: None) -> None:
    request = ask(q="lunch tomorrow catford tuesday", on="2026-12-01", where="SE13 6LG", day=["mon", "tue"])
    assert request.place is not None
    assert (request.on, request.place.key, request.days) == (dt.date(2026, 12, 1), "SE13 6LG", ("mon", "tue"))
    assert (request.words, request.understood) == ("lunch catford", ())
    assert ask(q="lunch tuesday", day="mon").days == ("mon", "tue"), "Alternatives add up."
    assert to_args(ask(q="lunch tuesday", day="mon")) == {"q": ["lunch tuesday"], "day": ["mon"]}
    gone = read_request(MultiDict(to_args(without(ask(q="lunch tuesday", day="tue"), "day", "tue"))))
    assert (gone.days, gone.words) == ((), "lunch tuesday"), "What was taken away does not come back from the words."


@pytest.mark.parametrize(
    "q", ["chair yoga tuesday morning se6 free", "open free now", "yoga", "near me", "catford brockley", "free", "",
          "lunch today or tomorrow", "christmas free day", '"free" tuesday -monday', "tonight", "over 60s in polish"]
)  # fmt: skip
def test_what_was_understood_can_become_choices(listed: None, q: str) -> None:
    """The form of the filters asks the same question, and nothing in it is understood any more."""
    request = ask(q=q)
    chosen = as_chosen(request)
    again = read_request(MultiDict(to_args(chosen)))
    fields = ("words", "days", "times", "costs", "on", "open_now", "age", "languages", "radius")
    assert [getattr(again, name) for name in fields] == [getattr(request, name) for name in fields]
    assert (again.place and again.place.key) == (request.place and request.place.key)
    assert (again.understood, again.overruled) == ((), ())


def test_names_of_listings_stay_together(database: SQLAlchemy) -> None:
    make_service("Tuesday Club")
    make_service("Warm Mornings", organisation=make_organisation("Sing Lewisham"))
    db.session.commit()
    assert (
        ask(q="tuesday club").understood == ask(q="warm morning").understood == ask(q="sing lewisham").understood == ()
    )
    assert ask(q="tuesday lunch").days == ("tue",)
    assert ask(q="yoga lewisham").place is not None


def test_bank_holidays_are_a_filter(database: SQLAlchemy) -> None:
    assert ask(bank_holidays="no").not_on_bank_holidays
    assert not ask(bank_holidays="yes").not_on_bank_holidays
    assert to_args(ask(bank_holidays="no")) == {"bank_holidays": ["no"]}
    assert ask(q="yoga not on bank holidays").not_on_bank_holidays
    assert not without(ask(bank_holidays="no"), "bank_holidays").not_on_bank_holidays


def test_words_that_were_read_ask_the_database_no_more_than_once(database: SQLAlchemy) -> None:
    statements: list[str] = []
    ask(q="warm up")
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    ask(q="dementia cafe in catford near hilly fields by the river at home tuesday")
    assert len([one for one in statements if "area" in one]) <= 1, statements
