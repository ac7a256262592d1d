"""Jobs: queued after the commit only, run by a worker, tried again, and once in each period."""

import logging
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal.accounts.models import Team
from portal.audit.models import AuditEntry
from portal.core import clock, jobs
from portal.core.database import transaction
from portal.core.jobs import queue as queues
from portal.core.jobs import registry, states
from portal.core.jobs.queue import JobQueue
from portal.core.settings import ROOT, Settings
from tests.core import some_jobs


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    some_jobs.done.clear()


@pytest.fixture
def queue(app: Flask, database: SQLAlchemy) -> JobQueue:
    found: JobQueue = app.extensions["jobs"]
    return found


def state(name: str) -> jobs.JobState:
    return next(one for one in jobs.list_states() if one.name == name)


@pytest.mark.parametrize("put", [jobs.later, jobs.now_after_commit])
def test_a_job_is_run_after_the_commit(queue: JobQueue, put: Callable[..., None]) -> None:
    one = uuid.uuid4()
    with transaction() as session:
        put(session, "test.write", one)
        assert queue.length().waiting == 0
        assert queue.promptly.settle(0.2)
        assert some_jobs.done == []
    assert jobs.settle()
    assert some_jobs.done == [("written", (str(one),))]


@pytest.mark.parametrize("put", [jobs.later, jobs.now_after_commit])
def test_a_rollback_forgets_the_job(queue: JobQueue, put: Callable[..., None]) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        put(session, "test.write", "lost")
        raise ZeroDivisionError
    with transaction() as session:
        savepoint = session.begin_nested()
        put(session, "test.write", "lost-too")
        savepoint.rollback()
        with session.begin_nested():
            put(session, "test.write", "kept")
    assert jobs.settle()
    assert some_jobs.done == [("written", ("kept",))]


@pytest.mark.parametrize("put", [jobs.later, jobs.now_after_commit])
def test_a_commit_that_fails_queues_nothing(queue: JobQueue, put: Callable[..., None]) -> None:
    with transaction() as session:
        session.add(Team(name="Central"))
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(Team(name="Central"))
        put(session, "test.write", "lost")
    assert jobs.settle()
    assert some_jobs.done == []


@pytest.mark.parametrize("argument", ["Pat Example", "pat@example.org", "a\nb", "", "x" * 81, None, 1.5, True, ["x"]])
def test_only_ids_go_into_the_queue(queue: JobQueue, argument: Any) -> None:
    with transaction() as session:
        for put in (jobs.later, jobs.now_after_commit):
            with pytest.raises(TypeError, match="ids only"):
                put(session, "test.write", argument)


def test_a_job_that_nobody_knows_is_refused(queue: JobQueue) -> None:
    with transaction() as session, pytest.raises(jobs.UnknownJobError):
        jobs.later(session, "test.nobody")


def test_two_jobs_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="two jobs"):
        jobs.job("test.write")(lambda: None)


def test_a_job_writes_audits_and_queues(queue: JobQueue, database: SQLAlchemy) -> None:
    with transaction() as session:
        jobs.later(session, "test.note", "seven")
    assert jobs.settle()
    assert some_jobs.done == [("written", ("seven",))]
    (entry,) = database.session.scalars(sa.select(AuditEntry)).all()
    assert (entry.actor, entry.about) == ("job:test.note", "seven")


def test_a_failing_job_is_logged_without_its_words(
    queue: JobQueue, caplog: pytest.LogCaptureFixture, clock: Any
) -> None:
    with caplog.at_level(logging.DEBUG), transaction() as session:
        jobs.later(session, "test.fail", "argument-7")
    with caplog.at_level(logging.DEBUG):
        assert jobs.settle()
    assert "Job test.fail failed: RuntimeError at" in caplog.text
    assert "some_jobs.py" in caplog.text
    assert "secret" not in caplog.text
    assert "argument-7" not in caplog.text
    assert state("test.fail").last_error == "RuntimeError"
    assert state("test.fail").is_failing
    assert queue.length() == jobs.QueueLength(waiting=0, scheduled=1)


def test_a_failing_job_is_tried_again_with_growing_pauses_and_then_given_up(queue: JobQueue, clock: Any) -> None:
    with transaction() as session:
        jobs.later(session, "test.fail", "x")
    pauses = [0.0]
    for _ in range(6 * 3600):
        for task in queue.huey.read_schedule():
            queue.huey.enqueue(task)
        before = len(some_jobs.done)
        assert jobs.settle()
        if len(some_jobs.done) > before:
            pauses.append(0.0)
        if queue.length().scheduled == 0:
            break
        clock.shift(5)
        pauses[-1] += 5
    assert len(some_jobs.done) == 1 + queues.RETRIES
    assert [round(pause, -1) for pause in pauses[1:-1]] == [10, 30, 90, 270, 810, 2430]
    assert queue.length() == jobs.QueueLength(0, 0)
    assert (state("test.fail").count, state("test.fail").failures) == (7, 7)


def test_a_prompt_job_that_fails_is_not_tried_again(queue: JobQueue) -> None:
    with transaction() as session:
        jobs.now_after_commit(session, "test.fail", "x")
    assert jobs.settle()
    assert len(some_jobs.done) == 1
    assert queue.length() == jobs.QueueLength(0, 0)


