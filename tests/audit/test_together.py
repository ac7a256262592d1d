"""Many who act at once, in threads and in processes, on both databases: one chain, no gap, nothing lost."""

import threading
import uuid

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal import create_app
from portal.audit import queries
from portal.audit.chain import Walk
from portal.audit.operations import note
from portal.audit.verifying import verify
from portal.core.database import transaction
from portal.core.settings import Settings
from tests import processes

PROCESSES, THREADS, ACTS = 3, 4, 10


def act_in_threads(app: Flask, name: str) -> None:
    """Act in several threads at once; every third act is undone."""
    failed: list[BaseException] = []

    def act(thread: int) -> None:
        try:
            for number in range(ACTS):
                with app.app_context(), transaction() as session:
                    note(session, actor=name, act=f"thing:act{number}", about_id=uuid.UUID(int=thread))
                    if number % 3 == 2:
                        session.rollback()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=act, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def act_elsewhere(settings: Settings, name: str) -> None:
    """Act in a process of its own."""
    act_in_threads(create_app(settings), name)


def test_many_threads_and_processes_make_one_chain(app: Flask, database: SQLAlchemy, settings: Settings) -> None:
    database.session.remove()
    others = [processes.start(act_elsewhere, settings, f"process {number}") for number in range(PROCESSES - 1)]
    act_in_threads(app, "here")
    for other in others:
        other.join(120)
    assert [other.exitcode for other in others] == [0] * (PROCESSES - 1)
    walk = Walk()
    assert list(verify(database.engine, walk)) == []
    kept = ACTS - ACTS // 3
    assert walk.count == walk.number == PROCESSES * THREADS * kept
    with database.engine.connect() as connection:
        actors = [row["actor"] for row in queries.raw_rows(connection)]
        by_thread = connection.execute(
            sa.text("SELECT actor, about_id, count(*) FROM audit_entry GROUP BY actor, about_id")
        ).all()
    assert {row[2] for row in by_thread} == {kept}
    assert len(by_thread) == PROCESSES * THREADS
    assert set(actors) == {"here", *(f"process {number}" for number in range(PROCESSES - 1))}
