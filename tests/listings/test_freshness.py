"""Fifteen months without a word: each message once and on its day, and what residents see meanwhile."""

import datetime as dt
import json
import re
import threading
import uuid
from collections.abc import Iterable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from portal.core.clock import LONDON
from portal.core.database import db, transaction
from portal.directory.models import Service, ServiceStatus
from portal.listings.jobs import ask_groups
from portal.listings.models import FreshnessLink, Listing, Nudge, NudgeKind, Shown
from portal.listings.operations.confirming import confirm_by_link
from portal.listings.operations.freshness import choose_digests, keep_fresh
from portal.messages.models import Channel, OutboxMessage
from tests.accounts.reading import acts, find, look, now_of
from tests.factories import make_location, make_organisation, make_service
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing

ASK, OFF, STAFF = "freshness-ask", "freshness-unpublished", "freshness-unpublished-staff"
D = dt.date


def messages(*wordings: str) -> list[OutboxMessage]:
    """Return what was queued with these wordings, oldest first."""
    statement = sa.select(OutboxMessage).where(OutboxMessage.wording.in_(wordings or (ASK, OFF, STAFF)))
    with look() as session:
        return list(session.scalars(statement.order_by(OutboxMessage.queued_at, OutboxMessage.wording)))


def sent_on(*wordings: str) -> list[tuple[str, dt.date]]:
    """Return the wordings with the London days on which they may leave."""
    return [(one.wording, one.due_at.astimezone(LONDON).date()) for one in messages(*wordings)]


def run_on(clock: Traveller, days: Iterable[dt.date]) -> None:
    """Run the job on these days five minutes after midnight, as the worker does, and once more at noon."""
    for day in days:
        for time in (dt.time(0, 5), dt.time(12)):
            clock.move_to(dt.datetime.combine(day, time, LONDON))
            ask_groups()
    db.session.rollback()


def around(*days: dt.date) -> list[dt.date]:
    """Return each day with the days before and after it."""
    return [day + dt.timedelta(days=step) for day in days for step in (-1, 0, 1)]


def token_in(message: OutboxMessage) -> str:
    found = re.search(r"/confirm/([A-Za-z0-9_-]{43})", json.dumps(message.body))
    assert found, message.body
    return found[1]


def old_service(name: str = "Tea and Chat", **values: object) -> Service:
    """Make a service that no group keeps here, last confirmed on 23 May: due today, Monday 23 November 2026."""
    group = values.pop("organisation", None) or make_organisation("St Mary's", email="office@stmarys.example.org")
    return make_service(name, organisation=group, **{"last_confirmed_on": D(2026, 5, 23), **values})


def test_fifteen_months_without_a_word(client: FlaskClient, cast: Cast, clock: Traveller) -> None:
    with transaction():
        listing = make_listing(cast.group, make_content(name="Biscuit Morning"))
        service_id = listing.service_id
        make_service("Biscuit Evening", summary="A room.", last_confirmed_on=D(2027, 11, 1))
    asked = [D(2027, month, 23) for month in (5, 6, 7, 8, 9, 10, 11, 12)]
    run_on(clock, around(*asked[:6]))
    # 23 May is a Sunday, so that message leaves on Monday; the others on their own day.
    assert sent_on() == [
        (ASK, D(2027, 5, 24)),
        *((ASK, day) for day in asked[1:4]),
        *((ASK, day) for day in asked[4:6]),
    ]
    assert {one.address for one in messages()} == {"gus@example.org"}
    with look() as session:
        assert set(session.scalars(sa.select(Nudge.kind))) == {NudgeKind.STILL_RIGHT}
    assert "stands lower" not in str(messages()[-1].body)

    clock.move_to(dt.datetime(2027, 11, 22, 12, tzinfo=dt.UTC))
    assert "Confirmed by Kitchen Table Carers" in client.get(f"/services/{service_id}").text
    run_on(clock, around(*asked[6:]))
    assert sent_on()[6:] == [(ASK, day) for day in asked[6:]]
    assert "stands lower in the results now" in str(messages()[-1].body)
    assert "On 23 January 2028 it is taken off" in str(messages()[-1].body)
    assert "Not confirmed for 13 months: ring first" in client.get(f"/services/{service_id}").text
    found = client.get("/services?q=biscuit").text
    assert found.index("Biscuit Evening") < found.index("Biscuit Morning")

    run_on(clock, [D(2028, 1, 22)])
    assert len(messages()) == 8
    run_on(clock, [D(2028, 1, 23), D(2028, 1, 24), D(2028, 2, 22), D(2028, 2, 23), D(2028, 2, 24)])
    # 23 January 2028 is a Sunday.
    assert sent_on()[8:] == [(OFF, D(2028, 1, 24)), (STAFF, D(2028, 1, 24))]
    assert messages(STAFF)[0].address == "mo@example.org"
    assert now_of(listing).shown is Shown.UNPUBLISHED
    assert client.get(f"/services/{service_id}").status_code == 404
    assert "Biscuit Morning" not in client.get("/services?q=biscuit").text

    page = client.get(f"/confirm/{token_in(messages(OFF)[0])}").text
    assert "Residents do not see this now" in page
    answer = client.post(f"/confirm/{token_in(messages(OFF)[0])}", data={"service": str(service_id)})
    assert answer.status_code == 303
    assert now_of(listing).shown is Shown.SHOWN
    assert "Confirmed by e-mail link today" in client.get(f"/services/{service_id}").text
    run_on(clock, [D(2028, 3, 24)])
    assert len(messages()) == 10, "It was confirmed, so nobody is asked for six months."


