"""Replies: taken in once, matched to our message, given to the room it came from; and the signed way in."""

import datetime as dt
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session
from time_machine import Traveller
from werkzeug.test import TestResponse

from portal.audit.models import AuditEntry
from portal.core import clock as time
from portal.core.database import transaction
from portal.core.settings import Settings
from portal.messages import inbound
from portal.messages.addresses import fingerprint_of
from portal.messages.inbound import Nature, Reply, find_tagged, reply_address, take_replies
from portal.messages.inbound.models import InboundMessage, InboundState
from portal.messages.inbound.operations import KEPT_FOR, offer_again, take_in, wipe_old_replies
from portal.messages.models import Channel, MessageMove, MessageState, OutboxMessage

SECRET = "a secret of the provider and us"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, inbound_secret=SECRET, mailbox_url="imap://replies%40example.org:p@127.0.0.1/INBOX")


@pytest.fixture
def takers() -> Iterator[dict[str, Any]]:
    """The rooms that take replies; as it was after the test."""
    before = dict(inbound._takers)
    inbound._takers.clear()
    yield inbound._takers
    inbound._takers.clear()
    inbound._takers.update(before)


def make_message(
    address: str = "rita@example.org",
    channel: Channel = Channel.EMAIL,
    cause: str = "introduction:7",
    state: MessageState = MessageState.SENT,
    **values: Any,
) -> OutboxMessage:
    """Store a message that has left."""
    now = time.now()
    row = OutboxMessage(
        wording="x", channel=channel, address=address, address_fingerprint=fingerprint_of(channel, address),
        cause=cause, state=state, queued_by="test", first_tried_at=values.pop("first_tried_at", now), **values,
    )  # fmt: skip
    with transaction() as session:
        session.add(row)
    return row


def answer_to(message: OutboxMessage | None, text: str = "Yes", **values: Any) -> Reply:
    answers = (f"<{message.id}@example.org>",) if message else ()
    plain: dict[str, Any] = {"sender": "rita@example.org", "provider_id": uuid.uuid4().hex, "answers": answers}
    return Reply(**{"channel": Channel.EMAIL, "text": text, **plain, **values})


def take(reply: Reply) -> InboundMessage | None:
    with transaction() as session:
        return take_in(session, reply=reply, actor="test")


def stored(database: SQLAlchemy) -> list[InboundMessage]:
    database.session.rollback()
    return list(database.session.scalars(sa.select(InboundMessage).order_by(InboundMessage.received_at)))


# --- Matching and giving


def test_a_room_takes_its_reply_in_the_same_transaction(database: SQLAlchemy, takers: dict[str, Any]) -> None:
    taken: list[tuple[str | None, str, str, bool]] = []

    def keep(session: Session, *, reply: InboundMessage, about: str, actor: str) -> None:
        taken.append((reply.text, about, actor, reply.is_from_recipient))

    take_replies("introduction", keep)
    take(answer_to(make_message(), "Yes, gladly"))
    assert taken == [("Yes, gladly", "7", "test", True)]
    [row] = stored(database)
    assert (row.state, row.given_to, row.text, row.sender) == (InboundState.GIVEN, "introduction", None, None)
    assert row.wiped_at is not None


def test_without_a_taker_it_waits_and_can_be_offered_again(database: SQLAlchemy, takers: dict[str, Any]) -> None:
    take(answer_to(make_message(), "Yes"))
    [row] = stored(database)
    assert (row.state, row.text) == (InboundState.WAITING, "Yes")
    with transaction() as session:
        assert offer_again(session, row=session.get_one(InboundMessage, row.id), actor="user:1") is False
    taken = []
    take_replies("introduction", lambda session, *, reply, about, actor: taken.append(reply.text))
    with transaction() as session:
        assert offer_again(session, row=session.get_one(InboundMessage, row.id), actor="user:1") is True
        assert offer_again(session, row=session.get_one(InboundMessage, row.id), actor="user:1") is False
    assert taken == ["Yes"]
    assert stored(database)[0].state is InboundState.GIVEN


def test_a_room_that_fails_loses_nothing_and_leaves_nothing(database: SQLAlchemy, takers: dict[str, Any]) -> None:
    def fail(session: Session, **_rest: Any) -> None:
        session.add(InboundMessage(channel=Channel.SMS, provider_id="half done", sender_fingerprint=""))
        session.flush()
        raise RuntimeError("broken above")

    take_replies("introduction", fail)
    take(answer_to(make_message(), "Please ring me"))
    [row] = stored(database)
    assert (row.state, row.text) == (InboundState.WAITING, "Please ring me")


@pytest.mark.parametrize("cause", ["", "introduction", "other:7"])
def test_replies_of_other_rooms_are_not_given(database: SQLAlchemy, takers: dict[str, Any], cause: str) -> None:
    take_replies("introduction", lambda *_a, **_k: pytest.fail("not for this room"))
    take(answer_to(make_message(cause=cause)))
    assert stored(database)[0].state is InboundState.WAITING


