"""The index may be damaged in any way, and the process may die at any moment: answers stay right, and it heals."""

import os
import random
import shutil
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import create_app
from portal.core.database import db, transaction
from portal.core.settings import Settings
from portal.directory.models import Service, ServiceStatus
from portal.search.answering import Answer, answer
from portal.search.engine import Engine, engine
from portal.search.index import writing  # noqa: F401 - the child finds it loaded
from portal.search.results import SearchRequest
from tests import processes
from tests.factories import make_organisation, make_service
from tests.search.test_index import damage

WORDS = ("yoga", "choir", "boats", "lantern")


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """SQLite alone: what is proved here is the index in the folder."""
    path = tmp_path / "portal.sqlite3"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


def listed_now() -> dict[uuid.UUID, str]:
    """Return the names of all services that are shown, as the database has them."""
    rows = db.session.execute(sa.select(Service.id, Service.name).where(Service.status == ServiceStatus.ACTIVE))
    found = {row.id: row.name for row in rows}
    db.session.rollback()
    return found


def assert_right(words: tuple[str, ...] = WORDS) -> bool:
    """Fail unless the search finds just the services whose names hold a word; says whether it is rebuilding."""
    listed = listed_now()
    is_rebuilding = False
    for word in words:
        found = answer(SearchRequest(q=word))
        assert isinstance(found, Answer)
        documents = found.state.columns.documents
        ids = {documents[row].id for row in found.ranked.services.tolist()}
        assert ids == {service_id for service_id, name in listed.items() if word in name.split()}, word
        is_rebuilding |= found.state.is_rebuilding
    return is_rebuilding


def restarted(app: Flask) -> Engine:
    """Begin as after a restart: with nothing known but what is in the database and in the folder."""
    app.extensions["search"].close()
    app.extensions["search"] = Engine(app.extensions["settings"])
    return engine()


class Damager:
    """Damages the folder in one of many ways. It keeps an older, whole copy, to put back all or parts of it."""

    WAYS = ("flip", "flip", "flip", "cut", "cut", "remove", "remove", "grow", "swap", "older", "older file",
            "current", "no folder", "empty files", "strange files")  # fmt: skip

    def __init__(self, folder: Path, older: Path) -> None:
        self.folder, self.older = folder, older
        shutil.copytree(folder, older)

    def do(self, how: str, lot: random.Random, generation: Path) -> None:
        """Damage the generation that counts, or what says which one counts."""
        if how in {"flip", "cut", "remove", "grow", "swap"}:
            damage(generation, how, lot.randrange(10**9))
        elif how == "older":
            shutil.rmtree(self.folder)
            shutil.copytree(self.older, self.folder)
        elif how == "older file":
            files = sorted(path for path in self.older.rglob("*") if path.is_file() and path.parent != self.older)
            shutil.copy(lot.choice(files), lot.choice(sorted(generation.iterdir())))
        elif how == "current":
            (self.folder / "CURRENT").write_bytes(lot.randbytes(lot.choice((0, 1, 40, 5_000))))
        elif how == "no folder":
            shutil.rmtree(self.folder)
        else:
            for path in lot.sample(sorted(generation.iterdir()), 2):
                path.write_bytes(b"" if how == "empty files" else lot.randbytes(2_000))


def test_a_damaged_folder(app: Flask, database: Any, tmp_path: Path, proof: Callable[..., int]) -> None:
    """Also when something changes in the same moment, and whether or not the process starts anew."""
    count = proof("damages to the folder of the index", sample=8, full=120)
    lot = random.Random(5)
    with transaction():
        group = make_organisation()
        services = [make_service(f"{WORDS[n % 4]} {WORDS[n // 4 % 4]} n{n}x", organisation=group) for n in range(12)]
    ids = [service.id for service in services]
    running = engine()
    assert running.settle()
    damager = Damager(running.folder.path, tmp_path / "older")
    first = lot.sample(Damager.WAYS, min(count, len(Damager.WAYS)))
    for number, how in enumerate([*first, *lot.choices(Damager.WAYS, k=count - len(first))]):
        with transaction() as session:
            session.get_one(Service, lot.choice(ids)).name = f"{lot.choice(WORDS)} n{number}y"
        assert running.settle(), how
        generation = running.folder.current()
        assert generation is not None
        damager.do(how, lot, generation)
        if lot.random() < 0.5:
            with transaction() as session:
                session.get_one(Service, lot.choice(ids)).name = f"{lot.choice(WORDS)} {lot.choice(WORDS)}"
        if lot.random() < 0.5:
            running = restarted(app)
        running.look_again()
        assert_right()
        assert running.settle(), how
        assert not assert_right(), (how, "It says that it is rebuilding, and it has settled.")
        assert not running.difference(), how