def test_a_listing_of_31_august(cast: Cast, clock: Traveller) -> None:
    with transaction():
        old_service(last_confirmed_on=D(2026, 8, 31))
    days = [D(2027, 2, 28), D(2027, 3, 31), D(2027, 4, 30), D(2027, 5, 31), D(2027, 6, 30)]
    run_on(clock, around(*days))
    # A Sunday, and the bank holiday at the end of May.
    leaves = {D(2027, 2, 28): D(2027, 3, 1), D(2027, 5, 31): D(2027, 6, 1)}
    assert sent_on() == [(ASK, leaves.get(day, day)) for day in days]


def test_one_digest_a_group(cast: Cast, clock: Traveller) -> None:
    with transaction():
        group = make_organisation("St Mary's", email="office@stmarys.example.org")
        for name, day in (("Tea", D(2026, 5, 23)), ("Lunch", D(2026, 6, 5)), ("Walks", D(2026, 5, 10))):
            old_service(name, organisation=group, last_confirmed_on=day)
        make_service("Choir", organisation=group, last_confirmed_on=D(2026, 11, 1))
    ask_groups()
    assert len(messages()) == 1
    body = str(messages()[0].body)
    assert "Tea" in body and "Walks" in body and "Lunch" not in body and "Choir" not in body
    # Lunch is due on 5 December and waits for the group's next message.
    run_on(clock, [D(2026, 12, 5), D(2026, 12, 10), D(2026, 12, 22), D(2026, 12, 23)])
    assert sent_on() == [(ASK, D(2026, 11, 23)), (ASK, D(2026, 12, 23))]
    assert all(name in str(messages()[1].body) for name in ("Tea", "Walks", "Lunch"))


def test_who_is_asked(cast: Cast, clock: Traveller) -> None:
    with transaction():
        long_ago = D(2026, 5, 23)
        own = make_listing(cast.group, make_content(name="Own"), private_email="jo@example.org")
        shared = make_listing(cast.group, make_content(name="Shared"))
        for listing in (own, shared):
            db.session.get_one(Service, listing.service_id).last_confirmed_on = long_ago
        old_service("By text", organisation=make_organisation("Texters", phone="07700 900123"))
        hall = make_location("Old Hall", address_1="2 Lee Road", town="London", postcode="SE3 9RT")
        old_service("By letter", organisation=make_organisation("Writers"), venues=[hall])
        old_service("By phone", organisation=make_organisation("Ringers", phone="020 7946 0999"), venues=[hall])
        refuge = make_location(
            "Refuge", address_1="3 Lee Road", town="London", postcode="SE3 9RT", is_confidential=True
        )
        old_service("Hidden", organisation=make_organisation("Refuge"), venues=[refuge])
    ask_groups()
    found = {(one.channel, one.address): str(one.body) for one in messages()}
    assert set(found) == {
        (Channel.EMAIL, "jo@example.org"),
        (Channel.EMAIL, "gus@example.org"),
        (Channel.SMS, "+447700900123"),
        (Channel.LETTER, "Old Hall\n2 Lee Road\nLondon\nSE3 9RT"),
    }
    assert "Shared" not in found[Channel.EMAIL, "jo@example.org"]
    with look() as session:
        ways = dict(
            session.execute(sa.select(Service.name, Nudge.way).join(Service, Service.id == Nudge.service_id)).all()
        )
    assert (ways["By phone"], ways["Hidden"]) == ("telephone", "no way known")


def test_whoever_wants_no_digests_is_still_told_of_the_end(cast: Cast, clock: Traveller) -> None:
    with transaction():
        service = old_service()
    choose_digests(organisation_id=service.organisation_id, wants=False, actor="public")
    run_on(clock, [D(2026, 11, 23), D(2026, 12, 23), D(2027, 5, 23), D(2027, 7, 22), D(2027, 7, 23), D(2027, 7, 24)])
    assert sent_on() == [(OFF, D(2027, 7, 23)), (STAFF, D(2027, 7, 23))]
    assert now_of(service).status is ServiceStatus.INACTIVE