def test_who_it_comes_from_is_compared(database: SQLAlchemy, takers: dict[str, Any]) -> None:
    message = make_message("Rita@Example.org")
    take(answer_to(message))
    take(answer_to(message, sender="mallory@example.org"))
    assert [row.is_from_recipient for row in stored(database)] == [True, False]


def test_the_signed_tag_names_the_message(app: Flask, database: SQLAlchemy, takers: dict[str, Any]) -> None:
    message = make_message()
    address = reply_address(message.id)
    tag = address.partition("+")[2].partition("@")[0]
    assert address.startswith("replies+")
    assert len(address.partition("@")[0]) <= 64  # RFC 5321, section 4.5.3.1.1
    assert find_tagged(tag) == find_tagged(tag.upper()) == message.id
    take(answer_to(None, tags=(tag,)))
    assert stored(database)[0].answers_id == message.id


def test_a_forged_tag_names_nothing(app: Flask, database: SQLAlchemy, takers: dict[str, Any]) -> None:
    message = make_message()
    tag = reply_address(message.id).partition("+")[2].partition("@")[0]
    other = reply_address(uuid.uuid4()).partition("+")[2].partition("@")[0]
    for place in range(len(tag) - 1):
        changed = tag[:place] + ("a" if tag[place] != "a" else "b") + tag[place + 1 :]
        assert find_tagged(changed) is None, place
    # The id of one message with the proof of another, and what is no tag at all.
    for forged in (tag[:25] + other[25:], tag[:-4], tag + "aaaa", "", "1890", "é" * 42, "a" * 42):
        assert find_tagged(forged) is None, forged


def test_without_a_mailbox_there_is_no_reply_address(app: Flask, settings: Settings) -> None:
    for url in ("", "imap://replies:p@127.0.0.1/"):
        app.extensions["settings"] = replace(settings, mailbox_url=url)
        with app.app_context():
            assert reply_address(uuid.uuid4()) == ""


def test_our_message_is_found_by_any_message_id(database: SQLAlchemy, takers: dict[str, Any]) -> None:
    message = make_message()
    ids = ("<x@example.org>", "<" + str(uuid.uuid4()) + "@example.org>", f"<{message.id}@other.example.org>")
    take(answer_to(None, answers=ids))
    assert stored(database)[0].answers_id == message.id


def test_a_text_message_answers_the_last_one_to_that_number(
    database: SQLAlchemy, takers: dict[str, Any], clock: Traveller
) -> None:
    make_message("07700 900123", Channel.SMS, "introduction:1")
    clock.shift(dt.timedelta(days=1))
    last = make_message("+44 7700 900123", Channel.SMS, "introduction:2")
    make_message("07700 900999", Channel.SMS, "introduction:3")
    make_message("07700 900123", Channel.SMS, "introduction:4", MessageState.QUEUED, first_tried_at=None)
    clock.shift(dt.timedelta(days=1))
    sms: dict[str, Any] = {"channel": Channel.SMS, "sender": "+447700900123", "answers": ()}
    take(answer_to(None, **sms))
    assert stored(database)[0].answers_id == last.id
    clock.shift(dt.timedelta(days=31))
    take(answer_to(None, **sms))
    assert stored(database)[1].answers_id is None


def test_a_message_of_another_channel_is_not_answered(database: SQLAlchemy, takers: dict[str, Any]) -> None:
    take(answer_to(make_message("07700 900123", Channel.SMS)))
    assert stored(database)[0].answers_id is None


# --- Programs and reports


@pytest.mark.parametrize(
    ("nature", "state"),
    [
        (Nature.AUTOMATIC, InboundState.AUTOMATIC),
        (Nature.BOUNCE, InboundState.BOUNCE),
        (Nature.UNREADABLE, InboundState.UNREADABLE),
    ],
)
def test_of_what_no_person_wrote_only_the_fact_is_kept(
    database: SQLAlchemy, takers: dict[str, Any], nature: Nature, state: InboundState
) -> None:
    take_replies("introduction", lambda *_a, **_k: pytest.fail("nobody wrote this"))
    take(answer_to(make_message(), "I am in hospital", nature=nature))
    [row] = stored(database)
    assert (row.state, row.text, row.sender, row.attachments) == (state, None, None, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MessageState.SENT, MessageState.BOUNCED),
        (MessageState.UNSURE, MessageState.BOUNCED),
        (MessageState.BOUNCED, MessageState.BOUNCED),
        (MessageState.QUEUED, MessageState.QUEUED),
        (MessageState.REFUSED, MessageState.REFUSED),
    ],
)
def test_a_report_of_failure_is_noted_at_our_message(
    database: SQLAlchemy, takers: dict[str, Any], before: MessageState, after: MessageState
) -> None:
    message = make_message(state=before)
    take(answer_to(message, nature=Nature.BOUNCE))
    database.session.rollback()
    assert database.session.get_one(OutboxMessage, message.id, populate_existing=True).state is after
    moves = list(database.session.scalars(sa.select(MessageMove).where(MessageMove.message_id == message.id)))
    assert len(moves) == (before is not after)


