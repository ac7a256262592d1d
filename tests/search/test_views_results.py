"""The results page: problems are said, the rest of the question is kept, and nothing found is not the end."""

import datetime as dt
import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.directory.models import CostKind, Service, Taxonomy
from portal.search.service_words import paragraphs
from tests.factories import make_location, make_service, make_term, once, weekly
from tests.search.test_views import read, text_of

NEAR = (51.4566, -0.0118)
FAR = (51.52, 0.1)


@pytest.fixture
def few(database: SQLAlchemy) -> list[Service]:
    """Three services: near, far, and by telephone."""
    make_term(Taxonomy.NEED, "loneliness", plain_name="Feeling lonely")
    make_term(Taxonomy.AUDIENCE, "men", name="Men")
    services = [
        make_service("Near yoga", venues=[(make_location("Near Hall", position=NEAR), [weekly("TU", "10:00")])],
                     needs=["loneliness"], cost_kind=CostKind.FREE, categories=["moving"]),
        make_service("Far chess", venues=[(make_location("Far Hall", position=FAR), [weekly("WE", "14:00", "16:00")])],
                     needs=["loneliness"], cost_kind=CostKind.FREE, categories=["company"]),
        make_service("Telephone tea", attendance=["by telephone"], rules=[weekly("FR", "18:00", "19:00")],
                     categories=["company"]),
    ]  # fmt: skip
    database.session.commit()
    return services


def links_of(page: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page)]


def test_without_a_question_everything_is_offered(client: FlaskClient, few: list[Service]) -> None:
    assert "3 things to choose from" in read(client, "/services")


def test_it_says_when_not_all_words_were_found(client: FlaskClient, few: list[Service]) -> None:
    said = "Hardly anything has all of your words"
    words = read(client, "/services?q=yoga+hall+telephone")
    assert said in words and "Near yoga" in words and "Telephone tea" not in words
    assert said not in read(client, "/services?q=yoga+hall")
    assert said not in read(client, "/services?q=helicopter+hall")


def test_an_unknown_place_is_asked_back_and_the_rest_is_kept(client: FlaskClient, few: list[Service]) -> None:
    page = client.get("/services?q=yoga&where=Lewishma&cost=free").get_data(as_text=True)
    assert "We do not know Lewishma." in text_of(page)
    assert "Did you mean Lewisham?" in text_of(page)
    assert 'href="#where"' in page
    kept = [parse_qs(urlsplit(link).query) for link in links_of(page) if "where=Lewisham" in link]
    assert {"q": ["yoga"], "where": ["Lewisham"], "cost": ["free"]} in kept
    assert "Near yoga" in text_of(page)


def test_a_place_without_any_likeness_is_said(client: FlaskClient, few: list[Service]) -> None:
    words = read(client, "/services?where=Zzyzx+Qqq")
    assert "We do not know Zzyzx Qqq." in words
    assert "Did you mean" not in words


def test_a_part_of_a_postcode_says_how_exact_it_is(client: FlaskClient, few: list[Service]) -> None:
    words = read(client, "/services?where=SE13+6ZZ")
    assert "We do not know SE13 6ZZ itself. Miles are counted from SE13 6" in words
    assert ": to about half a mile." in words
    assert "itself" not in read(client, "/services?where=SE13+6")


@pytest.mark.parametrize(
    ("question", "field"),
    [("radius=900", "radius"), ("radius=x", "radius"), ("page=0", "page"), ("on=2026-02-30", "on"), ("age=900", "age"),
     ("age=-3", "age"), ("day=someday", "day"), ("sort=luck", "sort")],
)  # fmt: skip
def test_what_cannot_be_used_is_said_and_the_page_still_answers(
    client: FlaskClient, few: list[Service], question: str, field: str
) -> None:
    response = client.get(f"/services?where=SE13+6LG&{question}")
    page = response.get_data(as_text=True)
    assert response.status_code == 200
    assert "govuk-error-summary" in page
    assert f'href="#{field}"' in page or (field in {"page"} and 'href="#results"' in page)
    assert "Near yoga" in page


def test_every_link_of_the_summary_leads_to_something_on_the_page(client: FlaskClient, few: list[Service]) -> None:
    page = client.get(
        "/services?where=Lewishma&radius=x&page=0&on=no&age=no&day=no&sort=no&view=no&need=no&cost=no&language=no"
    ).get_data(as_text=True)
    summary = re.search(r'<div class="govuk-error-summary.*?</ul>', page, re.DOTALL)
    assert summary
    targets = re.findall(r'href="#([^"]+)"', summary.group())
    assert targets
    ids = set(re.findall(r'\sid="([^"]+)"', page))
    assert set(targets) <= ids


