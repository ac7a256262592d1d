"""Delivery over a real mail server: nothing lost, nothing twice, in order; what must not leave does not."""

import datetime as dt
import threading
from collections.abc import Callable
from itertools import pairwise
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from portal.core import clock as present
from portal.core import jobs
from portal.core.database import db, transaction
from portal.messages import delivery, operations, queries
from portal.messages.channels import Outcome, Result
from portal.messages.models import (
    Channel,
    MessageHold,
    MessageState,
    OutboxMessage,
    Recipient,
    UnsafeAddress,
)
from tests.messages.conftest import queue_notice
from tests.messages.servers import MailServer, free_port, rude_server

pytestmark = pytest.mark.usefixtures("wording", "database")
MINUTE = dt.timedelta(minutes=1)


def state_of(message: OutboxMessage) -> MessageState:
    db.session.rollback()
    found = db.session.scalar(sa.select(OutboxMessage.state).where(OutboxMessage.id == message.id))
    assert found is not None
    return found


def why_of(message: OutboxMessage) -> str:
    db.session.rollback()
    return db.session.scalar(sa.select(OutboxMessage.why).where(OutboxMessage.id == message.id)) or ""


def steps_of(message: OutboxMessage) -> list[str]:
    db.session.rollback()
    return [move.to_state.value for move in queries.list_moves(message.id)]


def minutes(clock: time_machine.Traveller, count: int, each: Callable[[], None] = lambda: None) -> None:
    """Let simulated minutes pass, with what the worker does once a minute."""
    for _ in range(count):
        clock.shift(MINUTE)
        each()
        delivery.heal()


def test_a_message_leaves_right_after_the_commit(mail_server: MailServer) -> None:
    message = queue_notice()
    assert state_of(message) is MessageState.QUEUED
    assert mail_server.mails == []
    jobs.settle()
    assert state_of(message) is MessageState.SENT
    assert mail_server.ids == [f"<{message.id}@localhost>"]
    assert mail_server.envelopes[0].rcpt_tos == ["rita@example.org"]
    assert steps_of(message) == ["queued", "sending", "sent"]


def test_what_was_rolled_back_never_leaves(mail_server: MailServer) -> None:
    with pytest.raises(RuntimeError), transaction() as session:
        to = Recipient(Channel.EMAIL, "rita@example.org")
        operations.queue(session, wording="alarm", to=to, values={}, actor="test")
        raise RuntimeError
    jobs.settle()
    delivery.heal()
    assert mail_server.mails == []
    assert queries.count_messages() == 0


