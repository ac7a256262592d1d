"""The step about when: rules typed, shown back in words and as dates, and what is refused."""

import datetime as dt
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.core.database import db
from portal.directory.models import Frequency
from portal.listings.content import When, content_of, to_json
from portal.listings.forms.days import NotADayError, read_day, read_days, read_time, write_days
from portal.listings.models import Listing, ListingState, Shown
from portal.listings.when_words import next_days, rule_in_words
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in


@pytest.fixture
def listing(cast: Cast, client: FlaskClient) -> Listing:
    group = cast.gus.current_memberships[0].organisation
    assert group is not None
    made = make_listing(group, make_content(when=()), ListingState.DRAFT, Shown.NOT_YET)
    db.session.commit()
    listing_id, version = made.id, made.version
    sign_in(client, cast.gus)
    made.__dict__.update(id=listing_id, version=version)
    db.session.expunge(made)
    return made


def stored(listing: Listing) -> tuple[When, ...]:
    db.session.rollback()
    found = db.session.get(Listing, listing.id, populate_existing=True)
    assert found is not None
    rules = content_of(found.content).when
    db.session.rollback()
    return rules


def post(client: FlaskClient, listing: Listing, **fields: Any) -> Any:
    return client.post(f"/listings/{listing.id}/when", data={"version": listing.version, "act": "more", **fields})


WEEKLY = {"often": "weekly", "days": ["TU", "FR"], "opens_at": "10.30am", "closes_at": "12 noon"}


def test_a_rule_is_saved_and_read_back_in_words_and_dates(client: FlaskClient, listing: Listing) -> None:
    typed = {**WEEKLY, "often": "fortnightly", "days": ["TU"], "starts_on": "24 November 2026", "term_time_only": "y"}
    answer = post(client, listing, **typed, note="Come at any time.")
    assert (answer.status_code, answer.location) == (303, f"/listings/{listing.id}/when")
    assert stored(listing) == (
        When(
            interval=2, by_day="TU", starts_on=dt.date(2026, 11, 24), opens_at=dt.time(10, 30),
            closes_at=dt.time(12), term_time_only=True,
        ),
    )  # fmt: skip
    page = client.get(f"/listings/{listing.id}/when").text
    assert "Every second Tuesday, 10.30am to 12 noon, in term time" in page
    assert "Come at any time." in page
    for day in ("24 November", "8 December", "5 January", "19 January", "2 February"):
        assert f"Tuesday {day}" in page
    assert "Tuesday 22 December</del>" in page
    assert "not on: school holidays" in page


def test_the_dates_can_be_seen_before_anything_is_saved(client: FlaskClient, listing: Listing) -> None:
    page = post(client, listing, **{**WEEKLY, "act": "show"}).text
    assert "This is not saved yet" in page
    assert "Every Tuesday and Friday, 10.30am to 12 noon" in page
    assert "Friday 27 November" in page
    assert stored(listing) == ()


def test_monthly_rules_one_off_dates_breaks_and_extra_dates(client: FlaskClient, listing: Listing) -> None:
    post(
        client, listing, often="monthly", which=["1", "-1"], days=["FR"], not_on_bank_holidays="y",
        except_on="21 December 2026 to 1 January 2027", also_on="24/12/2026",
    )  # fmt: skip
    rule = stored(listing)[0]
    assert (rule.frequency, rule.by_day, rule.also_on) == (Frequency.MONTHLY, "1FR,-1FR", (dt.date(2026, 12, 24),))
    assert len(rule.except_on) == 12
    listing.version += 1
    post(client, listing, often="dates", dates="5/12/2026\n19 December 2026", opens_at="14:00")
    once = stored(listing)[1]
    assert (once.frequency, once.starts_on, once.also_on) == (
        Frequency.ONCE, dt.date(2026, 12, 5), (dt.date(2026, 12, 19),),
    )  # fmt: skip
    assert once.closes_at is None


