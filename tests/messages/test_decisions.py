"""States: which change is legal, what people decide, and what is wiped in time."""

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.models import AuditEntry
from portal.core import jobs
from portal.core.database import db, transaction
from portal.messages import delivery, operations, queries
from portal.messages.channels import Outcome, Result
from portal.messages.models import MOVES, OVER, MessageState, OutboxMessage
from portal.messages.operations.deciding import DECISIONS, Decision, DecisionError
from portal.messages.operations.moves import IllegalMoveError, move
from tests.messages.conftest import queue_notice
from tests.messages.servers import MailServer

pytestmark = pytest.mark.usefixtures("wording", "database")


def put_into(message: OutboxMessage, state: MessageState) -> OutboxMessage:
    with transaction() as session:
        session.execute(sa.update(OutboxMessage).where(OutboxMessage.id == message.id).values(state=state))
    found = db.session.get_one(OutboxMessage, message.id, populate_existing=True)
    db.session.rollback()
    return found


def decide(message: OutboxMessage, decision: Decision) -> None:
    with transaction() as session:
        operations.decide(session, message_id=message.id, decision=decision, why="Rang them.", actor="user:1")


def test_only_legal_moves() -> None:
    message = queue_notice()
    expected = []
    with transaction() as session:
        held = session.get_one(OutboxMessage, message.id)
        for old, new in itertools.product(MessageState, MessageState):
            held.state = old
            if new in MOVES[old]:
                move(session, held, new, actor="test", why="because")
                session.flush()
                expected.append((old, new, "test", "because"))
            else:
                with pytest.raises(IllegalMoveError):
                    move(session, held, new, actor="test")
            assert held.state is (new if new in MOVES[old] else old)
    found = [(step.from_state, step.to_state, step.actor, step.why) for step in queries.list_moves(message.id)[1:]]
    assert found == expected
    db.session.rollback()


def test_what_was_sent_or_refused_is_never_sent_again() -> None:
    over = {MessageState.SENT, MessageState.REFUSED, MessageState.BOUNCED}
    reachable = set().union(*(MOVES[state] for state in over))
    assert reachable <= over
    assert MessageState.SENDING not in MOVES[MessageState.UNSURE]


def test_what_staff_may_not_decide(mail_server: MailServer) -> None:
    message = queue_notice()
    for state, decision in itertools.product(MessageState, Decision):
        if decision not in DECISIONS.get(state, ()):
            put_into(message, state)
            with pytest.raises(DecisionError):
                decide(message, decision)
    assert mail_server.mails == []


def test_what_staff_may_decide(mail_server: MailServer) -> None:
    for state, decisions in DECISIONS.items():
        for decision in decisions:
            message = put_into(queue_notice(), state)
            before = len(mail_server.mails)
            decide(message, decision)
            delivery.deliver(message.id)
            found = db.session.get_one(OutboxMessage, message.id, populate_existing=True)
            assert found.state is (MessageState.GIVEN_UP if decision is Decision.LEAVE else MessageState.SENT)
            assert len(mail_server.mails) - before == (1 if decision is Decision.SEND_AGAIN else 0)
            moves = queries.list_moves(message.id)
            assert (moves[1].actor, moves[1].why) == ("user:1", "Rang them.")
            about = AuditEntry.about_id == message.id
            entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.act == "message:decide", about)).one()
            assert entry.actor == "user:1"
            db.session.rollback()


def test_a_deliverer_that_was_overruled_changes_nothing(clock: time_machine.Traveller) -> None:
    """Somebody had the message sent again while its first deliverer still waited, whose answer does not count."""
    message = queue_notice()
    with transaction() as session:
        ticket = operations.claim(session, message_id=message.id, carrier="smtp")
    assert ticket is not None
    clock.shift(dt.timedelta(hours=1))
    with transaction() as session:
        operations.take_back_overdue(session, message_id=message.id)
    decide(message, Decision.SEND_AGAIN)
    with transaction() as session:
        assert not operations.settle(session, ticket=ticket, outcome=Outcome(Result.NEVER))
    with transaction() as session:
        second = operations.claim(session, message_id=message.id, carrier="smtp")
    assert second is not None
    with transaction() as session:
        assert not operations.settle(session, ticket=ticket, outcome=Outcome(Result.NEVER))
        assert operations.settle(session, ticket=second, outcome=Outcome(Result.LATER))
    assert db.session.get_one(OutboxMessage, message.id, populate_existing=True).state is MessageState.FAILED
    db.session.rollback()


def test_content_is_wiped_after_thirty_days(mail_server: MailServer, clock: time_machine.Traveller) -> None:
    mail_server.answer_to_rcpt = lambda address: "550 no" if address.startswith("gone") else "250 OK"
    sent, gone, held = queue_notice(), queue_notice("gone@example.org"), queue_notice(hold="x")
    with transaction() as session:
        operations.hold_messages(session, hold="x", actor="user:1")
    jobs.settle()
    clock.shift(dt.timedelta(days=29))
    with transaction() as session:
        assert operations.wipe_old(session) == 0
    clock.shift(dt.timedelta(days=2))
    with transaction() as session:
        assert operations.wipe_old(session) == 2
    with transaction() as session:
        assert operations.wipe_old(session) == 0
    for message, state in ((sent, MessageState.SENT), (gone, MessageState.GIVEN_UP)):
        found = db.session.get_one(OutboxMessage, message.id, populate_existing=True)
        assert (found.address, found.name, found.subject, found.body) == (None, None, None, None)
        assert found.address_fingerprint == ""
        assert found.state is state
        assert [step.answer for step in queries.list_moves(message.id)] == [None] * 3
    kept = db.session.get_one(OutboxMessage, held.id, populate_existing=True)
    assert kept.address == "rita@example.org"
    db.session.rollback()
    with pytest.raises(DecisionError, match="wiped"):
        decide(gone, Decision.SEND_AGAIN)
    assert MessageState.STOPPED not in OVER


def test_the_jobs_are_known() -> None:
    names = [state.name for state in jobs.list_states()]
    assert {"messages.deliver", "messages.heal", "messages.wipe"} <= set(names)
    assert delivery.MOST_IN_A_RUN >= 1000
