"""A deliverer that is killed at any moment: nothing is sent twice, and nothing is lost without being seen."""

import datetime as dt
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from portal import create_app
from portal.core import clock as present
from portal.core.database import db
from portal.core.settings import Settings
from portal.messages import delivery, operations, queries
from portal.messages.models import MessageState
from tests import processes
from tests.messages.conftest import queue_notice
from tests.messages.servers import MailServer

pytestmark = pytest.mark.usefixtures("wording", "database")


@dataclass
class Deliverer:
    """A process that waits to deliver, and what is said to it and by it."""

    process: Any
    line: Connection

    def begin(self) -> None:
        self.line.send("go")

    def kill(self) -> None:
        self.process.kill()


def deliver(settings: Settings, now: dt.datetime, line: Connection) -> None:
    """Deliver what is due when told to."""
    with time_machine.travel(now, tick=True), create_app(settings).app_context():
        line.send("ready")
        line.recv()
        delivery.deliver_due()
        line.send("done")


def start_deliverer(app: Flask, server: MailServer, index: Path) -> Deliverer:
    """Start a process that delivers what is due as soon as it is told to begin."""
    settings: Settings = app.extensions["settings"]
    own = Settings(
        database_url=settings.database,
        search_index=index,
        secret_key="for-tests-only",
        mail_url=f"smtp://127.0.0.1:{server.port}",
    )
    mine, theirs = processes.Pipe()
    found = Deliverer(processes.start(deliver, own, present.now(), theirs), mine)
    theirs.close()
    assert mine.poll(60) and mine.recv() == "ready"
    return found


def test_killed_at_any_moment(
    app: Flask,
    mail_server: MailServer,
    clock: time_machine.Traveller,
    tmp_path: Path,
    proof: Callable[..., int],
) -> None:
    rounds = proof("deliverers killed at a random moment", sample=1, full=60)
    dice = random.Random(7)
    messages: list[str] = []
    for turn in range(1, rounds + 1):
        messages += [f"<{queue_notice(f'p{number}@example.org').id}@localhost>" for number in range(8)]
        deliverer = start_deliverer(app, mail_server, tmp_path / "index")
        until = mail_server.connections + dice.randrange(1, 6)
        deliverer.begin()
        while mail_server.connections < until and deliverer.process.is_alive():
            time.sleep(0.001)
        time.sleep(dice.uniform(0, 0.05))
        deliverer.kill()
        deliverer.process.join(20)
        clock.shift(operations.LEASE + dt.timedelta(minutes=1))
        delivery.heal()
        found = Counter(mail_server.ids)
        assert max(found.values(), default=0) <= 1
        states = queries.count_by_state()
        db.session.rollback()
        assert set(states) <= {MessageState.SENT, MessageState.UNSURE}
        assert sum(states.values()) == len(messages)
        # A killed deliverer leaves at most the one message open that it had in its hands.
        unsure = states.get(MessageState.UNSURE, 0)
        assert unsure <= turn
        assert len(messages) - unsure <= len(found) <= len(messages)
        sent = {f"<{one.id}@localhost>" for one in queries.list_messages(states=[MessageState.SENT], limit=1000)}
        db.session.rollback()
        assert sent <= set(found)


def test_killed_between_the_server_taking_it_and_the_note_of_it(
    app: Flask, mail_server: MailServer, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    """The moment that cannot be avoided: the server has the message, and nobody wrote it down."""
    message = queue_notice()
    deliverer = start_deliverer(app, mail_server, tmp_path / "index")

    def kill(_mail: object) -> str:
        deliverer.kill()
        return "250 taken"

    mail_server.answer_to_data = kill
    deliverer.begin()
    deliverer.process.join(20)
    assert deliverer.process.exitcode == -signal.SIGKILL
    until = time.monotonic() + 5
    while not mail_server.mails and time.monotonic() < until:
        time.sleep(0.01)
    mail_server.answer_to_data = lambda _mail: "250 taken"
    for _ in range(5):
        clock.shift(dt.timedelta(minutes=20))
        delivery.heal()
    assert mail_server.ids == [f"<{message.id}@localhost>"]
    assert queries.count_by_state() == {MessageState.UNSURE: 1}
    db.session.rollback()


def test_two_processes_at_once(app: Flask, mail_server: MailServer, tmp_path: Path, proof: Callable[..., int]) -> None:
    count = proof("messages between two delivering processes", sample=24, full=200)
    for number in range(count):
        queue_notice(f"p{number}@example.org")
    deliverers = [start_deliverer(app, mail_server, tmp_path / f"index{number}") for number in range(2)]
    for deliverer in deliverers:
        deliverer.begin()
    for deliverer in deliverers:
        assert deliverer.line.poll(200) and deliverer.line.recv() == "done"
    assert len(mail_server.ids) == len(set(mail_server.ids)) == count
    assert queries.count_by_state() == {MessageState.SENT: count}
    db.session.rollback()