def test_what_was_old_when_it_came_is_asked_about_first(cast: Cast, clock: Traveller) -> None:
    """What is imported old is not taken off before its group could answer; without a last word, its coming counts."""
    with transaction():
        ancient = old_service("Ancient", last_confirmed_on=D(2020, 1, 1))
        never = old_service("Never", organisation=make_organisation("B", email="b@example.org"), last_confirmed_on=None)
    run_on(clock, [D(2026, 11, 23), D(2026, 12, 23), D(2027, 1, 22)])
    assert [one.wording for one in messages()] == [ASK, ASK]
    assert "On 23 January 2027 it is taken off" in str(messages()[0].body)
    run_on(clock, [D(2027, 1, 23)])
    assert (now_of(ancient).status, now_of(never).status) == (ServiceStatus.INACTIVE, ServiceStatus.ACTIVE)
    run_on(clock, [D(2027, 5, 22), D(2027, 5, 23)])
    assert messages()[-1].address == "b@example.org"


def test_an_import_that_shows_it_again_changes_nothing(cast: Cast, clock: Traveller) -> None:
    with transaction():
        service = old_service()
    run_on(clock, [D(2027, 5, 23), D(2027, 7, 23)])
    with transaction() as session:
        session.get_one(Service, service.id).status = ServiceStatus.ACTIVE
    run_on(clock, [D(2027, 7, 24), D(2027, 8, 23)])
    assert now_of(service).status is ServiceStatus.INACTIVE
    assert [one.wording for one in messages()] == [ASK, OFF, STAFF]


def test_the_last_press_wins_over_the_job(cast: Cast, clock: Traveller) -> None:
    """What was stopped by a moderator does not come back by a link, and is not asked about."""
    with transaction():
        listing = make_listing(cast.group, make_content(), shown=Shown.STOPPED)
        db.session.get_one(Service, listing.service_id).last_confirmed_on = D(2025, 1, 1)
    ask_groups()
    assert messages() == []


def test_two_workers_at_once(app: Flask, cast: Cast, clock: Traveller) -> None:
    with transaction():
        service = old_service()
    organisation_id = service.organisation_id
    db.session.remove()
    start = threading.Barrier(2)
    failed: list[Exception] = []

    def work() -> None:
        with app.app_context():
            start.wait(timeout=20)
            try:
                keep_fresh(organisation_id=organisation_id, actor="job:test")
            except Exception as error:
                failed.append(error)
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []
    assert len(messages()) == 1
    assert find(sa.select(sa.func.count()).select_from(Nudge)) == 1


def test_a_group_that_fails_does_not_keep_the_others_waiting(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from portal.listings import jobs

    with transaction():
        first = old_service()
        old_service("Other", organisation=make_organisation("Other", email="other@example.org"))
    broken: uuid.UUID = first.organisation_id
    works = keep_fresh

    def keep(*, organisation_id: uuid.UUID, actor: str) -> None:
        if organisation_id == broken:
            raise ValueError("office@stmarys.example.org")
        works(organisation_id=organisation_id, actor=actor)

    monkeypatch.setattr(jobs, "keep_fresh", keep)
    with pytest.raises(RuntimeError, match="1 groups"):
        ask_groups()
    assert [one.address for one in messages()] == ["other@example.org"]
    assert "office@" not in caplog.text


def test_links_are_forgotten_a_year_after_they_ended(cast: Cast, clock: Traveller) -> None:
    with transaction():
        service = old_service()
    ask_groups()
    link = find(sa.select(FreshnessLink))
    assert link.token_hash != token_in(messages()[0]), "Only the hash is kept."
    confirm_by_link(link_id=link.id, service_id=service.id, actor="public")
    assert "service:confirm" in acts(service.id)
    run_on(clock, [D(2028, 6, 1)])
    assert find(sa.select(FreshnessLink.id).where(FreshnessLink.id == link.id)) is None


def test_the_opportunity_beside_a_listing_is_not_asked_about(cast: Cast) -> None:
    from portal.directory.models import ServiceKind

    with transaction():
        old_service("Helpers wanted", kind=ServiceKind.VOLUNTEERING, is_kept_by_group=True)
        listing = make_listing(cast.group, make_content())
        db.session.get_one(Service, listing.service_id).last_confirmed_on = D(2026, 5, 23)
    ask_groups()
    assert [one.address for one in messages()] == ["gus@example.org"]
    assert find(sa.select(sa.func.count()).select_from(Listing)) == 1