# --- Once, sealed, wiped, audited


def test_the_same_message_is_taken_in_once(database: SQLAlchemy, takers: dict[str, Any]) -> None:
    taken = []
    take_replies("introduction", lambda session, *, reply, about, actor: taken.append(reply.id))
    reply = answer_to(make_message())
    assert take(reply) is not None
    assert take(reply) is None
    assert len(stored(database)) == len(taken) == 1
    assert take(replace(reply, channel=Channel.SMS)) is not None


def test_many_at_once_store_it_once(app: Flask, database: SQLAlchemy, takers: dict[str, Any]) -> None:
    reply, barrier, results = answer_to(make_message()), threading.Barrier(6), []

    def run() -> None:
        with app.app_context():
            barrier.wait()
            results.append(take(reply) is not None)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 5 + [True]
    assert len(stored(database)) == 1


def test_what_came_in_is_sealed(database: SQLAlchemy, takers: dict[str, Any]) -> None:
    take(answer_to(None, "planted secret words", sender="planted@example.org", attachments=("planted.pdf",)))
    [row] = database.session.execute(sa.text("SELECT * FROM inbound_message"))
    assert "planted" not in str(tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row))


def test_what_nobody_takes_is_wiped_after_ninety_days(
    database: SQLAlchemy, takers: dict[str, Any], clock: Traveller
) -> None:
    take(answer_to(None, "Old"))
    clock.shift(KEPT_FOR - dt.timedelta(hours=1))
    with transaction() as session:
        assert wipe_old_replies(session, actor="test") == 0
    clock.shift(dt.timedelta(hours=2))
    with transaction() as session:
        assert wipe_old_replies(session, actor="test") == 1
        assert wipe_old_replies(session, actor="test") == 0
    [row] = stored(database)
    assert (row.text, row.sender, row.state) == (None, None, InboundState.WAITING)


def test_taking_in_is_audited_without_words(database: SQLAlchemy, takers: dict[str, Any]) -> None:
    row = take(answer_to(None, "planted words"))
    assert row is not None
    [entry] = database.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == "reply:take-in"))
    assert (entry.actor, entry.about_id) == ("test", row.id)
    assert "planted" not in str(entry.after)


# --- The signed way in


