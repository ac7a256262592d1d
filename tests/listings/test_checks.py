"""Checks of a group: who notes them, reminders, what follows when they end or expire; and help given."""

import datetime as dt
import threading
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from portal.core import clock as site_clock
from portal.core.database import db, transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Organisation, Service
from portal.listings import publishing
from portal.listings.content import Sending
from portal.listings.models import CheckKind, GroupHelp, Listing, OrganisationCheck
from portal.listings.operations.checks import SeenCheck, end_check, mind_checks, note_check
from portal.listings.operations.drafts import locked
from portal.listings.operations.history import append_version
from portal.listings.queries.groups import may_take_introductions, missing_checks
from portal.messages.models import OutboxMessage
from tests.accounts.reading import acts, find, look, now_of
from tests.factories.accounts import Cast
from tests.factories.listings import make_content, make_listing
from tests.signing_in import sign_in

TODAY = dt.date(2026, 11, 23)


def seen(cast: Cast, kind: CheckKind, expires_on: dt.date | None = None, **rest: Any) -> Any:
    check = SeenCheck(kind=kind, seen_on=rest.pop("seen_on", site_clock.today()), expires_on=expires_on, **rest)
    return note_check(organisation_id=cast.group.id, seen=check, actor=cast.mo.actor)


def service_with_introductions(cast: Cast) -> Service:
    """Publish a listing of the cast's group that asks for introductions."""
    from portal.listings.models import ListingState, Shown

    content = make_content(sending=Sending.INTRODUCTION, introduction_email="in@example.org")
    with transaction() as session:
        listing = make_listing(
            session.merge(cast.group), content=content, state=ListingState.PUBLISHED, shown=Shown.SHOWN
        )
        session.flush()
        append_version(session, listing, act="published", from_state=None, actor="test", why="")
        service = session.get_one(Service, listing.service_id)
        service.takes_introductions = False
    db.session.rollback()
    return service


def subjects(wording: str) -> list[str]:
    with look() as session:
        found = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.wording == wording)).all()
    return sorted(f"{message.address}: {message.subject}" for message in found)


def test_all_that_is_needed_and_no_less(cast: Cast) -> None:
    assert missing_checks(cast.group.id, visits_homes=True) == list(CheckKind)
    seen(cast, CheckKind.SAFEGUARDING)
    assert not may_take_introductions(cast.group.id, visits_homes=False)
    seen(cast, CheckKind.INSURANCE, TODAY + dt.timedelta(days=100))
    assert may_take_introductions(cast.group.id, visits_homes=False)
    assert not may_take_introductions(cast.group.id, visits_homes=True)
    seen(cast, CheckKind.DBS, is_needed=False, note="Never alone with anybody.")
    assert may_take_introductions(cast.group.id, visits_homes=True)
    assert acts(cast.group.id) == ["check:see"] * 3


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("seen_on", {"seen_on": TODAY + dt.timedelta(days=1)}),
        ("expires_on", {"expires_on": TODAY - dt.timedelta(days=1)}),
        ("note", {"is_needed": False}),
    ],
)
def test_what_cannot_be(field: str, wrong: dict[str, Any], cast: Cast) -> None:
    with pytest.raises(RefusedChangeError) as refused:
        seen(cast, CheckKind.INSURANCE, **wrong)
    assert refused.value.field == field


def test_introductions_end_at_expiry_and_come_back(cast: Cast, clock: Traveller) -> None:
    service = service_with_introductions(cast)
    seen(cast, CheckKind.SAFEGUARDING)
    assert not now_of(service).takes_introductions
    seen(cast, CheckKind.INSURANCE, TODAY + dt.timedelta(days=10))
    assert now_of(service).takes_introductions, "The group asked for them when it published."
    clock.move_to(dt.datetime(2026, 12, 3, 23, 58, tzinfo=dt.UTC))
    mind_checks()
    assert now_of(service).takes_introductions, "The day of expiry is the last."
    assert may_take_introductions(cast.group.id, visits_homes=False)
    db.session.rollback()
    clock.move_to(dt.datetime(2026, 12, 4, 0, 1, tzinfo=dt.UTC))
    assert not may_take_introductions(cast.group.id, visits_homes=False)
    mind_checks()
    assert not now_of(service).takes_introductions
    renewed = seen(cast, CheckKind.INSURANCE, dt.date(2027, 12, 3))
    assert now_of(service).takes_introductions
    assert end_check(check_id=renewed, actor=cast.mo.actor) == cast.group.id
    assert not now_of(service).takes_introductions
    with pytest.raises(RefusedChangeError):
        end_check(check_id=renewed, actor=cast.mo.actor)


def test_two_reminders_each_once(cast: Cast, clock: Traveller) -> None:
    with transaction() as session:
        session.get_one(Organisation, cast.group.id).email = "kitchen@example.org"
    seen(cast, CheckKind.INSURANCE, TODAY + dt.timedelta(days=100))
    sent = []
    for day in range(102):
        clock.move_to(dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC) + dt.timedelta(days=day))
        if day in {39, 40, 41, 85, 86, 87, 100, 101}:
            mind_checks()
            mind_checks()
            sent.append((day, len(subjects("check-reminder")), len(subjects("moderators-look"))))
    assert sent == [(39, 0, 0), (40, 1, 1), (41, 1, 1), (85, 1, 1), (86, 2, 2), (87, 2, 2), (100, 2, 2), (101, 2, 2)]
    assert subjects("check-reminder")[0].startswith(
        "kitchen@example.org: Kitchen Table Carers: please show us your ins"
    )


