"""A deliverer that is killed at any moment: nothing is sent twice, and nothing is lost without being seen."""

import datetime as dt
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from portal.core import clock as present
from portal.core.database import db
from portal.core.settings import ROOT
from portal.messages import delivery, operations, queries
from portal.messages.models import MessageState
from tests.messages.conftest import queue_notice
from tests.messages.servers import MailServer

pytestmark = pytest.mark.usefixtures("wording", "database")

DELIVERER = """
import datetime as dt, sys, time_machine
from pathlib import Path
from portal import create_app
from portal.core.settings import Settings
from portal.messages import delivery

database_url, index, mail_url, now = sys.argv[1:]
app = create_app(
    Settings(database_url=database_url, search_index=Path(index), secret_key="for-tests-only", mail_url=mail_url)
)
with time_machine.travel(dt.datetime.fromisoformat(now), tick=True), app.app_context():
    print("ready", flush=True)
    sys.stdin.readline()
    delivery.deliver_due()
    print("done", flush=True)
"""


def start_deliverer(app: Flask, server: MailServer, index: Path) -> subprocess.Popen[bytes]:
    """Start a process that delivers what is due as soon as a line is written to it."""
    settings = app.extensions["settings"]
    arguments = [settings.database, str(index), f"smtp://127.0.0.1:{server.port}", present.now().isoformat()]
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DELIVERER), *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def begin(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.flush()


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
        process = start_deliverer(app, mail_server, tmp_path / "index")
        until = mail_server.connections + dice.randrange(1, 6)
        begin(process)
        while mail_server.connections < until and process.poll() is None:
            time.sleep(0.001)
        time.sleep(dice.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
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
    process = start_deliverer(app, mail_server, tmp_path / "index")

    def kill(_mail: object) -> str:
        process.send_signal(signal.SIGKILL)
        return "250 taken"

    mail_server.answer_to_data = kill
    begin(process)
    process.communicate(timeout=20)
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
    processes = [start_deliverer(app, mail_server, tmp_path / f"index{number}") for number in range(2)]
    for process in processes:
        begin(process)
    for process in processes:
        said, _ = process.communicate(timeout=200)
        assert said.endswith(b"done\n")
    assert len(mail_server.ids) == len(set(mail_server.ids)) == count
    assert queries.count_by_state() == {MessageState.SENT: count}
    db.session.rollback()