def sign(body: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    moment = str(int(time.now().timestamp() if at is None else at))
    made = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Portal-Timestamp": moment, "X-Portal-Signature": f"sha256={made}"}


def sms(**values: Any) -> bytes:
    # As GOV.UK Notify hands in a text message that somebody sent.
    return json.dumps(
        {"id": "d9c0e0f8-1", "source_number": "447700900123", "destination_number": "07700900900", "message": "Yes",
         "date_received": "2026-11-23T09:00:00.000000Z", **values}
    ).encode()  # fmt: skip


def post(client: FlaskClient, body: bytes, headers: dict[str, str], path: str = "sms", kind: str = "application/json"):
    options: dict[str, Any] = {"data": body, "headers": headers, "content_type": kind, "token": False}
    answer: TestResponse = client.post(f"/messages/inbound/{path}", **options)
    return answer


MAIL = b"From: rita@example.org\nMessage-ID: <a@example.org>\n\nYes\n"


def test_a_signed_text_message(client: FlaskClient, database: SQLAlchemy, takers: dict[str, Any]) -> None:
    message = make_message("07700 900123", Channel.SMS)
    answer = post(client, sms(), sign(sms()))
    assert (answer.status_code, answer.get_json()) == (200, {"kept": True})
    [row] = stored(database)
    assert (row.text, row.sender, row.answers_id) == ("Yes", "+447700900123", message.id)
    # The provider asks again when it did not hear our answer.
    assert post(client, sms(), sign(sms())).get_json() == {"kept": False}
    assert len(stored(database)) == 1


def test_notify_shows_its_token(client: FlaskClient, database: SQLAlchemy, takers: dict[str, Any]) -> None:
    assert post(client, sms(), {"Authorization": f"Bearer {SECRET}"}).status_code == 200
    for shown in (f"Bearer {SECRET}x", "Bearer ", f"Basic {SECRET}", SECRET, f"Bearer {SECRET[:-1]}", "Bearer \xe9"):
        assert post(client, sms(id="2"), {"Authorization": shown}).status_code == 403, shown
    assert len(stored(database)) == 1


def test_the_token_alone_opens_no_way_for_mail(client: FlaskClient, database: SQLAlchemy) -> None:
    headers = {"Authorization": f"Bearer {SECRET}"}
    assert post(client, MAIL, headers, "email", "message/rfc822").status_code == 403


def test_a_signed_mail(client: FlaskClient, database: SQLAlchemy, takers: dict[str, Any]) -> None:
    assert post(client, MAIL, sign(MAIL), "email", "message/rfc822").get_json() == {"kept": True}
    [row] = stored(database)
    assert (row.text, row.sender, row.channel) == ("Yes", "rita@example.org", Channel.EMAIL)


def test_what_is_not_well_signed_is_refused(client: FlaskClient, database: SQLAlchemy) -> None:
    body, now = sms(), time.now().timestamp()
    good = sign(body)
    wrong = [
        {},
        sign(body, secret="another"),
        sign(body, secret=""),
        sign(sms(message="No")),
        sign(body, now - 310),
        sign(body, now + 400),
        {**good, "X-Portal-Timestamp": str(int(now) - 1)},
        {**good, "X-Portal-Timestamp": "nan"},
        {**good, "X-Portal-Timestamp": "-1"},
        {**good, "X-Portal-Timestamp": "١٢٣"},
        {**good, "X-Portal-Signature": good["X-Portal-Signature"][7:]},
        {**good, "X-Portal-Signature": "sha256="},
        {**good, "X-Portal-Signature": good["X-Portal-Signature"].upper()},
    ]
    for number, headers in enumerate(wrong):
        for path in ("sms", "email"):
            assert post(client, body, headers, path).status_code == 403, (number, path)
    assert stored(database) == []
    assert post(client, body, sign(body, now - 200)).status_code == 200


def test_without_a_secret_nothing_is_there(app: Flask, client: FlaskClient, settings: Settings) -> None:
    app.extensions["settings"] = replace(settings, inbound_secret="")
    for path in ("sms", "email"):
        for headers in (sign(sms()), sign(sms(), secret=""), {"Authorization": "Bearer "}):
            assert post(client, sms(), headers, path).status_code == 404


WRONG = [
    b"", b"x", b"[]", b"null", b"1", b'"x"', b"{}", b"\xff\xfe", b"[" * 15_000, b'{"a":' * 3_000, b"NaN",
    sms(id=1), sms(id=None), sms(id=""), sms(id="x" * 201), sms(id="a b"), sms(id={"$ne": 1}), sms(id=["x"]),
    sms(id="\x00"),
    sms(source_number=447700900123), sms(source_number=""), sms(source_number="x"), sms(source_number="+" * 9),
    sms(source_number="4" * 16), sms(source_number="٤٤٧٧٠٠٩٠٠١٢٣"), sms(source_number="07700 900123\r\nBcc: x"),
    sms(message=None), sms(message=["Yes"]), sms(message={}), sms(message=True), sms(message="x" * 20_001),
]  # fmt: skip


@pytest.mark.parametrize("body", WRONG, ids=range(len(WRONG)))
def test_hostile_json_is_400_and_stores_nothing(client: FlaskClient, database: SQLAlchemy, body: bytes) -> None:
    assert post(client, body, sign(body)).status_code == 400
    assert post(client, body, {"Authorization": f"Bearer {SECRET}"}).status_code == 400
    assert stored(database) == []


def test_words_are_cleaned_and_stay_words(client: FlaskClient, database: SQLAlchemy, takers: dict[str, Any]) -> None:
    body = sms(message="\u202e{{ 7*7 }} <script>\x00\ud800\n\n\n\nyes")
    assert post(client, body, sign(body)).status_code == 200
    assert stored(database)[0].text == "{{ 7*7 }} <script>\n\nyes"


@pytest.mark.parametrize(("path", "size"), [("sms", 21 * 1024), ("email", 11 * 1024 * 1024)])
def test_too_much_is_refused(client: FlaskClient, database: SQLAlchemy, path: str, size: int) -> None:
    body = b"x" * size
    answer = post(client, body, sign(body), path, "message/rfc822" if path == "email" else "application/json")
    assert answer.status_code == 413
    assert stored(database) == []


def test_mail_that_is_no_mail(client: FlaskClient, database: SQLAlchemy) -> None:
    assert post(client, MAIL, sign(MAIL), "email", "application/json").status_code == 400
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3_000))
    assert post(client, nested, sign(nested), "email", "message/rfc822").status_code == 400
    assert stored(database) == []


def test_a_browser_of_another_site_cannot_hand_in(client: FlaskClient, database: SQLAlchemy) -> None:
    headers = {**sign(sms()), "Origin": "https://evil.example.org"}
    assert post(client, sms(), headers).status_code == 400
    assert client.get("/messages/inbound/sms").status_code == 405
    assert stored(database) == []
