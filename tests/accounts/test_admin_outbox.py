"""Administrators see what became of messages, and act; nobody's name, address or words stand on these pages."""

import datetime as dt
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from time_machine import Traveller

from portal.accounts.outbox_words import REPLY_STATES, STATES
from portal.accounts.views.admin.outbox import PAGE
from portal.audit.models import AuditEntry
from portal.core import clock as time
from portal.core import jobs
from portal.core.database import transaction
from portal.messages.addresses import fingerprint_of_any
from portal.messages.inbound import Nature, Reply
from portal.messages.inbound.models import InboundMessage, InboundState
from portal.messages.inbound.operations import take_in
from portal.messages.models import Channel, MessageMove, MessageState, OutboxMessage, Recipient
from portal.messages.operations import hold_messages, queue
from portal.messages.queries import is_held, is_unsafe
from tests.factories.accounts import Cast
from tests.messages.test_inbound import takers as takers
from tests.signing_in import sign_in

SECRETS = ("planted.person", "Planted Name", "planted words", "planted link", "planted answer")
VALUES = {
    "list": "planted words",
    "list_link": "https://a.example.org/planted-link",
    "stop_link": "https://a.example.org/",
}


@pytest.fixture
def ada(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The browser of the administrator."""
    return sign_in(client, cast.ada)


def make(state: MessageState = MessageState.QUEUED, **values: object) -> OutboxMessage:
    """Queue a message and put it into a state."""
    with transaction() as session:
        to = Recipient(Channel.EMAIL, "planted.person@mail.example.org", "Planted Name")
        row = queue(session, wording="shortlist", to=to, values=VALUES, actor="test", cause="referral:planted-id")
        row.state = state
        row.due_at = time.now() + dt.timedelta(days=1)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(
            MessageMove(message_id=row.id, actor="test", from_state=None, to_state=state, answer="planted answer")
        )
    return row


def again(database: SQLAlchemy, row: OutboxMessage) -> OutboxMessage:
    database.session.rollback()
    return database.session.get_one(OutboxMessage, row.id, populate_existing=True)


def page_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["Cache-Control"] == "no-store"
    page = answer.get_data(as_text=True)
    for secret in SECRETS:
        assert secret not in page, (path, secret)
    return page


def act(client: FlaskClient, row: OutboxMessage, name: str) -> str:
    answer = client.post(f"/admin/outbox/{row.id}/{name}", follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_list_says_kind_way_state_and_why(ada: FlaskClient, database: SQLAlchemy) -> None:
    assert "Nothing has been sent yet" in page_of(ada, "/admin/outbox")
    make(MessageState.FAILED, why="The server was away.", tries=3)
    page = page_of(ada, "/admin/outbox")
    for words in ("A shortlist by e-mail", "Will be tried again", "The server was away.", "tried 3 times", "E-mail"):
        assert words in page, words
    assert "example.org" not in page


@pytest.mark.parametrize("state", MessageState)
def test_every_state_has_words_and_a_page(ada: FlaskClient, database: SQLAlchemy, state: MessageState) -> None:
    row = make(state)
    page = page_of(ada, f"/admin/outbox/{row.id}")
    assert STATES[state].text in page
    assert "E-mail, to mail.example.org" in page
    assert "planted-id" not in page
    assert "<p>referral</p>" in page
    assert STATES[state].text in page_of(ada, f"/admin/outbox?state={state.value}")
    other = next(one for one in MessageState if one is not state)
    assert "No message is in this state" in page_of(ada, f"/admin/outbox?state={other.value}")


@pytest.mark.parametrize("query", ["state=x", "page=0", "page=-1", "page=x", "page=99999999999999999999", "state=%00"])
def test_odd_questions_are_answered(ada: FlaskClient, database: SQLAlchemy, query: str) -> None:
    make()
    assert "<h1" in page_of(ada, f"/admin/outbox?{query}")
    assert "<h1" in page_of(ada, f"/admin/outbox/replies?{query}")


def test_the_list_has_pages(ada: FlaskClient, database: SQLAlchemy) -> None:
    for _ in range(PAGE + 1):
        make()
    assert page_of(ada, "/admin/outbox").count('class="mark ') == PAGE
    second = page_of(ada, "/admin/outbox?page=2&state=queued")
    assert second.count('class="mark ') == 1
    assert "/admin/outbox?state=queued&amp;page=1" in second


def test_a_missing_message_is_not_there(ada: FlaskClient) -> None:
    assert ada.get(f"/admin/outbox/{uuid.uuid4()}").status_code == 404
    assert ada.post(f"/admin/outbox/{uuid.uuid4()}/hold").status_code == 404
    assert ada.post(f"/admin/outbox/{uuid.uuid4()}/explode").status_code == 404
    assert ada.post(f"/admin/outbox/replies/{uuid.uuid4()}/offer").status_code == 404


@pytest.mark.parametrize("who", ["rita", "gus", "mo", "lena", "tara", "sam", "cora", "eve"])
def test_others_find_no_such_pages(client: FlaskClient, cast: Cast, database: SQLAlchemy, who: str) -> None:
    row = make(MessageState.FAILED)
    browser = sign_in(client, cast.everybody[who])
    for path in ("/admin/outbox", f"/admin/outbox/{row.id}", "/admin/outbox/addresses", "/admin/outbox/replies"):
        assert browser.get(path).status_code == 404, path
    for path in (f"/admin/outbox/{row.id}/try-now", "/admin/outbox/addresses/unsafe", "/admin/outbox/addresses/safe"):
        assert browser.post(path, data={"address": "a@example.org"}).status_code == 404, path
    assert again(database, row).state is MessageState.FAILED


def test_what_failed_is_tried_now(app: Flask, ada: FlaskClient, database: SQLAlchemy, tmp_path: Path) -> None:
    row = make(MessageState.FAILED)
    assert ">Try again now<" in page_of(ada, f"/admin/outbox/{row.id}")
    assert "Done." in act(ada, row, "try-now")
    assert jobs.settle()
    assert again(database, row).state is MessageState.SENT
    assert len(list((tmp_path / "mail").rglob("*.eml"))) == 1
    assert "Something else has happened" in act(ada, row, "try-now")
    [entry] = database.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == "message:hasten"))
    assert (entry.about_id, entry.actor.partition(":")[0]) == (row.id, "user")


@pytest.mark.parametrize("state", [one for one in MessageState if one is not MessageState.FAILED])
def test_only_what_failed_can_be_tried_now(ada: FlaskClient, database: SQLAlchemy, state: MessageState) -> None:
    row = make(state)
    assert ">Try again now<" not in page_of(ada, f"/admin/outbox/{row.id}")
    assert "Something else has happened" in act(ada, row, "try-now")
    assert again(database, row).state is state


def test_what_may_have_left_is_sent_again_only_with_a_warning(ada: FlaskClient, database: SQLAlchemy) -> None:
    row = make(MessageState.UNSURE)
    page = page_of(ada, f"/admin/outbox/{row.id}")
    assert "it may arrive twice" in page
    assert "Careful: it may have arrived" in page
    act(ada, row, "send-again")
    assert again(database, row).state is MessageState.QUEUED
    arrived, left = make(MessageState.UNSURE), make(MessageState.UNSURE)
    act(ada, arrived, "arrived")
    act(ada, left, "leave")
    assert again(database, arrived).state is MessageState.SENT
    assert again(database, left).state is MessageState.GIVEN_UP
    assert "An administrator decided so." in page_of(ada, f"/admin/outbox/{left.id}")


def test_what_was_wiped_cannot_be_sent_again(ada: FlaskClient, database: SQLAlchemy) -> None:
    row = make(MessageState.GIVEN_UP, wiped_at=time.now(), address=None, body=None)
    assert "Send it again" not in page_of(ada, f"/admin/outbox/{row.id}")
    assert "Something else has happened" in act(ada, row, "send-again")


def test_holding_and_letting_go(ada: FlaskClient, database: SQLAlchemy) -> None:
    row, other = make(), make()
    page = act(ada, row, "hold")
    assert "Let it go" in page
    assert again(database, row).state is MessageState.STOPPED
    assert again(database, other).state is MessageState.QUEUED
    assert "Put it on hold" not in page_of(ada, f"/admin/outbox/{row.id}")
    act(ada, row, "release")
    assert again(database, row).state is MessageState.QUEUED
    acts = set(database.session.scalars(sa.select(AuditEntry.act)))
    assert {"messages:hold", "messages:release"} <= acts


def test_a_hold_of_a_room_is_not_let_go_here(ada: FlaskClient, cast: Cast, database: SQLAlchemy) -> None:
    row = make(hold="person:7")
    with transaction() as session:
        hold_messages(session, hold="person:7", actor=cast.sam.actor)
    page = page_of(ada, f"/admin/outbox/{row.id}")
    assert "Only those who work there can let it go" in page
    assert "Let it go<" not in page
    act(ada, row, "release")
    assert again(database, row).state is MessageState.STOPPED
    assert is_held(database.session(), again(database, row))


@pytest.mark.parametrize("address", ["Planted.Person@Mail.example.org", "07700 900123"])
def test_an_address_is_marked_by_typing_it(ada: FlaskClient, database: SQLAlchemy, address: str) -> None:
    row = make()
    answer = ada.post("/admin/outbox/addresses/unsafe", data={"address": address}, follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert "Nothing is sent to this address any more" in page
    assert address not in page
    assert is_unsafe(database.session(), fingerprint_of_any(address))
    refused = "@" in address
    assert (again(database, row).state is MessageState.REFUSED) == refused
    # The same words again: the page does not tell whether an address was marked before.
    second = ada.post("/admin/outbox/addresses/unsafe", data={"address": address}, follow_redirects=True)
    assert "Nothing is sent to this address any more" in second.get_data(as_text=True)
    ada.post("/admin/outbox/addresses/safe", data={"address": address})
    database.session.rollback()
    assert not is_unsafe(database.session(), fingerprint_of_any(address))
    rows = database.session.scalars(sa.select(AuditEntry).where(AuditEntry.about == "address"))
    assert [entry.act for entry in rows] == ["address:mark-unsafe", "address:mark-unsafe", "address:mark-safe"]


@pytest.mark.parametrize("address", ["", "   ", "x" * 300])
def test_an_address_that_is_missing_is_asked_for(ada: FlaskClient, address: str) -> None:
    answer = ada.post("/admin/outbox/addresses/unsafe", data={"address": address})
    assert 'href="#address"' in answer.get_data(as_text=True)


def reply_to(row: OutboxMessage | None, **values: object) -> InboundMessage:
    answers = (f"<{row.id}@example.org>",) if row else ()
    plain: dict[str, object] = {"channel": Channel.EMAIL, "provider_id": uuid.uuid4().hex, "answers": answers}
    words: dict[str, object] = {"sender": "planted.person@example.org", "text": "planted words"}
    with transaction() as session:
        found = take_in(session, reply=Reply(**{**plain, **words, **values}), actor="test")  # type: ignore[arg-type]
    assert found is not None
    return found


def test_replies_are_listed_without_their_words(ada: FlaskClient, database: SQLAlchemy, takers: dict) -> None:
    assert "None yet" in page_of(ada, "/admin/outbox/replies")
    row = make(MessageState.SENT)
    reply_to(row)
    reply_to(None)
    for nature in (Nature.AUTOMATIC, Nature.BOUNCE, Nature.UNREADABLE):
        reply_to(row, nature=nature)
    page = page_of(ada, "/admin/outbox/replies")
    for state in (InboundState.WAITING, InboundState.AUTOMATIC, InboundState.BOUNCE, InboundState.UNREADABLE):
        assert REPLY_STATES[state].text in page, state
    assert "Answers <a" in page
    assert "It does not say which message it answers" in page
    assert page.count(">Pass it on<") == 1
    assert "2 replies have come in that nobody has taken yet" in page_of(ada, "/admin/outbox")
    assert "A reply came in: nobody has taken it yet" in page_of(ada, f"/admin/outbox/{row.id}")


def test_a_reply_is_passed_on_when_a_room_takes_it(ada: FlaskClient, database: SQLAlchemy, takers: dict) -> None:
    reply = reply_to(make(MessageState.SENT))
    path = f"/admin/outbox/replies/{reply.id}/offer"
    assert "Nobody takes it yet" in ada.post(path, follow_redirects=True).get_data(as_text=True)
    takers["referral"] = lambda *_a, **_k: None
    assert "It is passed on" in ada.post(path, follow_redirects=True).get_data(as_text=True)
    assert "Passed on to: referral" in page_of(ada, "/admin/outbox/replies")


def test_replies_that_were_wiped_say_so(
    ada: FlaskClient, database: SQLAlchemy, clock: Traveller, cast: Cast, takers: dict
) -> None:
    reply_to(make(MessageState.SENT), text="old")
    with transaction() as session:
        session.scalars(sa.select(InboundMessage)).one().wiped_at = time.now()
    page = page_of(ada, "/admin/outbox/replies")
    assert "what it said was wiped" in page
    assert ">Pass it on<" not in page
