"""Groups that only have a telephone, what comes of ringing them, and the shares on the dashboard."""

import csv
import datetime as dt
import io

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from time_machine import Traveller

from portal.core.database import transaction
from portal.directory.models import Organisation, Service, ServiceStatus
from portal.geo.models import AreaKind
from portal.listings.jobs import ask_groups
from portal.listings.models import CallOutcome, FreshnessCall
from portal.listings.operations.calling import note_call
from portal.messages.models import MessageState, OutboxMessage
from portal.search.neighbourhoods import ON_ASKING
from tests.accounts.reading import entries, find, now_of
from tests.factories import make_area, make_location, make_organisation, make_service
from tests.factories.accounts import Cast
from tests.listings.test_freshness import messages
from tests.signing_in import sign_in

LONG_AGO = dt.date(2026, 5, 12)


@pytest.fixture
def group(cast: Cast) -> Organisation:
    """A group with a landline only, and two services that are due, which the job has been at."""
    with transaction():
        group = make_organisation("Ringers", phone="020 7946 0999")
        for name in ("Bingo", "Chess"):
            make_service(name, organisation=group, last_confirmed_on=LONG_AGO)
    ask_groups()
    return group


def service_of(name: str) -> Service:
    found = find(sa.select(Service).where(Service.name == name))
    assert isinstance(found, Service)
    return found


def test_confirmed_by_telephone(client: FlaskClient, cast: Cast, group: Organisation) -> None:
    assert messages() == []
    sign_in(client, cast.mo)
    page = client.get("/moderation/calls").text
    assert all(words in page for words in ("Ringers", "020 7946 0999", "Bingo: 6 months"))
    path = f"/moderation/calls/{group.id}"
    bingo = service_of("Bingo")
    missing = client.post(path, data={"outcome": "confirmed", "services": str(bingo.id)})
    assert missing.status_code == 200 and "Enter with whom you spoke" in missing.text
    form = {"outcome": "confirmed", "services": str(bingo.id), "spoke_with": "Vera <b>Vale</b>"}
    assert client.post(path, data=form).status_code == 303
    bingo = now_of(bingo)
    assert (bingo.last_confirmed_on, bingo.last_confirmed_by) == (dt.date(2026, 11, 23), "by telephone: Mo Malik")
    page = client.get("/moderation/calls").text
    assert "Bingo: 6 months" not in page and "Chess: 6 months" in page
    assert "Vera &lt;b&gt;Vale&lt;/b&gt;" in page and "Mo Malik" in page
    public = client.application.test_client().get(f"/services/{bingo.id}").text
    assert "Confirmed by telephone today" in public and "Mo Malik" not in public and "Vera" not in public
    assert entries("freshness:call")[0]["after"] == {"listings": 1, "outcome": "still right"}
    again = client.post(path, data=form)
    assert again.status_code == 200 and "none of these is on the list" in again.text


def test_no_answer_rests_a_week(client: FlaskClient, cast: Cast, group: Organisation, clock: Traveller) -> None:
    sign_in(client, cast.mo)
    path = f"/moderation/calls/{group.id}"
    chosen = [str(service_of(name).id) for name in ("Bingo", "Chess")]
    assert client.post(path, data={"outcome": "no-answer", "services": chosen}).status_code == 303
    page = client.get("/moderation/calls").text
    assert "Nobody is to be rung today" in page and "again from 30 November 2026" in page
    assert client.get(path).status_code == 404
    clock.shift(dt.timedelta(days=6, hours=12))
    assert client.application.test_client().get(path).status_code == 303
    sign_in(client, cast.mo)
    assert client.get(path).status_code == 404
    clock.shift(dt.timedelta(hours=12))
    sign_in(client, cast.mo)
    assert client.get(path).status_code == 200
    assert service_of("Bingo").last_confirmed_on == LONG_AGO


def test_it_has_closed(client: FlaskClient, cast: Cast, group: Organisation) -> None:
    sign_in(client, cast.mo)
    form = {"outcome": "closed", "services": str(service_of("Chess").id), "spoke_with": "Vera"}
    assert client.post(f"/moderation/calls/{group.id}", data=form).status_code == 303
    assert service_of("Chess").status is ServiceStatus.DEFUNCT
    assert service_of("Bingo").status is ServiceStatus.ACTIVE
    assert client.get(f"/services/{service_of('Chess').id}").status_code == 404
    assert find(sa.select(FreshnessCall.outcome)) is CallOutcome.CLOSED


def test_a_message_that_was_given_up_leads_to_a_call(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    with transaction():
        group = make_organisation("Moved", email="gone@example.org", phone="020 7946 0998")
        make_service("Knitting", organisation=group, last_confirmed_on=LONG_AGO)
    ask_groups()
    assert len(messages()) == 1
    sign_in(client, cast.mo)
    assert "Knitting" not in client.get("/moderation/calls").text
    with transaction() as session:
        session.get_one(OutboxMessage, messages()[0].id).state = MessageState.GIVEN_UP
    assert "a message did not arrive" in client.get("/moderation/calls").text
    clock.shift(dt.timedelta(days=31))
    ask_groups()
    assert len(messages()) == 1, "Nothing is sent where nothing arrives."


def test_what_was_taken_off_stays_on_the_call_list(cast: Cast, group: Organisation, clock: Traveller) -> None:
    clock.move_to(dt.datetime(2027, 7, 12, 9, tzinfo=dt.UTC))
    ask_groups()
    bingo = service_of("Bingo")
    assert bingo.status is ServiceStatus.INACTIVE
    assert [one.wording for one in messages()] == ["freshness-unpublished-staff"]
    assert "on the call list" in str(messages()[0].body)
    note_call(
        organisation_id=group.id, services=[bingo.id], outcome=CallOutcome.CONFIRMED, spoke_with="Vera",
        caller="Mo Malik", actor=cast.mo.actor,
    )  # fmt: skip
    assert now_of(bingo).status is ServiceStatus.ACTIVE


@pytest.mark.parametrize("path", ["/moderation/calls", "/moderation/freshness", "/moderation/links"])
def test_these_pages_are_for_moderators(path: str, client: FlaskClient, cast: Cast) -> None:
    assert client.get(path).status_code == 303
    sign_in(client, cast.gus)
    assert client.get(path).status_code == 404


def test_the_shares_by_area_and_category(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        make_area(
            "lee", [(-0.1, 51.4), (0.1, 51.4), (0.1, 51.5), (-0.1, 51.5)], name="=Lee", kind=AreaKind.NEIGHBOURHOOD
        )
        day = dt.date(2026, 11, 23)
        for name, confirmed_on in (("A", day), ("B", dt.date(2026, 5, 24)), ("C", dt.date(2026, 5, 23)), ("D", None)):
            make_service(name, categories=["company"], venues=[make_location(name)], last_confirmed_on=confirmed_on)
        refuge = make_location("Refuge", is_confidential=True)
        make_service("E", venues=[refuge], last_confirmed_on=dt.date(2025, 11, 23))
        make_service("F", status=ServiceStatus.INACTIVE)
    sign_in(client, cast.mo)
    page = client.get("/moderation/freshness").text
    assert "2 of 5 listings" in page and "That is 40%" in page and "2 listings are older than a year" in page
    answer = client.get("/moderation/freshness.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="freshness-2026-11-23.csv"'
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows[1:] == [
        ["all", "Everything", "5", "2", "40", "2"],
        ["area", "'=Lee", "4", "2", "50", "1"],
        ["area", ON_ASKING, "1", "0", "0", "1"],
        ["category", "Company", "4", "2", "50", "1"],
        ["category", "No category", "1", "0", "0", "1"],
    ]