def test_what_cannot_be_queued_does_not_undo_what_was_committed(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_arguments: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(queue.huey.storage, "enqueue", away)
    with transaction() as session:
        session.execute(
            sa.text("INSERT INTO job_run (name, count, failures, last_error, period) VALUES ('x',0,0,'',0)")
        )
        jobs.later(session, "test.write", "x")
    assert "Job test.write could not be queued: OSError" in caplog.text
    assert "x" in {one.name for one in jobs.list_states()}


def test_the_queue_holds_no_pickles(queue: JobQueue) -> None:
    with transaction() as session:
        jobs.later(session, "test.write", "seven")
    (message,) = queue.huey.storage.enqueued_items()
    assert bytes(message).startswith(b'{"id":')
    queue.huey.storage.enqueue(b"\x80\x04\x95 a pickle")
    with pytest.raises(ValueError):
        for _ in range(2):
            queue.huey.dequeue()


def test_the_queue_does_not_turn_the_write_ahead_log_on(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "wal_is_safe", lambda _version: False)
    with queue.huey.storage.db() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.parametrize(
    ("database_address", "file"),
    [
        ("sqlite:////srv/portal/site.sqlite3", "/srv/portal/site-jobs.sqlite3"),
        ("sqlite://", str(ROOT / "var" / "jobs-{}.sqlite3")),
        ("postgresql+psycopg://me:secret@db/site", str(ROOT / "var" / "jobs-{}.sqlite3")),
    ],
)
def test_where_the_queue_is(database_address: str, file: str) -> None:
    found = queues._file_beside(database_address)
    assert str(found) == file.format(queues._short_name(database_address))
    assert "secret" not in str(found)


def test_a_changed_password_finds_the_same_queue() -> None:
    one, two = "postgresql+psycopg://me:old@db/site", "postgresql+psycopg://me:new@db/site"
    assert queues._short_name(one) == queues._short_name(two) != queues._short_name(one + "2")


def test_a_period_is_taken_once(queue: JobQueue) -> None:
    assert states.take_period("test.each-minute", 7)
    assert not states.take_period("test.each-minute", 7)
    assert not states.take_period("test.each-minute", 6)
    assert states.take_period("test.each-minute", 8)


def _periodic(queue: JobQueue, name: str) -> Callable[[], None]:
    """Do what huey's scheduler does once a minute, and run what it enqueued."""

    def minute() -> None:
        for task in queue.huey.read_periodic(clock.now()):
            if task.name == f"every.{name}":
                queue.huey.execute(task)

    return minute


def test_two_workers_run_a_job_once_in_each_period(queue: JobQueue, app: Flask, settings: Settings, clock: Any) -> None:
    other = JobQueue(app, settings)
    other.file = queue.file
    for _ in range(3):
        for one in (queue, other, queue):
            _periodic(one, "test.each-minute")()
        clock.shift(60)
    other.close()
    assert some_jobs.done == [("minutes", ("x",))] * 3


def test_a_period_that_could_not_be_taken_is_tried_in_the_next_minute(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    def away(*_arguments: object) -> bool:
        raise sa.exc.OperationalError("UPDATE", {}, Exception("away"))

    monkeypatch.setitem(registry._minutes, "test.each-minute", 1440)
    minute = _periodic(queue, "test.each-minute")
    with monkeypatch.context() as patch:
        patch.setattr(states, "take_period", away)
        minute()
    assert jobs.settle()
    assert some_jobs.done == []
    clock.shift(60)
    minute()
    minute()
    assert jobs.settle()
    assert some_jobs.done == [("minutes", ("x",))]


def test_the_states_are_told(queue: JobQueue, clock: Any) -> None:
    before = state("test.write")
    assert (before.begun_at, before.count, before.minutes, before.is_failing) == (None, 0, None, False)
    assert state("test.each-minute").minutes == 1
    with transaction() as session:
        jobs.later(session, "test.write", "x")
        jobs.later(session, "test.write", "y")
    assert jobs.find_queue_length() == jobs.QueueLength(waiting=2, scheduled=0)
    assert jobs.settle()
    after = state("test.write")
    assert (after.count, after.failures, after.last_error) == (2, 0, "")
    assert after.begun_at is not None
    assert after.ended_at is not None
    assert after.ended_at >= after.begun_at
    assert jobs.find_queue_length() == jobs.QueueLength(0, 0)


def test_a_queue_that_does_not_answer_is_none(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_arguments: object) -> int:
        raise OSError("away")

    monkeypatch.setattr(queue.huey.storage, "queue_size", away)
    assert jobs.find_queue_length() is None
    assert "The queue of jobs does not answer: OSError" in caplog.text


def test_the_thread_does_what_people_wait_for_and_ends(app: Flask, settings: Settings, database: SQLAlchemy) -> None:
    """In a site that is not held, as in a real one: the job runs by itself, in another thread."""
    free = JobQueue(app, settings)
    app.extensions["jobs"], held = free, app.extensions["jobs"]
    try:
        with transaction() as session:
            jobs.now_after_commit(session, "test.note", "seven")
        assert free.promptly.settle(10)
        thread = free.promptly._thread
        assert thread is not None
        assert thread.is_alive()
    finally:
        free.close()
        app.extensions["jobs"] = held
    assert not thread.is_alive()
    (entry,) = database.session.scalars(sa.select(AuditEntry)).all()
    assert entry.actor == "job:test.note"