def test_a_rule_is_changed_and_taken_out(client: FlaskClient, listing: Listing) -> None:
    post(client, listing, **WEEKLY)
    page = client.get(f"/listings/{listing.id}/when?rule=0").text
    assert 'value="10.30am"' in page
    assert 'value="TU" checked' in page
    listing.version += 1
    post(client, listing, **{**WEEKLY, "days": "WE"}, rule="0")
    assert [rule.by_day for rule in stored(listing)] == ["WE"]
    listing.version += 1
    gone = client.post(f"/listings/{listing.id}/when/remove", data={"version": listing.version, "rule": "0"})
    assert (gone.status_code, stored(listing)) == (303, ())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"opens_at": "2pm", "closes_at": "10.30am"}, "It ends before it starts"),
        ({"opens_at": "half past ten"}, "Enter when it starts like 10:30 or 2pm"),
        ({"opens_at": "", "closes_at": "11am"}, "Enter when it starts as well"),
        ({"days": []}, "Choose at least one day"),
        ({"except_on": "31 February 2027"}, "“31 February 2027” is not in the calendar"),
        ({"often": "dates", "dates": "soon"}, "“soon” is not a date like 24 November 2026"),
        ({"often": "monthly"}, "Choose which one of the month"),
        ({"often": "fortnightly"}, "Enter the day when the next one is"),
        ({"often": "fortnightly", "starts_on": "25 November 2026", "days": ["TU"]}, "is a Wednesday"),
        ({"starts_on": "1/12/2026", "ends_on": "1/11/2026"}, "The last day is before the first one"),
    ],
)
def test_what_cannot_be_is_refused_and_stays_in_the_form(
    client: FlaskClient, listing: Listing, typed: dict[str, Any], said: str
) -> None:
    answer = post(client, listing, **{**WEEKLY, **typed})
    assert answer.status_code == 200
    assert said in answer.text
    for name, value in typed.items():
        if isinstance(value, str) and name not in {"often"}:
            assert value in answer.text
    assert stored(listing) == ()


def test_there_is_an_end_to_rules(client: FlaskClient, listing: Listing) -> None:
    found = db.session.get(Listing, listing.id)
    assert found is not None
    found.content = {**found.content, "when": [to_json(When(by_day="MO"))] * 60}
    db.session.commit()
    listing.version = found.version
    db.session.rollback()
    answer = post(client, listing, **WEEKLY)
    assert "There are 60 lines already" in answer.text


def test_two_editors_at_once_lose_nothing(client: FlaskClient, listing: Listing) -> None:
    post(client, listing, **WEEKLY)
    answer = post(client, listing, **{**WEEKLY, "days": ["SU"]})
    assert "Somebody else saved this listing" in answer.text
    assert "Every Tuesday and Friday" in answer.text
    assert 'value="SU" checked' in answer.text
    assert post(client, listing, **WEEKLY).status_code == 303  # a double click is no quarrel
    listing.version += 1
    post(client, listing, **{**WEEKLY, "days": ["SU"]})
    assert [rule.by_day for rule in stored(listing)] == ["TU,FR", "SU"]


def test_the_listing_of_others_is_not_there(client: FlaskClient, listing: Listing, cast: Cast) -> None:
    sign_in(client, cast.rita)
    assert client.get(f"/listings/{listing.id}/when").status_code in {403, 404}
    sign_in(client, cast.gus)
    assert client.get(f"/listings/{uuid.uuid4()}/when").status_code == 404


def test_days_and_times_as_people_type_them() -> None:
    day = dt.date(2026, 12, 24)
    for text in ("24 December 2026", "Thursday 24th Dec 2026", "24/12/26", "2026-12-24", "24.12.2026", "24 december"):
        assert read_day(text) == day
    assert read_day("3 January") == dt.date(2027, 1, 3)
    for text in ("24", "32/1/2027", "24 Foo 2026", "1/1/1066", "1/1/9999", "", "٢٤/١٢/٢٠٢٦x"):
        with pytest.raises(NotADayError):
            read_day(text)
    span = read_days("21 December 2026 to 23 December 2026; 3/1/2027")
    assert write_days(span) == "21 December 2026 to 23 December 2026\n3 January 2027"
    with pytest.raises(NotADayError, match="more than 100 dates"):
        read_days("1/12/2026 to 8/3/2027; 1/6/2027 to 3/6/2027")
    assert [read_time(text) for text in ("10:30", "10.30am", "2 p.m.", "noon")] == [
        dt.time(10, 30), dt.time(10, 30), dt.time(14), dt.time(12),
    ]  # fmt: skip


def test_a_break_and_a_bank_holiday_are_named(app: Any) -> None:
    rule = When(by_day="FR", not_on_bank_holidays=True, except_on=(dt.date(2026, 12, 18),))
    with app.app_context():
        days = next_days([rule], after=dt.datetime(2026, 12, 12, tzinfo=dt.UTC))
        assert [(one.day.day, one.why_not) for one in days][:3] == [
            (18, "a break"),
            (25, "Christmas Day"),
            (1, "New Year's Day"),
        ]
        assert rule_in_words(rule) == "Every Friday, not on bank holidays, not on 18 December"