def test_an_hour_without_a_mail_server(
    mail_server: MailServer, clock: time_machine.Traveller, proof: Callable[..., int]
) -> None:
    """50 messages queued before and during the outage: each arrives once, urgent ones first, with few tries."""
    count = proof("messages over an hour without a mail server", sample=20, full=500)
    mail_server.stop()
    messages = [queue_notice(f"person{number}@example.org") for number in range(count // 2)]
    jobs.settle()
    urgent: list[OutboxMessage] = []

    def more() -> None:
        if len(messages) < count - 1:
            more_now = min(max(1, count // 50), count - 1 - len(messages))
            messages.extend(queue_notice(f"person{len(messages)}@example.org") for _ in range(more_now))
        elif not urgent:
            urgent.append(queue_notice("worker@example.org", wording="alarm"))
        jobs.settle()

    minutes(clock, 60, more)
    assert len(messages) + len(urgent) == count
    assert mail_server.mails == []
    waiting = {MessageState.QUEUED, MessageState.FAILED}
    assert {state_of(message) for message in [*messages, *urgent]} <= waiting
    tries = [db.session.get_one(OutboxMessage, message.id, populate_existing=True).tries for message in messages]
    # One message a minute looks whether the server is back, beside those that were just queued.
    assert sum(tries) <= 60 + 60 + count
    db.session.rollback()

    mail_server.start()
    minutes(clock, 7)
    assert "Rita <worker@example.org>" in {str(mail["To"]) for mail in mail_server.mails}
    minutes(clock, 40)
    everything = {f"<{message.id}@localhost>" for message in [*messages, *urgent]}
    assert set(mail_server.ids) == everything
    assert len(mail_server.ids) == count
    assert {state_of(message) for message in [*messages, *urgent]} == {MessageState.SENT}
    minutes(clock, 120)
    assert len(mail_server.ids) == count


def test_order_is_urgent_first_and_then_by_age(mail_server: MailServer, clock: time_machine.Traveller) -> None:
    for number in range(3):
        queue_notice(f"n{number}@example.org")
        clock.shift(MINUTE)
    queue_notice("alarm@example.org", wording="alarm")
    assert delivery.deliver_due() == 4
    assert [envelope.rcpt_tos[0].partition("@")[0] for envelope in mail_server.envelopes] == ["alarm", "n0", "n1", "n2"]


def test_a_message_with_a_time_waits_for_it(mail_server: MailServer, clock: time_machine.Traveller) -> None:
    message = queue_notice(send_after=present.now() + dt.timedelta(hours=2))
    jobs.settle()
    minutes(clock, 119)
    assert state_of(message) is MessageState.QUEUED
    minutes(clock, 2)
    assert state_of(message) is MessageState.SENT


@pytest.mark.parametrize("code", ["450", "451"])
def test_asked_to_try_later(code: str, mail_server: MailServer, clock: time_machine.Traveller) -> None:
    """Each pause is about twice the one before, up to half an hour; another recipient is not kept waiting."""
    mail_server.answer_to_rcpt = lambda address: f"{code} busy" if address.startswith("busy") else "250 OK"
    message, other = queue_notice("busy@example.org"), queue_notice()
    jobs.settle()
    assert state_of(message) is MessageState.FAILED
    assert why_of(message) == f"The mail server asked to try later ({code})."
    assert state_of(other) is MessageState.SENT
    minutes(clock, 180)
    tried = [move.moved_at for move in queries.list_moves(message.id) if move.to_state is MessageState.SENDING]
    pauses = [(after - before) / MINUTE for before, after in pairwise(tried)]
    for pause, expected in zip(pauses, [1, 2, 4, 8, 16, 30, 30, 30], strict=False):
        assert expected * 0.8 <= pause <= expected * 1.2 + 1.1
    assert len(pauses) >= 7
    mail_server.answer_to_rcpt = lambda _address: "250 OK"
    minutes(clock, 40)
    assert state_of(message) is MessageState.SENT
    assert mail_server.ids.count(f"<{message.id}@localhost>") == 1


def test_421_leaves_the_server_alone_until_the_next_run(mail_server: MailServer) -> None:
    mail_server.answer_to_rcpt = lambda _address: "421 closing"
    for number in range(5):
        queue_notice(f"p{number}@example.org")
    assert delivery.deliver_due() == 5
    assert mail_server.connections == 1
    assert queries.count_by_state() == {MessageState.FAILED: 1, MessageState.QUEUED: 4}


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_refused_for_good(where: str, mail_server: MailServer, clock: time_machine.Traveller) -> None:
    setattr(mail_server, f"answer_to_{where}", lambda _what: "550 no such person rita@example.org")
    message = queue_notice()
    jobs.settle()
    minutes(clock, 90)
    assert steps_of(message) == ["queued", "sending", "given up"]
    assert why_of(message) == "The mail server refused it for good (550)."
    last = queries.list_moves(message.id)[-1]
    assert last.answer is not None and "no such person" in last.answer
    assert mail_server.connections == 1


def test_given_up_after_three_days(mail_server: MailServer, clock: time_machine.Traveller) -> None:
    mail_server.answer_to_rcpt = lambda _address: "451 full"
    message = queue_notice()
    for _ in range(60):
        delivery.heal()
        clock.shift(dt.timedelta(minutes=75))
    assert state_of(message) is MessageState.GIVEN_UP
    moves = queries.list_moves(message.id)
    took = moves[-1].moved_at - moves[0].moved_at
    assert dt.timedelta(days=3) <= took <= dt.timedelta(days=3, hours=3)
    assert why_of(message).startswith("Tried for three days.")


@pytest.mark.parametrize("at", ["EHLO", "RCPT", "DATA", "BODY"])
def test_a_connection_that_drops_before_the_end_is_tried_again(at: str, use: Callable[..., None]) -> None:
    """Before the closing dot the server cannot have taken it. In the body, the break may only show at the dot."""
    with rude_server(at=at, then="drop") as port:
        use(mail_url=f"smtp://127.0.0.1:{port}")
        message = queue_notice()
        jobs.settle()
    expected = {MessageState.FAILED, MessageState.UNSURE} if at == "BODY" else {MessageState.FAILED}
    assert state_of(message) in expected


@pytest.mark.parametrize("then", ["drop", "hang", "garble"])
def test_no_answer_at_the_end_is_unsure_and_never_sent_again(
    then: str, use: Callable[..., None], clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.messages.channels.smtp.SmtpCarrier.__init__.__kwdefaults__", {"timeout": 0.4})
    with rude_server(at="DOT", then=then) as port:
        use(mail_url=f"smtp://127.0.0.1:{port}")
        message = queue_notice()
        jobs.settle()
    assert steps_of(message) == ["queued", "sending", "unsure"]
    server = MailServer()
    server.start()
    use(mail_url=f"smtp://127.0.0.1:{server.port}")
    minutes(clock, 90)
    server.stop()
    assert server.mails == []
    assert state_of(message) is MessageState.UNSURE


def test_a_server_that_hangs_at_first_costs_one_timeout_for_all(
    use: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.messages.channels.smtp.SmtpCarrier.__init__.__kwdefaults__", {"timeout": 0.4})
    with rude_server(at="EHLO", then="hang") as port:
        use(mail_url=f"smtp://127.0.0.1:{port}")
        messages = [queue_notice(f"p{number}@example.org") for number in range(10)]
        delivery.deliver_due()
        jobs.settle()
    states = [state_of(message) for message in messages]
    # One by the run, one right after the commit; then both leave the server alone.
    assert states.count(MessageState.FAILED) == 2
    assert states.count(MessageState.QUEUED) == 8


def test_held_after_queueing(mail_server: MailServer) -> None:
    held, other = queue_notice("held@example.org", hold="person:7"), queue_notice("other@example.org", hold="person:8")
    with transaction() as session:
        assert operations.hold_messages(session, hold="person:7", actor="user:1") == 1
    later = queue_notice("later@example.org", hold="person:7")
    jobs.settle()
    delivery.heal()
    assert [state_of(one) for one in (held, other, later)] == [
        MessageState.STOPPED,
        MessageState.SENT,
        MessageState.STOPPED,
    ]
    with transaction() as session:
        assert operations.release_messages(session, hold="person:7", actor="user:1") == 2
    jobs.settle()
    assert [state_of(one) for one in (held, later)] == [MessageState.SENT, MessageState.SENT]
    assert len(mail_server.mails) == 3
    who = [(move.actor, move.to_state.value) for move in queries.list_moves(held.id)]
    assert who == [
        ("test", "queued"),
        ("user:1", "stopped"),
        ("user:1", "queued"),
        ("delivery", "sending"),
        ("delivery", "sent"),
    ]


def test_a_hold_is_looked_at_when_it_is_delivered(mail_server: MailServer) -> None:
    """Also when the row itself was not touched: the hold was put on by a transaction that did not see it."""
    message = queue_notice(hold="person:7")
    with transaction() as session:
        session.execute(
            sa.insert(MessageHold).values(id=UUID(int=1), name="person:7", placed_at=present.now(), placed_by="user:1")
        )
    delivery.heal()
    assert state_of(message) is MessageState.STOPPED
    assert mail_server.mails == []


def test_one_message_can_be_held_alone(mail_server: MailServer) -> None:
    one, other = queue_notice(hold="person:7"), queue_notice(hold="person:7")
    with transaction() as session:
        operations.hold_messages(session, hold=one.own_hold, actor="user:1")
    jobs.settle()
    assert (state_of(one), state_of(other)) == (MessageState.STOPPED, MessageState.SENT)
    with transaction() as session:
        operations.hold_messages(session, hold="person:7", actor="user:1")
    with transaction() as session:
        operations.release_messages(session, hold=one.own_hold, actor="user:1")
    jobs.settle()
    assert state_of(one) is MessageState.STOPPED
    with transaction() as session:
        operations.release_messages(session, hold="person:7", actor="user:1")
    jobs.settle()
    assert state_of(one) is MessageState.SENT


@pytest.mark.parametrize("written", ["rita@example.org", " Rita@EXAMPLE.org ", "RITA@example.ORG"])
def test_unsafe_after_queueing(written: str, mail_server: MailServer, clock: time_machine.Traveller) -> None:
    message = queue_notice("Rita@example.org", hold="person:7")
    other = queue_notice("gus@example.org")
    with transaction() as session:
        assert operations.mark_unsafe(session, address=written, actor="user:1") == 1
    later = queue_notice("rita@example.org")
    jobs.settle()
    minutes(clock, 3)
    assert [state_of(one) for one in (message, later, other)] == [
        MessageState.REFUSED,
        MessageState.REFUSED,
        MessageState.SENT,
    ]
    with transaction() as session:
        operations.mark_safe(session, address=written, actor="user:1")
    again = queue_notice("rita@example.org")
    jobs.settle()
    minutes(clock, 3)
    assert state_of(message) is MessageState.REFUSED
    assert state_of(again) is MessageState.SENT
    assert len(mail_server.mails) == 2


def test_an_unsafe_address_is_looked_at_when_it_is_delivered(mail_server: MailServer) -> None:
    message = queue_notice()
    with transaction() as session:
        mark = {"id": UUID(int=1), "marked_at": present.now(), "marked_by": "user:1"}
        unsafe = UnsafeAddress
        session.execute(sa.insert(unsafe).values(fingerprint=message.address_fingerprint, **mark))
    jobs.settle()
    assert state_of(message) is MessageState.REFUSED
    assert mail_server.mails == []


def test_without_any_way_out_messages_wait_and_say_why(use: Callable[..., None], clock: time_machine.Traveller) -> None:
    keys = {"encryption_keys": ("A" * 43 + "=",), "fingerprint_key": "x" * 32, "secret_key": "x" * 32}
    use(demo=False, mail_url="", site_url="https://hereabouts.example.org", **keys)
    message, text = queue_notice(), queue_notice("020 7946 0123", channel=Channel.SMS)
    jobs.settle()
    assert why_of(message).startswith("No way to send e-mail is set up yet")
    for _ in range(5):
        clock.shift(dt.timedelta(days=1))
        delivery.heal()
    assert state_of(message) is MessageState.QUEUED
    assert why_of(message) == "No way to send e-mail is set up yet: see PORTAL_MAIL_URL."
    assert why_of(text).startswith("No way to send text messages is set up yet")
    server = MailServer()
    server.start()
    use(mail_url=f"smtp://127.0.0.1:{server.port}")
    delivery.heal()
    server.stop()
    assert state_of(message) is MessageState.SENT
    assert why_of(message) == ""
    assert state_of(text) is MessageState.QUEUED


def test_two_deliverers_deliver_each_message_once(
    app: Flask, mail_server: MailServer, proof: Callable[..., int]
) -> None:
    count = proof("messages between two deliverers at once", sample=30, full=200)
    for number in range(count):
        queue_notice(f"p{number}@example.org")
    begin = threading.Barrier(2)
    faults: list[BaseException] = []

    def work() -> None:
        with app.app_context():
            begin.wait(10)
            try:
                delivery.deliver_due()
            except BaseException as error:
                faults.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    assert len(mail_server.ids) == len(set(mail_server.ids)) == count
    assert queries.count_by_state() == {MessageState.SENT: count}


def test_a_late_answer_counts_over_unsure(mail_server: MailServer, clock: time_machine.Traveller) -> None:
    """A deliverer that was thought dead comes back and says what became of the message."""
    message = queue_notice()
    with transaction() as session:
        ticket = operations.claim(session, message_id=message.id, carrier="smtp")
    assert ticket is not None
    delivery.heal()
    assert state_of(message) is MessageState.SENDING
    clock.shift(operations.LEASE + MINUTE)
    delivery.heal()
    assert state_of(message) is MessageState.UNSURE
    with transaction() as session:
        outcome = Outcome(Result.TAKEN)
        assert operations.settle(session, ticket=ticket, outcome=outcome)
        assert not operations.settle(session, ticket=ticket, outcome=outcome)
    assert state_of(message) is MessageState.SENT
    assert mail_server.mails == []


def test_a_fault_of_our_own_never_sends_twice(
    mail_server: MailServer, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_rest: object) -> None:
        raise KeyError("rita@example.org")

    monkeypatch.setattr("portal.messages.channels.smtp.SmtpCarrier.send", broken)
    message = queue_notice()
    jobs.settle()
    assert state_of(message) is MessageState.UNSURE
    monkeypatch.undo()
    minutes(clock, 30)
    assert mail_server.mails == []


def test_nobody_listens_on_the_port(use: Callable[..., None]) -> None:
    use(mail_url=f"smtp://127.0.0.1:{free_port()}")
    message = queue_notice()
    jobs.settle()
    assert state_of(message) is MessageState.FAILED
    assert why_of(message) == "The mail server could not be reached."


def test_the_folder_holds_each_message_once(app: Flask) -> None:
    folder = app.extensions["settings"].mail.path
    mail, text = queue_notice(), queue_notice("020 7946 0123", channel=Channel.SMS)
    lines = "1 Ladywell Road\nLondon\nSE13 7HU"
    letter = queue_notice(lines, channel=Channel.LETTER)
    jobs.settle()
    found = {path.name for path in folder.iterdir()}
    assert found == {f"{mail.id}.eml", f"{text.id}.txt", f"{letter.id}.txt"}
    assert "To: Rita, 1 Ladywell Road, London, SE13 7HU" in (folder / f"{letter.id}.txt").read_text()
    assert "Rita: Lunch is at noon." in (folder / f"{text.id}.txt").read_text()
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    assert {state_of(one) for one in (mail, text, letter)} == {MessageState.SENT}
