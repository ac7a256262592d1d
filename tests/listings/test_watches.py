"""Asking to be told: only a confirmed address is written to, one press stops it, and nobody learns who asked."""

import datetime as dt
import json
import re
import uuid

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from time_machine import Traveller

from portal.core.database import transaction
from portal.listings.models import Watch
from portal.listings.operations.watches import forget_unconfirmed
from portal.listings.watching import WORDINGS, tell_watchers
from portal.messages.models import OutboxMessage
from tests.accounts.reading import acts, find, last_message
from tests.factories import make_organisation, make_service

ADDRESS = "rita@example.org"


@pytest.fixture
def service_id(database: SQLAlchemy) -> uuid.UUID:
    with transaction():
        service = make_service("Chair Yoga at evil.example", organisation=make_organisation())
    return service.id


def link_in(message: OutboxMessage, kind: str) -> str:
    found = re.search(rf"/services/tell-me/{kind}/[A-Za-z0-9_-]+", json.dumps(message.body))
    assert found, message.body
    return found[0]


def count(model: type = OutboxMessage) -> int:
    return int(find(sa.select(sa.func.count()).select_from(model)))


def ask(client: FlaskClient, service_id: uuid.UUID, address: str = ADDRESS) -> None:
    assert client.post(f"/services/{service_id}/tell-me", data={"email": address}).status_code == 303


def tell(service_id: uuid.UUID, what: str) -> int:
    with transaction() as session:
        return tell_watchers(session, service_id=service_id, what=what, actor="test")


def confirmed(client: FlaskClient, service_id: uuid.UUID) -> None:
    ask(client, service_id)
    assert client.post(link_in(last_message(), "confirm")).status_code == 303


def test_an_address_is_told_once_it_said_yes(client: FlaskClient, service_id: uuid.UUID) -> None:
    assert "Tell me when places open" in client.get(f"/services/{service_id}").text
    ask(client, service_id)
    assert "Look into your e-mail" in client.get(f"/services/{service_id}/tell-me/sent").text
    link = link_in(last_message(), "confirm")
    for _look in range(2):
        assert "Yes, tell me" in client.get(link).text
    assert tell(service_id, "places") == 0
    assert client.post(link).status_code == 303
    assert "We will tell you" in client.get(link).text
    assert tell(service_id, "places") == 1
    message = last_message()
    assert (message.wording, message.address) == ("watch-places", ADDRESS)
    assert "evil. example" in str(message.body)
    assert "evil.example" not in str(message.body) + str(message.subject)


def test_one_press_stops_and_wipes_the_address(client: FlaskClient, service_id: uuid.UUID) -> None:
    confirmed(client, service_id)
    links = set()
    for what in WORDINGS:
        assert tell(service_id, what) == 1
        links.add(link_in(last_message(), "stop"))
    assert len(links) == 1
    stop = links.pop()
    assert "Do not tell me any more" in client.get(stop).text
    assert count(Watch) == 1
    assert client.post(stop).status_code == 303
    assert count(Watch) == 0
    assert tell(service_id, "closed") == 0
    for _again in range(2):
        answer = client.post(stop)
        assert answer.status_code == 404
        assert "We do not tell you about this" in answer.text
    assert acts()[-3:] == ["watch:ask", "watch:confirm", "watch:stop"]


def test_several_changes_within_an_hour_are_one_message(client: FlaskClient, service_id: uuid.UUID) -> None:
    confirmed(client, service_id)
    assert [tell(service_id, "changed") for _each in range(3)] == [1, 0, 0]
    wait = last_message().due_at - last_message().queued_at
    assert dt.timedelta(minutes=59) < wait <= dt.timedelta(hours=1)
    assert [tell(service_id, "cancelled") for _each in range(2)] == [1, 1]
    with pytest.raises(KeyError):
        tell(service_id, "sold")


def test_nobody_learns_who_asked_and_nobody_is_flooded(
    client: FlaskClient, service_id: uuid.UUID, database: SQLAlchemy
) -> None:
    with transaction():
        services = [make_service(f"Tea {number}", organisation=make_organisation()) for number in range(3)]
    others = [service.id for service in services]
    confirmed(client, service_id)
    page, before = client.get(f"/services/{service_id}/tell-me/sent").text, count()
    ask(client, service_id)
    assert count() == before
    assert client.get(f"/services/{service_id}/tell-me/sent").text == page
    for other in others:
        ask(client, other)
    assert count() == 3
    assert client.post(f"/services/{uuid.uuid4()}/tell-me", data={"email": ADDRESS}).status_code == 404
    assert (
        "Enter an e-mail address in full" in client.post(f"/services/{service_id}/tell-me", data={"email": "rita"}).text
    )
    answers = [client.post(f"/services/{service_id}/tell-me", data={"email": ADDRESS}).status_code for _n in range(8)]
    assert answers[-1] == 429


def test_what_nobody_confirmed_is_forgotten_after_seven_days(
    client: FlaskClient, service_id: uuid.UUID, clock: Traveller
) -> None:
    ask(client, service_id)
    link = link_in(last_message(), "confirm")
    clock.shift(dt.timedelta(days=7, minutes=-1))
    assert forget_unconfirmed(actor="job:watches.forget") == 0
    clock.shift(dt.timedelta(minutes=2))
    assert forget_unconfirmed(actor="job:watches.forget") == 1
    assert "This link has ended" in client.get(link).text
    assert client.post(link).status_code == 404