def test_nothing_found_offers_ways_on(client: FlaskClient, few: list[Service]) -> None:
    page = client.get("/services?q=chess&where=SE13+6LG&cost=free").get_data(as_text=True)
    words = text_of(page)
    for part in ("Nothing matches all of that", "Leave one out", "Without", "A little further away", "Far chess",
                 "Let us look for you", "020 7946 0100"):  # fmt: skip
        assert part in words, part
    for part in ('id="found"', 'id="filters"', 'id="results"', 'id="search-kept"'):
        assert part in page
    kept = [link for link in links_of(page) if link.startswith("/services?")]
    dropped = [link for link in kept if "where" not in link and "q=" in link]
    assert dropped


def test_counts_stand_beside_values_and_empty_ones_are_left_out(client: FlaskClient, few: list[Service]) -> None:
    page = client.get("/services").get_data(as_text=True)
    assert 'value="tue"' in page
    assert 'value="mon"' not in page
    assert 'value="mon" checked' in client.get("/services?day=mon").get_data(as_text=True)
    words = text_of(page)
    assert "Tuesday, 1 result" in words
    assert "Free, 2 results" in words


def test_sorting_by_distance_needs_a_place(client: FlaskClient, few: list[Service]) -> None:
    assert "Nearest first" not in read(client, "/services")
    assert "Nearest first" in read(client, "/services?where=SE13+6LG")


def test_pages_are_linked_and_kept(client: FlaskClient, database: SQLAlchemy) -> None:
    for number in range(45):
        make_service(f"Tea number {number}")
    database.session.commit()
    page = client.get("/services?q=tea&page=2").get_data(as_text=True)
    assert {"/services?q=tea", "/services?q=tea&page=3"} <= set(links_of(page))
    assert '<ol class="cards" start="21">' in page
    assert "45 things match: “tea”, page 2" in page
    assert client.get("/services?q=tea&page=99").status_code in {200, 400}


def test_long_and_odd_questions_get_an_answer(client: FlaskClient, few: list[Service]) -> None:
    for text in ("a" * 10_000, "*", "?" * 50, "\x00", "\u202eyoga", "[a TO z]", '"', "-", "yoga " * 2000):
        assert client.get("/services", query_string={"q": text}).status_code == 200
    assert client.get("/services?q=%ED%A0%80").status_code == 200


def test_text_of_groups_is_read_in_paragraphs() -> None:
    text = "One line that was\nwrapped.\r\n\r\nAnother.\n- an item\n- a second\n\n\n \n"
    assert paragraphs(text) == ["One line that was wrapped.", "Another.\n- an item\n- a second"]
    assert paragraphs("") == []


def take_backs(page: str) -> dict[str, str]:
    """What was read out of the words, as a screen reader says it, with where taking it back leads."""
    found = re.findall(r'<a class="chip chip--read" href="([^"]+)">.*?(We read .*?Take it back)</span>', page)
    return {html.unescape(said): html.unescape(href) for href, said in found}


def test_what_was_understood_is_said_and_can_be_taken_back(client: FlaskClient, few: list[Service]) -> None:
    page = client.get("/services?q=yoga+tuesday+morning+se13+free").get_data(as_text=True)
    assert "Near yoga" in text_of(page)
    assert "We looked for: “yoga”, Tuesday, morning, free, near SE13" in text_of(page)
    links = take_backs(page)
    assert list(links) == [
        "We read “tuesday” as Tuesdays. Take it back", "We read “morning” as mornings. Take it back",
        "We read “se13” as near SE13. Take it back",
        "We read “free” as free. Take it back",
    ]  # fmt: skip
    assert links["We read “tuesday” as Tuesdays. Take it back"] == (
        "/services?q=yoga+tuesday+morning+se13+free&words=tuesday"
    )
    assert '<link rel="canonical" href="/services?q=yoga+tuesday+morning+se13+free">' in page
    taken_back = client.get(links["We read “tuesday” as Tuesdays. Take it back"]).get_data(as_text=True)
    assert len(take_backs(taken_back)) == 3
    assert "Nothing matches all of that" in text_of(taken_back), "Nobody writes “tuesday” in these listings."


