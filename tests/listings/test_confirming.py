"""The link that needs no sign-in, and the tap of an editor: once, only by a press, and kind when it is over."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from time_machine import Traveller

from portal.core import clock as present
from portal.core.database import db, transaction
from portal.directory.models import Organisation, Service, ServiceStatus
from portal.listings.jobs import ask_groups
from portal.listings.models import FreshnessChoice, FreshnessLink, Listing, Nudge, NudgeKind, Shown
from portal.listings.operations.confirming import confirm, confirm_by_link
from portal.listings.operations.drafts import locked
from portal.listings.operations.moderation import allow_again
from portal.listings.operations.places import bring_back, return_due, take_away
from portal.listings.publishing import hide, publish
from portal.listings.queries.freshness import hash_of
from portal.messages.delivery import deliver_due
from portal.messages.models import MessageState
from tests.accounts.reading import acts, find, look, now_of
from tests.factories import make_location, make_organisation, make_service, weekly
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing
from tests.listings.test_freshness import messages
from tests.signing_in import sign_in

TOKEN = "t" * 43
LONG_AGO = dt.date(2026, 5, 12)


def make_link(group: Organisation, *services: Service, sent_to: str = "office@example.org") -> None:
    """Add a link to these services (not committed); its secret text is TOKEN."""
    db.session.flush()
    link = FreshnessLink(
        token_hash=hash_of(TOKEN),
        organisation_id=group.id,
        services=[str(service.id) for service in services],
        used=[],
        sent_to=sent_to,
        expires_at=present.now() + dt.timedelta(days=60),
    )
    db.session.add(link)


@pytest.fixture
def services(cast: Cast) -> list[Service]:
    """Two services of one group and their link; the second is at a place that is not told."""
    with transaction():
        group = make_organisation("St Mary's", phone="020 7946 0999")
        hall = make_location("Old Hall", address_1="2 Lee Road", postcode="SE3 9RT")
        refuge = make_location("Rose House", address_1="3 Lee Road", is_confidential=True)
        tea = make_service(
            "Tea <b>and</b> {{ 7*7 }}", organisation=group, venues=[(hall, [weekly("TU")])], last_confirmed_on=LONG_AGO
        )
        walk = make_service("Walks", organisation=group, venues=[refuge], last_confirmed_on=LONG_AGO)
        make_link(group, tea, walk)
    return [tea, walk]


def state_of_everything() -> tuple[object, ...]:
    with look() as session:
        return (
            session.execute(sa.select(Service.id, Service.version, Service.last_confirmed_on)).all(),
            session.execute(sa.select(FreshnessLink.id, FreshnessLink.used)).all(),
            session.execute(sa.select(FreshnessChoice.organisation_id)).all(),
        )


def test_a_scanner_that_opens_everything_changes_nothing(client: FlaskClient, services: list[Service]) -> None:
    before = state_of_everything()
    for path in (f"/confirm/{TOKEN}", f"/confirm/{TOKEN}/stop"):
        for _ in range(3):
            assert client.get(path).status_code == 200
            assert FlaskClient.open(client, path, method="HEAD").status_code == 200
    assert state_of_everything() == before
    assert client.post(f"/confirm/{TOKEN}", token=False, data={"service": str(services[0].id)}).status_code >= 400
    assert state_of_everything() == before


def test_confirming_by_the_link(client: FlaskClient, services: list[Service]) -> None:
    tea, walk = services
    page = client.get(f"/confirm/{TOKEN}")
    assert page.headers["Cache-Control"] == "no-store"
    shown = ("Is this still right?", "St Mary&#39;s", "Tea &lt;b&gt;and&lt;/b&gt; {{ 7*7 }}", "Old Hall, 2 Lee Road")
    for words in (*shown, "Every Tuesday", "The address is given when people ring", "020 7946 0999"):
        assert words in page.text, words
    assert "Rose House" not in page.text and "office@example.org" not in page.text
    answer = client.post(f"/confirm/{TOKEN}", data={"service": str(tea.id)})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/confirm/{TOKEN}#at-{tea.id}")
    tea = now_of(tea)
    assert (tea.last_confirmed_on, tea.last_confirmed_by) == (dt.date(2026, 11, 23), "by e-mail link")
    assert now_of(walk).last_confirmed_on == LONG_AGO
    assert acts(tea.id) == ["service:confirm"]
    again = client.get(f"/confirm/{TOKEN}").text
    assert "Confirmed today, by e-mail link." in again and again.count("Still right") == 1


def test_a_used_link_says_when_and_how(client: FlaskClient, services: list[Service], clock: Traveller) -> None:
    for service in services:
        client.post(f"/confirm/{TOKEN}", data={"service": str(service.id)})
    clock.shift(dt.timedelta(days=3))
    page = client.get(f"/confirm/{TOKEN}").text
    assert "Thank you, all of it is confirmed" in page and "This link is used up" in page
    assert "Confirmed on 23 November 2026, by e-mail link." in page
    assert "Still right" not in page and "020 7946 0100" in page
    again = client.post(f"/confirm/{TOKEN}", data={"service": str(services[0].id)}, follow_redirects=True).text
    assert "confirmed already" in again
    assert now_of(services[0]).last_confirmed_on == dt.date(2026, 11, 23), "It works once for each listing."


def test_an_ended_link_offers_the_telephone(client: FlaskClient, services: list[Service], clock: Traveller) -> None:
    clock.shift(dt.timedelta(days=59, hours=23))
    assert client.get(f"/confirm/{TOKEN}").status_code == 200
    clock.shift(dt.timedelta(hours=2))
    for answer in (
        client.get(f"/confirm/{TOKEN}"),
        client.post(f"/confirm/{TOKEN}", data={"service": str(services[0].id)}),
    ):
        assert answer.status_code == 410
        assert "This link has ended" in answer.text and "020 7946 0100" in answer.text
    assert now_of(services[0]).last_confirmed_on == LONG_AGO
    assert client.get(f"/confirm/{TOKEN}/stop").status_code == 200, "Stopping works as long as the link is known."


def test_a_link_is_for_its_own_listings(client: FlaskClient, services: list[Service]) -> None:
    with transaction():
        other = make_service("Other", last_confirmed_on=LONG_AGO)
    for typed in (str(other.id), str(uuid.uuid4()), "nonsense", ""):
        assert client.post(f"/confirm/{TOKEN}", data={"service": typed}).status_code == 404
    assert now_of(other).last_confirmed_on == LONG_AGO


def test_guesses_at_links_are_few(client: FlaskClient, services: list[Service]) -> None:
    paths = [f"/confirm/{'x' * 42}{number % 10}" for number in range(12)]
    assert [client.get(path).status_code for path in paths] == [404] * 10 + [429] * 2
    assert client.post(f"{paths[0]}/stop").status_code == 429
    assert client.get(f"/confirm/{TOKEN}").status_code == 200


def test_stopping_the_digests_and_taking_them_again(client: FlaskClient, services: list[Service]) -> None:
    path = f"/confirm/{TOKEN}/stop"
    assert client.post(path).status_code == 303
    assert "We do not ask you each month any more" in client.get(path).text
    assert find(sa.select(FreshnessChoice.wants_digests)) is False
    assert client.post(path, data={"act": "again"}).status_code == 303
    assert find(sa.select(FreshnessChoice.wants_digests)) is True


def test_an_editor_confirms_with_one_tap(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        own = make_listing(cast.group, make_content())
        other = make_listing(make_organisation("Others"), make_content())
        for listing in (own, other):
            db.session.get_one(Service, listing.service_id).last_confirmed_on = LONG_AGO
    sign_in(client, cast.gus)
    answer = client.post(f"/listings/{own.id}/confirm")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/listings")
    service = find(sa.select(Service).where(Service.id == own.service_id))
    assert (service.last_confirmed_on, service.last_confirmed_by) == (dt.date(2026, 11, 23), "Kitchen Table Carers")
    assert client.post(f"/listings/{other.id}/confirm").status_code == 404
    assert find(sa.select(Service.last_confirmed_on).where(Service.id == other.service_id)) == LONG_AGO


@pytest.mark.parametrize("shown", [Shown.STOPPED, Shown.AWAY, Shown.UNPUBLISHED])
def test_what_a_press_brings_back(shown: Shown, client: FlaskClient, cast: Cast) -> None:
    """Only what was too old. What a moderator stopped stays stopped, and what is away stays away."""
    with transaction():
        listing = make_listing(cast.group, make_content(), shown=shown)
        service = db.session.get_one(Service, listing.service_id)
        service.last_confirmed_on = LONG_AGO
        make_link(cast.group, service)
    answer = client.post(f"/confirm/{TOKEN}", data={"service": str(service.id)}, follow_redirects=True)
    now = find(sa.select(Listing).where(Listing.id == listing.id))
    assert now.shown is (Shown.SHOWN if shown is Shown.UNPUBLISHED else shown)
    if shown is Shown.STOPPED:
        assert "for another reason than its age" in answer.text
        assert now_of(service).last_confirmed_on == LONG_AGO
    else:
        assert now_of(service).last_confirmed_on == dt.date(2026, 11, 23)


def test_an_unclaimed_listing_hidden_for_another_reason_stays_hidden(
    client: FlaskClient, services: list[Service]
) -> None:
    from portal.directory.models import ServiceStatus

    with transaction() as session:
        session.get_one(Service, services[0].id).status = ServiceStatus.INACTIVE
    client.post(f"/confirm/{TOKEN}", data={"service": str(services[0].id)})
    assert now_of(services[0]).status is ServiceStatus.INACTIVE


def test_changing_leads_to_the_listing(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        listing = make_listing(cast.group, make_content())
        service = db.session.get_one(Service, listing.service_id)
        service.last_confirmed_on = LONG_AGO
    ask_groups()
    token = str(messages()[0].body).split("/confirm/")[1][:43]
    assert f'href="/listings/{listing.id}"' in client.get(f"/confirm/{token}").text
    assert "/sign-in" in client.get(f"/listings/{listing.id}").headers["Location"]


def test_what_waits_for_monday_is_dropped_when_all_is_confirmed_on_sunday(cast: Cast, clock: Traveller) -> None:
    """It goes as long as one of its listings is not confirmed; the way by which it would have gone is not lost."""
    with transaction():
        group = make_organisation("St Mary's", email="office@stmarys.example.org")
        old = [make_service(name, organisation=group, last_confirmed_on=LONG_AGO) for name in ("Tea", "Walks")]
    clock.move_to(dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC))
    ask_groups()
    [waiting] = messages()
    assert waiting.due_at > present.now(), "It is Sunday."
    link = find(sa.select(FreshnessLink))
    confirm_by_link(link_id=link.id, service_id=old[0].id, actor="public")
    assert now_of(waiting).state is MessageState.QUEUED
    confirm_by_link(link_id=link.id, service_id=old[1].id, actor="public")
    assert now_of(waiting).state is MessageState.GIVEN_UP
    clock.move_to(dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC))
    deliver_due()
    assert now_of(waiting).tries == 0
    clock.move_to(dt.datetime(2027, 5, 24, 9, 0, tzinfo=dt.UTC))
    ask_groups()
    assert [one.address for one in messages()] == ["office@stmarys.example.org"] * 2


@pytest.mark.parametrize("way", ["bring back", "publish"])
def test_the_notice_of_being_taken_off_is_dropped_when_it_is_back_before(
    way: str, cast: Cast, clock: Traveller
) -> None:
    with transaction() as session:
        listing = make_listing(session.merge(cast.group), make_content())
        session.get_one(Service, listing.service_id).last_confirmed_on = dt.date(2025, 9, 1)
        session.add(
            Nudge(service_id=listing.service_id, confirmed_on=dt.date(2025, 9, 1), month=6,
                  kind=NudgeKind.STILL_RIGHT, way="e-mail", at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
        )  # fmt: skip
    clock.move_to(dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC))
    ask_groups()
    db.session.rollback()
    [waiting] = messages("freshness-unpublished")
    if way == "bring back":
        bring_back(listing_id=listing.id, actor=cast.gus.actor)
    else:
        with transaction() as session:
            publish(session, locked(session, listing.id), actor=cast.gus.actor)
    assert now_of(waiting).state is MessageState.GIVEN_UP
    assert now_of(listing).shown is Shown.SHOWN


@pytest.mark.parametrize("way", ["link", "publish", "bring back", "allow"])
def test_what_was_away_when_it_became_too_old_comes_back_as_closed_until_its_day(
    way: str, cast: Cast, clock: Traveller
) -> None:
    with transaction():
        listing = make_listing(cast.group, make_content())
    take_away(listing_id=listing.id, return_on=dt.date(2027, 3, 1), actor=cast.gus.actor)
    with transaction() as session:
        shown = Shown.STOPPED if way == "allow" else Shown.UNPUBLISHED
        hide(session, locked(session, listing.id), shown=shown, actor="test", why="")
    if way == "link":
        with transaction() as session:
            confirm(session, service_id=listing.service_id, by="by e-mail link", actor="public")
    elif way == "allow":
        allow_again(listing_id=listing.id, actor=cast.mo.actor)
    elif way == "bring back":
        bring_back(listing_id=listing.id, actor=cast.gus.actor)
    else:
        with transaction() as session:
            publish(session, locked(session, listing.id), actor=cast.gus.actor)
    service = find(sa.select(Service).where(Service.id == listing.service_id))
    if way == "bring back":
        assert (now_of(listing).shown, now_of(listing).return_on) == (Shown.SHOWN, None), "Its editor said: now."
        assert (service.status, service.closed_until) == (ServiceStatus.ACTIVE, None)
        return
    assert (now_of(listing).shown, now_of(listing).return_on) == (Shown.AWAY, dt.date(2027, 3, 1))
    assert (service.status, service.closed_until) == (ServiceStatus.TEMPORARILY_CLOSED, dt.date(2027, 3, 1))
    clock.move_to(dt.datetime(2027, 3, 1, 9, tzinfo=dt.UTC))
    return_due(listing_id=listing.id, actor="job")
    assert now_of(listing).shown is Shown.SHOWN