def test_a_check_of_few_days_reminds_once(cast: Cast, clock: Traveller) -> None:
    seen(cast, CheckKind.INSURANCE, TODAY + dt.timedelta(days=10))
    for day in range(4):
        clock.move_to(dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC) + dt.timedelta(days=day))
        mind_checks()
    assert len(subjects("moderators-look")) == 1


def test_a_moderator_notes_checks_and_help(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.mo)
    path = f"/moderation/groups/{cast.group.id}"
    assert "Kitchen Table Carers" in client.get("/moderation/groups?q=kitchen").text
    empty = client.post(f"{path}/checks", data={"expires_on": "soon"}).text
    for words in ("Choose what you have seen", "Enter the day on which you saw it", "Enter the day in full"):
        assert words in empty
    form = {"kind": "insurance", "seen_on": "23/11/2026", "expires_on": "2027-11-23", "note": "<i>AXA</i>"}
    assert client.post(f"{path}/checks", data=form).status_code == 303
    page = client.get(path).text
    assert "by Mo Malik" in page
    assert "&lt;i&gt;AXA&lt;/i&gt;" in page
    assert "Gus Green" in page
    assert "gus@example.org" not in page
    check = find(sa.select(OrganisationCheck))
    assert "Enter how many minutes" in client.post(f"{path}/help", data={"minutes": "lots", "what": "Rang"}).text
    given = {
        "given_on": "2026-11-20",
        "minutes": "90",
        "what": "Helped with a bank account",
        "came_of_it": "It has one",
    }
    assert client.post(f"{path}/help", data=given).status_code == 303
    assert find(sa.select(GroupHelp.minutes)) == 90
    assert "It has one" in client.get(path).text
    assert client.post(f"/moderation/checks/{check.id}/end").status_code == 303
    assert now_of(check).ended_at is not None
    for name in ("gus", "rita", "lena", "ada"):
        sign_in(client, cast.everybody[name])
        assert client.get(path).status_code == 404
        assert client.get("/moderation/groups").status_code == 404
        assert client.post(f"{path}/checks", data=form).status_code == 404
        assert client.post(f"{path}/help", data=given).status_code == 404
        assert client.post(f"/moderation/checks/{check.id}/end").status_code == 404


def test_a_check_that_ends_while_a_listing_is_published_leaves_no_introductions(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The publisher has read the checks when somebody ends one: that waits, and finds what was published."""
    service = service_with_introductions(cast)
    seen(cast, CheckKind.SAFEGUARDING)
    ends = seen(cast, CheckKind.INSURANCE)
    service_id, gus, mo = service.id, cast.gus.actor, cast.mo.actor
    listing_id: uuid.UUID = find(sa.select(Listing.id).where(Listing.service_id == service_id))
    # The publisher reads the service for the first time, as in a request of its own.
    db.session.remove()
    started, ended = threading.Event(), threading.Event()

    def end() -> None:
        with app.app_context():
            started.wait(timeout=20)
            end_check(check_id=ends, actor=mo)
            db.session.remove()
        ended.set()

    def pause(organisation_id: uuid.UUID, visits_homes: bool) -> bool:
        found = may_take_introductions(organisation_id, visits_homes)
        started.set()
        ended.wait(timeout=0.3)
        return found

    monkeypatch.setattr(publishing, "may_take_introductions", pause)
    thread = threading.Thread(target=end)
    thread.start()
    with transaction() as session:
        publishing.publish(session, locked(session, listing_id), actor=gus)
    thread.join(timeout=60)
    assert ended.is_set()
    assert find(sa.select(Service.takes_introductions).where(Service.id == service_id)) is False


def test_a_check_is_noted_while_a_listing_is_published(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who notes it waits for the publisher, and the publisher, whose new rows refer to the group, not for them."""
    service = service_with_introductions(cast)
    seen(cast, CheckKind.SAFEGUARDING)
    seen(cast, CheckKind.INSURANCE)
    service_id, group_id, gus = service.id, service.organisation_id, cast.gus.actor
    listing_id: uuid.UUID = find(sa.select(Listing.id).where(Listing.service_id == service_id))
    mo = cast.mo.actor
    db.session.remove()
    started, ended = threading.Event(), threading.Event()

    def note() -> None:
        today = site_clock.today()
        check = SeenCheck(kind=CheckKind.INSURANCE, seen_on=today, expires_on=today + dt.timedelta(days=300))
        with app.app_context():
            started.wait(timeout=20)
            note_check(organisation_id=group_id, seen=check, actor=mo)
            db.session.remove()
        ended.set()

    def pause(organisation_id: uuid.UUID, visits_homes: bool) -> bool:
        started.set()
        ended.wait(timeout=0.3)
        return may_take_introductions(organisation_id, visits_homes)

    monkeypatch.setattr(publishing, "may_take_introductions", pause)
    thread = threading.Thread(target=note)
    thread.start()
    with transaction() as session:
        publishing.publish(session, locked(session, listing_id), actor=gus)
        # As PostgreSQL itself does for a row that refers to the group.
        refers = sa.select(Organisation.id).where(Organisation.id == group_id)
        session.execute(refers.with_for_update(read=True, key_share=True))
    thread.join(timeout=60)
    assert ended.is_set()
