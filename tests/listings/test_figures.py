"""A group's figures: they count people once a day, and neither robots nor those who work with the listing."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core import clock as clocks
from portal.core.database import transaction
from portal.listings.counting import Figures, words_to_keep
from portal.listings.models import Figure, Listing, Seen
from portal.listings.operations.figures import Happened, add_figures, forget_old_figures
from portal.listings.queries.figures import Counts, read_figures
from tests.accounts.reading import look
from tests.factories import make_organisation, make_service
from tests.factories.accounts import Cast
from tests.factories.listings import make_listing
from tests.signing_in import sign_in

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}
SAFARI = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1"}


@pytest.fixture
def listing(cast: Cast) -> Listing:
    """A listing of the group that Gus edits."""
    with transaction():
        organisation = cast.gus.current_memberships[0].organisation
        assert organisation is not None
        return make_listing(organisation)


def counted(app: Flask) -> dict[tuple[str, str], int]:
    """Write what waits, and return the counts by kind and words."""
    figures: Figures = app.extensions["figures"]
    figures.write()
    with look() as session:
        return {(row.kind.value, row.words): row.count for row in session.scalars(sa.select(Figure))}


def test_people_are_counted_once_a_day(
    app: Flask, client: FlaskClient, listing: Listing, clock: time_machine.Traveller
) -> None:
    page = f"/services/{listing.service_id}"
    for _ in range(3):
        client.get(page, headers=FIREFOX)
    client.get(page, headers=SAFARI)
    client.get(page, query_string={"from": "/services?q=Warm+mornings"}, headers=SAFARI)
    save = {"service_id": str(listing.service_id)}
    for _ in range(2):
        client.post("/shortlist/save", data=save, headers=FIREFOX)
    client.post("/shortlist/save", data={"service_id": str(listing.id)}, headers=SAFARI)
    with look() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Figure)) == 0, (
            "nothing is written while it answers"
        )
    assert counted(app) == {("viewed", ""): 2, ("shortlisted", ""): 1, ("found", "warm mornings"): 1}
    clock.move_to(dt.datetime(2026, 11, 24, 0, 1, tzinfo=dt.UTC))
    client.get(page, headers=FIREFOX)
    assert counted(app)[("viewed", "")] in {1, 2}
    with look() as session:
        days = session.scalars(sa.select(Figure.day).where(Figure.kind == Seen.VIEWED).order_by(Figure.day)).all()
    assert days == [dt.date(2026, 11, 23), dt.date(2026, 11, 24)]


ROBOTS: tuple[dict[str, str], ...] = (
    {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)"},
    {"User-Agent": "facebookexternalhit/1.1"},
    {"User-Agent": "curl/8.5.0"},
    {"User-Agent": "python-requests/2.32"},
    {"User-Agent": "Mozilla/5.0 HeadlessChrome/129.0"},
    {"User-Agent": ""},
    {**FIREFOX, "Sec-Purpose": "prefetch;prerender"},
    {**FIREFOX, "Purpose": "prefetch"},
)


def test_who_does_not_count(app: Flask, listing: Listing, cast: Cast) -> None:
    page = f"/services/{listing.service_id}"
    unchecked = FlaskClient(app, app.response_class)
    for headers in ROBOTS:
        assert unchecked.get(page, headers=headers).status_code == 200
    unchecked.head(page, headers=FIREFOX)
    unchecked.get(f"/services/{listing.id}", headers=FIREFOX)  # there is no such page
    for user in (cast.gus, cast.mo, cast.lena):
        sign_in(app.test_client(), user).get(page, headers=FIREFOX)
    assert counted(app) == {}
    sign_in(app.test_client(), cast.rita).get(page, headers=FIREFOX)
    assert counted(app) == {("viewed", ""): 1}


def test_words_that_only_a_visitor_knows_are_not_kept(listing: Listing, database: SQLAlchemy) -> None:
    assert words_to_keep("Warm, MORNINGS!") == "warm mornings"
    for text in ("warm 07700900123", "margaret from warm road", "warm room for someone to talk to kindly", "", "-warm"):
        assert words_to_keep(text) == "", text


def test_what_a_group_sees(app: Flask, client: FlaskClient, listing: Listing, cast: Cast) -> None:
    today, service_id = clocks.today(), listing.service_id
    year_ago, old = today - dt.timedelta(days=364), today - dt.timedelta(days=401)
    counts = {
        Happened(service_id, today, Seen.VIEWED): 3,
        Happened(service_id, today - dt.timedelta(days=29), Seen.VIEWED): 4,
        Happened(service_id, today - dt.timedelta(days=30), Seen.VIEWED): 5,
        Happened(service_id, year_ago, Seen.VIEWED): 6,
        Happened(service_id, old, Seen.VIEWED): 7,
        Happened(service_id, today, Seen.SHORTLISTED): 1,
        Happened(service_id, today, Seen.FOUND, "warm"): 5,
        Happened(service_id, today, Seen.FOUND, "tea"): 4,
        Happened(service_id, today, Seen.FOUND): 9,
    }
    add_figures(actor="test", counts=counts)
    add_figures(actor="test", counts={Happened(service_id, today, Seen.VIEWED): 2})
    found = read_figures(service_id, today)
    assert found.last_30 == Counts(viewed=9, shortlisted=1, found=18)
    assert found.last_365 == Counts(viewed=20, shortlisted=1, found=18)
    assert [counts.viewed for _month, counts in found.months] == [5, 9, *[0] * 10, 6]
    assert dict(found.words) == {"warm": 5}
    forget_old_figures(actor="test")
    with look() as session:
        assert session.scalar(sa.select(sa.func.min(Figure.day))) == year_ago
    page = sign_in(client, cast.gus).get(f"/listings/{listing.id}/figures").get_data(as_text=True)
    assert "looked at 9 times in the last 30 days, and 20 times in the last year" in page
    assert "Most people looked in October 2026: 9 times" in page and "“warm”" in page and "“tea”" not in page


def test_of_others_there_is_nothing(app: Flask, client: FlaskClient, listing: Listing, cast: Cast) -> None:
    with transaction():
        other = make_listing(make_organisation("Another group"), service_id=None)
    path = f"/listings/{listing.id}/figures"
    assert client.get(path).status_code == 303
    for user in (cast.rita, cast.mo, cast.lena):
        assert sign_in(app.test_client(), user).get(path).status_code == 404
    gus: Any = sign_in(app.test_client(), cast.gus)
    assert gus.get(f"/listings/{other.id}/figures").status_code == 404


def test_what_cannot_be_written_waits(app: Flask, listing: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    figures: Figures = app.extensions["figures"]
    figures.count("somebody", listing.service_id, Seen.VIEWED)
    assert not figures.is_due(), "it is written every ten seconds at most"

    def away(**_given: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("away"))

    with monkeypatch.context() as patched:
        patched.setattr("portal.listings.counting.add_figures", away)
        figures.write()
    assert counted(app) == {("viewed", ""): 1}


def test_writing_comes_after_the_answer(app: Flask, client: FlaskClient, listing: Listing, monkeypatch: Any) -> None:
    monkeypatch.setattr("portal.listings.counting.WRITE_EVERY", 0.0)
    client.get(f"/services/{listing.service_id}", headers=FIREFOX, buffered=True).close()
    with look() as session:
        assert session.scalar(sa.select(Figure.count)) == 1


def test_neither_crisis_nor_numbers_are_kept(app: Flask, client: FlaskClient, listing: Listing) -> None:
    with transaction():
        make_service("Warm 020 7946 0123")
    assert words_to_keep("warm") == "warm" and words_to_keep("020 7946 0123") == ""
    asked = {"from": "/services?q=warm+suicidal"}
    client.get(f"/services/{listing.service_id}", query_string=asked, headers=FIREFOX)
    assert counted(app) == {("viewed", ""): 1}
