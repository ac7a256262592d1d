"""Administrators change school terms and bank holidays; results follow."""

import datetime as dt

import pytest
from flask.testing import FlaskClient

from portal.core.database import db
from portal.directory import calendar
from tests.accounts.test_admin_site import audited, text
from tests.factories import make_location, make_service, weekly
from tests.factories.accounts import Cast
from tests.signing_in import sign_in

TERM = {"name": "Spring 2028", "first_day": "2028-01-04", "last_day": "11/02/2028", "version": ""}


@pytest.fixture
def ada(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The browser of the administrator, over a group that meets on Wednesdays in term time."""
    make_service("Homework Club", venues=[(make_location(), [weekly("WE", term_time_only=True)])])
    db.session.commit()
    return sign_in(client, cast.ada)


def term(name: str) -> calendar.TermTime:
    return next(one for one in calendar.newest().terms if one.name == name)


def test_the_page_shows_what_ships(ada: FlaskClient) -> None:
    page = text(ada, "/admin/dates")
    assert "2 November 2026 to 18 December 2026 · now" in page
    assert "Christmas Day" in page and "Monday 28 December" in page
    assert "<h3>2028</h3>" in page


def test_a_term_that_is_moved_moves_the_results(ada: FlaskClient) -> None:
    assert "1 thing matches" in text(ada, "/services?on=2026-12-16")
    moved = term("Autumn 2026 second half")
    values = {"name": moved.name, "first_day": "2026-11-02", "last_day": "2026-12-11", "version": "1"}
    assert ada.post(f"/admin/dates/terms/{moved.id}", data=values).status_code == 303
    assert "Nothing matches all of that" in text(ada, "/services?on=2026-12-16")
    [row] = audited("school-term:change")
    assert "2026-12-18" in row and "2026-12-11" in row


def test_terms_are_added_and_taken_away(ada: FlaskClient) -> None:
    assert ada.post("/admin/dates/terms/new", data=TERM).status_code == 303
    added = term("Spring 2028")
    assert (added.first_day, added.last_day) == (dt.date(2028, 1, 4), dt.date(2028, 2, 11))
    assert ada.post(f"/admin/dates/terms/{added.id}/remove", data={"version": str(added.version)}).status_code == 303
    text(ada, "/admin/dates")
    assert "Spring 2028" not in text(ada, "/admin/dates")
    assert ada.post(f"/admin/dates/terms/{added.id}/remove", data={"version": "1"}).status_code == 404
    assert ada.get(f"/admin/dates/terms/{added.id}").status_code == 404
    page = ada.post(f"/admin/dates/terms/{added.id}", data={**TERM, "version": "1"}).get_data(as_text=True)
    assert "Somebody took this term away" in page and 'value="Spring 2028"' in page


def test_dates_that_cannot_be_are_shown_again(ada: FlaskClient) -> None:
    for values, words in (
        ({"first_day": "2026-09-04", "last_day": "2026-09-05"}, "overlap with Autumn 2026 first half"),
        ({"first_day": "31/02/2028"}, "Enter the first day in full"),
        ({"last_day": ""}, "Enter the last day in full"),
        ({"last_day": "2027-12-31"}, "comes before the first"),
        ({"name": ""}, "Enter a name"),
    ):
        page = ada.post("/admin/dates/terms/new", data={**TERM, **values}).get_data(as_text=True)
        assert words in page, values
        for typed in ({**TERM, **values})["name"], ({**TERM, **values})["first_day"]:
            assert not typed or f'value="{typed}"' in page, values
    assert calendar.newest().number == 0


def test_two_editors_at_once(ada: FlaskClient) -> None:
    there = term("Autumn 2026 second half")
    values = {"name": "First", "first_day": "2026-11-02", "last_day": "2026-12-11", "version": "1"}
    ada.post(f"/admin/dates/terms/{there.id}", data=values)
    page = ada.post(f"/admin/dates/terms/{there.id}", data={**values, "name": "Second"}).get_data(as_text=True)
    assert "Somebody else changed this" in page and "First" in page and 'value="Second"' in page
    assert 'type="hidden" value="2"' in page
    response = ada.post(f"/admin/dates/terms/{there.id}/remove", data={"version": "1"}, follow_redirects=True)
    assert "Somebody else changed the dates" in response.get_data(as_text=True)
    assert term("First").version == 2


def test_bank_holidays_are_added_taken_away_and_put_back(ada: FlaskClient) -> None:
    day = {"day": "2026-12-09", "name": "Street party"}
    assert ada.post("/admin/dates/holidays", data=day).status_code == 303
    assert "Wednesday 9 December, Street party" in text(ada, "/admin/dates")
    assert "bank holiday already" in ada.post("/admin/dates/holidays", data=day).get_data(as_text=True)
    page = ada.post("/admin/dates/holidays", data={"day": "soon", "name": "Fair"}).get_data(as_text=True)
    assert "Enter the day in full" in page and 'value="Fair"' in page
    ada.post("/admin/dates/holidays/2026-12-09/take-away")
    assert "Street party" not in text(ada, "/admin/dates").replace("Like Day of the street party", "")
    ada.post("/admin/dates/holidays/2026-12-28/take-away")
    assert "not here" in text(ada, "/admin/dates")
    assert not calendar.current().is_bank_holiday(dt.date(2026, 12, 28))
    ada.post("/admin/dates/holidays/2026-12-28/put-back")
    assert "not here" not in text(ada, "/admin/dates")
    response = ada.post("/admin/dates/holidays/2026-12-29/take-away", follow_redirects=True)
    assert "is not a bank holiday" in response.get_data(as_text=True)
    for path in ("2026-02-30/take-away", "tomorrow/put-back", "2026-12-28/eat"):
        assert ada.post(f"/admin/dates/holidays/{path}").status_code == 404
    assert len(audited("bank-holiday:add")) == 2 and len(audited("bank-holiday:take-away")) == 2


def test_only_administrators_come_in(client: FlaskClient, cast: Cast) -> None:
    for path in ("/admin/dates", "/admin/dates/terms/new", f"/admin/dates/terms/{calendar.shipped().terms[0].id}"):
        assert sign_in(client, cast.tara).get(path).status_code == 404
        assert sign_in(client, cast.ada).get(path).status_code == 200
