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

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import create_app
from portal.audit.models import AuditEntry
from portal.core import jobs
from portal.core.database import db, transaction
from portal.core.settings import ROOT, Settings
from tests.conftest import _skip
from tests.core import some_jobs

PROGRAM = f"import {some_jobs.__name__}; from portal.cli import main; main()"


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


@contextmanager
def worker(app: Flask, folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    chosen: Settings = app.extensions["settings"]
    environment = {
        **os.environ,
        "PORTAL_DATABASE_URL": chosen.database,
        "PORTAL_SEARCH_INDEX": str(chosen.search_index),
        "PORTAL_SECRET_KEY": chosen.secret_key,
        "PORTAL_REDIS_URL": chosen.redis_url,
        "PORTAL_TEST_JOBS": str(folder),
    }
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, "worker", *options], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def put(name: str, argument: str) -> None:
    with transaction() as session:
        jobs.later(session, name, argument)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "made"
    made.mkdir()
    return made


def test_a_worker_does_what_was_queued_and_tries_again(site: Flask, folder: Path) -> None:
    put("test.note", "before-it-ran")
    with worker(site, folder):
        wait_for((folder / "written").exists)
        assert (folder / "written").read_text() == "before-it-ran"
        (entry,) = db.session.scalars(sa.select(AuditEntry)).all()
        assert entry.actor == "job:test.note"
        db.session.rollback()

        asked_at = time.monotonic()
        put("test.write", ".now")
        wait_for(lambda: (folder / "written").read_text().endswith(".now"))
        assert time.monotonic() - asked_at < 5

        put("test.fail-once", "x")
        wait_for(lambda: (folder / "once").exists() and (folder / "once").read_text() == "xx")
        wait_for((folder / "minutes").exists)


def test_a_worker_that_is_told_to_stop_finishes_its_job(site: Flask, folder: Path) -> None:
    put("test.slow", "x")
    with worker(site, folder) as process:
        wait_for((folder / "slow-begun").exists)
        put("test.write", "left-for-the-next")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert (folder / "slow-ended").exists()
    with worker(site, folder):
        wait_for((folder / "written").exists)


def test_a_worker_ends_when_its_server_is_gone(site: Flask, folder: Path) -> None:
    with worker(site, folder, "--parent", "1") as process:
        assert process.wait(120) == 0


def test_two_workers_share_the_work(site: Flask, folder: Path) -> None:
    with worker(site, folder), worker(site, folder):
        for number in range(40):
            put("test.write", f":{number}.")
        wait_for(lambda: (folder / "written").exists() and (folder / "written").read_text().count(":") == 40)
        time.sleep(1)
    found = re.findall(r":(\d+)\.", (folder / "written").read_text())
    assert sorted(map(int, found)) == list(range(40))


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
