"""Why a service is there and why it stands there: offers, marked words, miles, the page of rules, and points."""

import dataclasses
import html
import re

import pytest
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.directory.models import Capacity, Service, Taxonomy
from portal.search import constants, order_rules
from portal.search.finding import find
from portal.search.results import Results
from portal.search.views import results as view
from portal.search.words.entries import Entry
from portal.search.words.operations import add_words
from tests.factories import make_location, make_service, make_term, weekly
from tests.factories.accounts import Cast
from tests.search.test_rules_of_search import HERE, at
from tests.search.test_views import read, text_of
from tests.signing_in import sign_in

# Figures that put nothing in order: limits, spans, and what decides whether a way is tried at all.
NO_POINTS = {
    "ONE_SLIP_FROM", "TWO_SLIPS_FROM", "KNOWN_WELL_FROM", "NEAR_SPELLINGS", "NEAR_CANDIDATES", "MEANT_FROM",
    "MOST_SIDE_BY_SIDE", "LEAST_PART", "MOST_SPLITS", "LITTLE_FOUND", "MOST_RESPELLED", "MOST_TRIED",
    "LONGEST_QUESTION", "MOST_WORDS", "LONGEST_WORD", "LONGEST_PLACE", "MOST_VALUES", "LEAST_RADIUS", "MOST_RADIUS",
    "OLDEST", "DAYS_AHEAD", "DATES_AHEAD", "LEAST_OVERLAP", "UP_TO_PENCE", "LOOK_EVERY", "CHANGES_AT_ONCE",
}  # fmt: skip
RANKING = [
    name
    for name, value in vars(constants).items()
    if name.isupper() and isinstance(value, int | float) and name not in NO_POINTS
]


def links(page: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page)]


@pytest.fixture
def few(database: SQLAlchemy) -> list[Service]:
    """Services that say "money" and "library", and words that people use for them."""
    with transaction():
        make_term(Taxonomy.NEED, "money", plain_name="Money worries")
        hall, far = make_location("Near Hall", position=at(0.34)), make_location("Far Hall", position=at(1.26))
        services = [
            make_service(
                "Debt Advice", summary="Bring your letters.", venues=[(hall, [weekly("TU")])], needs=["money"]
            ),
            make_service("Library Chess", summary="Advice on chess.", venues=[(far, [weekly("WE")])]),
            make_service("Knitting", summary="Wool, and nothing else.", capacity=Capacity.FULL),
        ]
        entry = Entry(said="skint", phrases=("debt advice",), needs=("money",))
    database.session.rollback()
    add_words(actor="job:test", entry=entry)
    return services


@pytest.mark.parametrize("shown_as", ["", "&view=map"])
def test_other_spellings_are_links_and_text(
    client: FlaskClient, few: list[Service], shown_as: str, monkeypatch: pytest.MonkeyPatch
) -> None:

    def with_spellings(request: object) -> Results:
        return dataclasses.replace(find(request), did_you_mean=("<i>library</i>", "chess & wool"))  # type: ignore[arg-type]

    monkeypatch.setattr(view, "find", with_spellings)
    page = client.get(f"/services?q=chess&day=wed{shown_as}").get_data(as_text=True)
    assert "Did you mean <i>library</i>, or chess & wool?" in text_of(page)
    assert "<i>" not in page
    assert any("q=chess+%26+wool" in link and "day=wed" in link for link in links(page))


def test_it_is_said_when_not_all_words_were_found(
    client: FlaskClient, few: list[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_loose in (True, False):
        with monkeypatch.context() as patch:
            patch.setattr(view, "find", lambda asked, said=is_loose: dataclasses.replace(find(asked), is_loose=said))
            for address in ("/services?q=chess", "/services?q=chess&view=map"):
                assert ("Hardly anything has all of your words" in read(client, address)) == is_loose


@pytest.mark.parametrize("shown_as", ["", "&view=map"])
def test_a_need_is_offered_and_not_forced(client: FlaskClient, few: list[Service], shown_as: str) -> None:
    page = client.get(f"/services?q=skint&where={HERE}{shown_as}").get_data(as_text=True)
    assert "Show only help with: Money worries, 1 result" in text_of(page)
    (link,) = [link for link in links(page) if "need=money" in link and "q=skint" in link]
    assert "view=map" in link or not shown_as
    assert "words=" not in link
    chosen = client.get(link).get_data(as_text=True)
    assert "Debt Advice" in text_of(chosen)
    assert "Show only help with" not in text_of(chosen)


def test_why_a_service_is_there_and_how_far(client: FlaskClient, few: list[Service]) -> None:
    """The words of the service that answer are marked, also for other words; those of the list are never shown."""
    page = client.get(f"/services?q=skint&where={HERE}").get_data(as_text=True)
    results = page[page.index('id="results"') :]
    assert "<mark>Debt</mark> <mark>Advice</mark>" in results
    assert re.search(r"<b>0\.3 miles[^<]*</b>", results)
    asked = re.sub(r'(href|value)="[^"]*"', "", results)
    assert "skint" not in asked
    page = client.get(f"/services?q=chess&where={HERE}").get_data(as_text=True)
    assert "Library <mark>Chess</mark>" in page
    assert re.search(r"<b>1\.3 miles[^<]*</b>", page)


@pytest.mark.parametrize("name", RANKING)
def test_the_page_of_rules_says_every_figure(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whoever adds a figure to the ranking says it on the page, or names it above as one that orders nothing."""
    before = said_by_rules()
    monkeypatch.setattr(constants, name, getattr(constants, name) * 2)
    assert said_by_rules() != before


def said_by_rules() -> list[object]:
    return [order_rules.places_of_words(), order_rules.ways_of_words(), order_rules.other_rules(),
            order_rules.example(), order_rules.agreeing(), order_rules.few_answer()]  # fmt: skip


def test_the_page_of_rules(client: FlaskClient, few: list[Service]) -> None:
    words = read(client, "/why-this-order")
    for part in ("In what it helps with first of all, or who it is for70", "It is full92", "for 12 months95",
                 "Nobody can pay"):  # fmt: skip
        assert part in words, part
    for address in ("/services", "/services?q=chess&view=map", "/about"):
        assert 'href="/why-this-order"' in client.get(address).get_data(as_text=True), address


def points_in(page: str) -> dict[str, float]:
    found = re.findall(r"([\d.]+) points: why (.+?) stands here", text_of(page))
    return {name: float(points) for points, name in found}


def test_points_are_for_moderators(client: FlaskClient, few: list[Service], cast: Cast) -> None:
    address = f"/services?q=advice&where={HERE}"
    for user in (None, cast.lena):
        if user:
            sign_in(client, user)
        page, explained = (client.get(one).get_data(as_text=True) for one in (address, f"{address}&explain=1"))
        assert "points" not in text_of(explained)
        assert "explain" not in page
    sign_in(client, cast.mo)
    page = client.get(address).get_data(as_text=True)
    assert points_in(page) == {}
    (link,) = [link for link in links(page) if "explain=1" in link]
    for shown_as in ("", "&view=map"):
        explained = client.get(link + shown_as).get_data(as_text=True)
        points = points_in(explained)
        assert list(points) == ["Debt Advice", "Library Chess"]
        assert points["Debt Advice"] > points["Library Chess"]
        assert "“advice”: “advice” as it was typed, in the name+ 100.0" in text_of(explained)
        assert "How far it is: 0.3 miles× 0.9" in text_of(explained)