def test_the_filters_show_what_was_understood_and_let_it_go(client: FlaskClient, few: list[Service]) -> None:
    page = client.get("/services?q=yoga+tuesday+free&words=free").get_data(as_text=True)
    assert 'value="tue" checked' in page
    form = re.search(r'<form id="filter-form".*?</form>', page, re.DOTALL)
    assert form
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.group())
    assert hidden == [("q", "yoga free"), ("words", "free")], "Unticking Tuesday leaves nothing that says Tuesday."
    search = re.search(r'<form class="search.*?</form>', page, re.DOTALL)
    assert search
    assert 'value="yoga tuesday free"' in search.group(), "What was typed stays in the box."
    assert 'name="words" value="free"' in search.group()
    assert "Clear all filters" in page
    assert "/services?q=yoga+free&words=free" in links_of(page)


def test_the_chip_of_the_words_keeps_what_was_read(client: FlaskClient, few: list[Service]) -> None:
    page = client.get("/services?q=yoga+tuesday&cost=free").get_data(as_text=True)
    assert {"/services?day=tue&cost=free", "/services?q=yoga+tuesday"} <= set(links_of(page))


def test_near_me_gets_a_kind_hint(client: FlaskClient, few: list[Service]) -> None:
    assert "Tell us where, and the nearest things come first" in read(client, "/services?q=yoga+near+me")
    assert "Tell us where, and" in read(client, "/services?q=yoga+within+2+miles")
    for question in ("q=yoga+near+me&where=SE13", "q=yoga", "q=yoga+within+2+miles+of+se13"):
        assert "Tell us where, and" not in read(client, f"/services?{question}")


def test_nothing_found_offers_the_words_as_they_are(
    client: FlaskClient, database: SQLAlchemy, few: list[Service]
) -> None:
    make_service("Chess club", summary="We meet on a sunday.")
    database.session.commit()
    page = client.get("/services?q=chess+sunday").get_data(as_text=True)
    assert "Nothing matches all of that" in text_of(page)
    assert "Without what we read out of your words" in text_of(page)
    link = "/services?q=chess+sunday&words=sunday"
    assert links_of(page).count(link) == 2
    assert "Chess club" in read(client, link)


def test_what_was_read_holds_at_the_same_venue(client: FlaskClient, database: SQLAlchemy) -> None:
    """Near on Mondays without a lift, far on Tuesdays with one: nothing near on Tuesdays, and nothing near with a lift.

    "Step free tuesday se13" is about one venue at one time.
    """
    make_term(Taxonomy.ACCESS, "step-free", name="Step-free entrance")
    near = make_location("Near Hall", position=NEAR)
    far = make_location("Far Hall", position=FAR, access={"step-free": True})
    make_service("Dancing", venues=[(near, [weekly("MO", "10:00")]), (far, [weekly("TU", "10:00")])])
    database.session.commit()
    nothing = "Nothing matches all of that"
    assert nothing in read(client, "/services?q=dancing+tuesday+se13")
    assert nothing in read(client, "/services?q=dancing+step+free+se13")
    assert nothing in read(client, "/services?q=dancing+step+free+monday")
    for question in ("dancing+monday+se13", "dancing+step+free+tuesday", "dancing+tomorrow+morning"):
        assert "1 thing matches" in read(client, f"/services?q={question}"), question
    assert nothing in read(client, "/services?q=dancing+tomorrow+se13")


def test_not_on_bank_holidays(client: FlaskClient, database: SQLAlchemy) -> None:
    """Christmas Day 2026 is a Friday, Boxing Day a Saturday with a holiday on the Monday after."""
    christmas = once(dt.date(2026, 12, 25))
    make_service("Christmas dinner", venues=[(make_location("Hall", position=NEAR), [christmas])])
    make_service("Friday chess", venues=[(make_location("Other Hall", position=NEAR), [weekly("FR", "10:00")])])
    database.session.commit()
    page = read(client, "/services?bank_holidays=no")
    assert "Friday chess" in page
    assert "Christmas dinner" not in page
    assert "Christmas dinner" in read(client, "/services?q=dinner+christmas+day")
    assert "Nothing matches" in read(client, "/services?on=2026-12-25&bank_holidays=no")
    assert "not on bank holidays" in read(client, "/services?q=chess+not+on+bank+holidays")
    assert 'value="no" checked' in client.get("/services?bank_holidays=no").get_data(as_text=True)


def test_pins_and_pages_follow_what_was_read(client: FlaskClient, few: list[Service]) -> None:
    assert len(client.get("/services/pins.json?q=tuesday").get_json()["n"]) == 1
    page = client.get("/services?q=yoga+tuesday&view=map").get_data(as_text=True)
    assert "/services/pins.json?q=yoga+tuesday" in html.unescape(page)
