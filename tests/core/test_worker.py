"""The worker as a real process, over SQLite and over a real Redis; and beside a server that is really run."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import cli, create_app
from portal.audit.models import AuditEntry
from portal.core import jobs
from portal.core.database import db, transaction
from portal.core.settings import ROOT, Settings
from tests import processes
from tests.conftest import _skip
from tests.core import some_jobs

# Large, and nothing that a worker or a server needs in order to start: loaded where they are used.
LOADED_LATER = {"alembic", "folium", "openpyxl", "zxcvbn"}
WORKER_THAT_SAYS_SO = f"""
import sys, {some_jobs.__name__}
from portal import cli
cli.group(standalone_mode=False)
print("ended with", sorted({LOADED_LATER} & set(sys.modules)))
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(is_so: Callable[[], object], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "It did not come about."
        time.sleep(0.05)


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        _skip("redis-server", "Redis is not installed: apt-get install redis-server (or the like).")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = subprocess.Popen([str(program), *options], stdout=subprocess.DEVNULL)

    def answers() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    try:
        wait_for(answers)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """A site as small ones are, with SQLite and its queue in a file; or as large ones, with PostgreSQL and Redis."""
    is_small = settings.database.startswith("sqlite")
    with nullcontext("") if is_small else redis_server(tmp_path) as url:
        app = create_app(replace(settings, redis_url=url))
        with app.app_context():
            yield app
            app.extensions["jobs"].close()
            app.extensions["search"].close()
            db.session.remove()
            db.engine.dispose()


def run_worker(environment: dict[str, str]) -> None:
    """Do what `portal worker` does."""
    os.environ.update(environment)
    some_jobs.FOLDER = Path(environment["PORTAL_TEST_JOBS"])
    sys.argv = ["portal", "worker"]
    cli.main()


class Workers:
    """Starts workers of a site as processes; what their jobs leave behind is read by its name."""

    def __init__(self, app: Flask, folder: Path) -> None:
        chosen: Settings = app.extensions["settings"]
        self._folder = folder
        self._begun: list[Any] = []
        self._environment = {
            "PORTAL_DATABASE_URL": chosen.database,
            "PORTAL_SEARCH_INDEX": str(chosen.search_index),
            "PORTAL_SECRET_KEY": chosen.secret_key,
            "PORTAL_REDIS_URL": chosen.redis_url,
            "PORTAL_TEST_JOBS": str(folder),
        }

    def start(self) -> Any:
        self._begun.append(processes.start(run_worker, self._environment))
        return self._begun[-1]

    def start_under_a_server(self) -> subprocess.Popen[str]:
        """Start one as a real command, under a shell that stands for the server, and return the shell."""
        command = ["sh", "-c", '"$@" --parent $$ & wait', "sh", sys.executable, "-c", WORKER_THAT_SAYS_SO, "worker"]
        environment = os.environ | self._environment
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._begun.append(server)
        return server

    def kill(self) -> None:
        for process in self._begun:
            if isinstance(process, subprocess.Popen):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate(timeout=10)
            else:
                process.kill()
                process.join(10)

    def read(self, name: str) -> str:
        path = self._folder / name
        return path.read_text() if path.exists() else ""


@pytest.fixture
def workers(site: Flask, tmp_path: Path) -> Iterator[Workers]:
    folder = tmp_path / "made"
    folder.mkdir()
    found = Workers(site, folder)
    yield found
    found.kill()


def put(name: str, argument: str) -> None:
    with transaction() as session:
        jobs.later(session, name, argument)


def test_workers_from_the_first_job_to_the_last(workers: Workers) -> None:
    """In one go, since most of the time goes by until a job is tried again."""
    put("test.note", "before-it-ran")
    put("test.fail-once", "x")
    first = workers.start()
    wait_for(lambda: workers.read("written") == "before-it-ran")
    (entry,) = db.session.scalars(sa.select(AuditEntry)).all()
    assert entry.actor == "job:test.note"
    db.session.rollback()

    asked_at = time.monotonic()
    put("test.write", ".now")
    wait_for(lambda: workers.read("written").endswith(".now"))
    assert time.monotonic() - asked_at < 5

    second = workers.start()
    two_share_the_work(workers, {first.pid, second.pid})
    wait_for(lambda: workers.read("once") == "xx")
    wait_for(lambda: workers.read("minutes"))
    who_is_told_to_stop_finishes_first(workers, [first, second])
    one_ends_when_its_server_is_gone(workers)


def two_share_the_work(workers: Workers, two: set[int]) -> None:
    sent = 0

    def done() -> list[tuple[str, str]]:
        return re.findall(r"(\d+) by (\d+)\.", workers.read("shared"))

    def has_each_done_some() -> bool:
        nonlocal sent
        put("test.share", str(sent))
        sent += 1
        return {int(pid) for _, pid in done()} == two

    wait_for(has_each_done_some)
    for _ in range(40):
        has_each_done_some()
    wait_for(lambda: len(done()) >= sent)
    time.sleep(1)
    assert sorted(int(number) for number, _ in done()) == list(range(sent))


def who_is_told_to_stop_finishes_first(workers: Workers, told: list[Any]) -> None:
    put("test.slow", "x")
    wait_for(lambda: workers.read("slow-begun"))
    for process in told:
        process.terminate()
    for process in told:
        process.join(60)
    assert [process.exitcode for process in told] == [0, 0]
    assert workers.read("slow-ended")


def one_ends_when_its_server_is_gone(workers: Workers) -> None:
    """The worker alone holds the other end of the server's output when that is killed."""
    put("test.write", ".left-for-the-next")
    server = workers.start_under_a_server()
    wait_for(lambda: workers.read("written").endswith(".left-for-the-next"))
    assert server.poll() is None
    server.kill()
    assert server.communicate(timeout=60)[0] == "ended with []\n"


def children_of(pid: int) -> dict[int, str]:
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            parent = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent == pid:
                found[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ")
    return found


def test_the_server_has_a_worker_beside_it(tmp_path: Path, migrated_sqlite: Path) -> None:
    if not Path("/proc/self/stat").exists():
        _skip("/proc", "Run this on Linux.")
    database, port = tmp_path / "portal.sqlite3", free_port()
    shutil.copy(migrated_sqlite, database)
    environment = {
        **os.environ,
        "PORTAL_DATABASE_URL": f"sqlite:///{database}",
        "PORTAL_SEARCH_INDEX": str(tmp_path / "index"),
        "PORTAL_SECRET_KEY": "for-tests-only-and-for-nothing-else",
        "PORTAL_DEMO": "0",
        "PORTAL_SITE_URL": "http://127.0.0.1",
        "PORTAL_ENCRYPTION_KEYS": "A" * 43 + "=",
        "PORTAL_FINGERPRINT_KEY": "for-tests-only-and-for-nothing-else-too",
        "PORTAL_BIND": f"127.0.0.1:{port}",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "portal.cli", "run"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )

    def workers() -> list[int]:
        return [pid for pid, command in children_of(server.pid).items() if " worker --parent" in command]

    def answers() -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
            return True
        return False

    try:
        started: list[int] = []

        def has_one() -> bool:
            started[:] = workers()
            return len(started) == 1

        wait_for(has_one)
        wait_for(answers)
        (first,) = started
        os.kill(first, signal.SIGKILL)
        seen: list[int] = []

        def has_another() -> bool:
            seen[:] = workers()
            return len(seen) == 1 and seen != [first]

        wait_for(has_another)
        (second,) = seen
        # As Ctrl-C and a supervisor do; the queue's file says that the worker had come so far.
        wait_for((tmp_path / "portal-jobs.sqlite3").exists)
        server.send_signal(signal.SIGTERM)
        assert server.wait(120) == 0
        assert not Path(f"/proc/{second}").exists()
    finally:
        server.kill()
        output = server.communicate(timeout=10)[0]
    assert output.count("A worker beside it does the jobs.") == 1