def _write_on(app: Flask, out: int, number: int) -> None:
    """Write services, change and remove them, look each up, and acknowledge each after its commit; until killed."""
    lot = random.Random(number)
    mine: list[uuid.UUID] = []
    with app.app_context():
        with transaction():
            group = make_organisation()
        group_id = group.id
        for step in range(1_000_000):
            name, is_new = f"r{number}s{step}x {lot.choice(WORDS)}", len(mine) < 5
            with transaction() as session:
                if is_new:
                    service = Service(name=name, organisation_id=group_id, summary="", attendance=["in person"])
                    session.add(service)
                else:
                    service = session.get_one(Service, lot.choice(mine))
                    service.name = name
                    service.status = ServiceStatus.INACTIVE if lot.random() < 0.2 else ServiceStatus.ACTIVE
            mine += [service.id] if is_new else []
            os.write(out, f"{service.id} {step}\n".encode())
            answer(SearchRequest(q=lot.choice(WORDS))).page()


def _nursery(settings: Settings, orders: Connection) -> None:
    """Make children that write, and kill each at a moment of its own; a fork of this process begins at once."""
    app = create_app(settings)
    assert threading.active_count() == 1, "A fork would lose the other threads."
    for number, commits, seconds in iter(orders.recv, None):
        said, out = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                _write_on(app, out, number)
            finally:
                os._exit(3)
        os.close(out)
        with os.fdopen(said, "rb") as lines:
            heard = [lines.readline() for _ in range(commits)]
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
            heard += lines.readlines()
        _pid, status = os.waitpid(child, 0)
        orders.send((os.WTERMSIG(status) == signal.SIGKILL, b"".join(heard).decode()))
    # Nobody waits for threads and files that the children had.
    os._exit(0)


@pytest.fixture
def nursery(settings: Settings, app: Flask) -> Iterator[Connection]:
    """The end of a pipe: send (number, commits, seconds); a child makes so many, writes on so long, and is killed."""
    mine, theirs = processes.Pipe()
    process = processes.start(_nursery, settings, theirs)
    yield mine
    mine.send(None)
    process.join(timeout=30)
    assert process.exitcode == 0


def test_killed_in_the_middle_of_updates(
    app: Flask, database: Any, nursery: Connection, proof: Callable[..., int]
) -> None:
    """What was acknowledged is there, what was not is there whole or not at all, and the index agrees in the end."""
    count = proof("processes killed in the middle of updates", sample=3, full=200)
    lot = random.Random(6)
    acknowledged = 0
    for number in range(count):
        # Now and then there is no index to begin with, so that it dies while all of it is written.
        if lot.random() < 0.2:
            shutil.rmtree(engine().folder.path, ignore_errors=True)
        nursery.send((number, lot.randint(1, 8), lot.uniform(0, 0.06)))
        assert nursery.poll(60)
        was_killed, lines = nursery.recv()
        assert was_killed
        said = [line.split() for line in lines.splitlines()]
        steps = {uuid.UUID(service_id): int(step) for service_id, step in said}
        acknowledged += len(said)
        running = restarted(app)
        _assert_kept(number, steps)
        assert running.settle()
        _assert_kept(number, steps)
        assert not assert_right()
        assert not running.difference()
    assert acknowledged >= 2 * count


def _assert_kept(number: int, steps: dict[uuid.UUID, int]) -> None:
    """Fail unless each service has the name that was acknowledged, or a later one, and is found by that alone."""
    rows = db.session.execute(
        sa.select(Service.id, Service.name, Service.status).where(Service.name.startswith(f"r{number}s"))
    ).all()
    db.session.rollback()
    names = {row.id: row.name.split()[0] for row in rows}
    for service_id, step in steps.items():
        assert int(names[service_id].split("s")[1].rstrip("x")) >= step
    old = {f"r{number}s{step}x" for step in steps.values()} - set(names.values())
    assert_right((*names.values(), *old, *WORDS))
