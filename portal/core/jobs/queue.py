"""The queue of jobs of one site: huey over a SQLite file or Redis, and what goes there after a commit."""

import hashlib
import logging
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app
from huey import Huey, RedisHuey, SqliteHuey
from huey.exceptions import CancelExecution
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.database import db, wal_is_safe
from portal.core.gathering import Gathering, is_last_commit
from portal.core.jobs import registry, running, states
from portal.core.jobs.message import PlainSerializer
from portal.core.jobs.promptly import Promptly
from portal.core.jobs.registry import Argument, Plain
from portal.core.settings import ROOT, Settings

EXTENSION = "jobs"
# A job that fails is tried again after 10 seconds, 30, 90 and so on: six times within an hour.
RETRIES, RETRY_SECONDS, RETRY_FACTOR = 6, 10, 3
# A job of a longer period is tried again like others; for one of a shorter period the next period will do.
RETRY_FROM_MINUTES = 60

log = logging.getLogger(__name__)
# Huey tells of every retry and logs errors with their words; `running` logs what may be known.
logging.getLogger("huey").setLevel(logging.CRITICAL)
logging.getLogger("huey.consumer").setLevel(logging.ERROR)

_to_queue: Gathering[tuple[str, Sequence[Plain]]] = Gathering()
_to_do: Gathering[tuple[str, Sequence[Plain]]] = Gathering()


@dataclass(frozen=True)
class QueueLength:
    """How many jobs wait to be run, and how many wait for their time, such as for another try."""

    waiting: int
    scheduled: int


class JobQueue:
    """What one site has to do. The queue is opened when it is first needed."""

    def __init__(self, app: Flask, chosen: Settings) -> None:
        self._app = weakref.ref(app)
        self._chosen = chosen
        self._seen: dict[str, int] = {}
        self.file = _file_beside(chosen.database)
        self.promptly = Promptly(self._run)

    @cached_property
    def huey(self) -> Huey:
        """Huey over Redis where that is set, else over a SQLite file, with one task that runs any job."""
        made = self._open()
        tries = {"retries": RETRIES, "retry_delay": RETRY_SECONDS, "retry_backoff": RETRY_FACTOR}
        self._task = made.task(name="job", **tries)(self._in_worker)
        for name in registry.names():
            minutes = registry.minutes_of(name)
            if minutes is not None:
                is_due = self._is_due(name, minutes)
                made.periodic_task(is_due, name=f"every.{name}")(self._in_each_period(name, minutes))
        return made

    def _open(self) -> Huey:
        name = "hereabouts" + _short_name(self._chosen.database)
        options: dict[str, Any] = {"results": False, "serializer": PlainSerializer()}
        if self._chosen.redis_url:
            return RedisHuey(name, url=self._chosen.redis_url, **options)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        # Left to itself, huey turns the write-ahead log on, which not every SQLite can do safely.
        mode = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "delete"
        return SqliteHuey(
            name, filename=str(self.file), journal_mode=mode, fsync=True, timeout=10, strict_fifo=True, **options
        )

    def put(self, name: str, arguments: Sequence[Plain]) -> None:
        """Put a job into the queue now."""
        huey = self.huey
        huey.enqueue(self._task.s(name, list(arguments)))

    def length(self) -> QueueLength:
        """Return how many jobs wait."""
        return QueueLength(self.huey.storage.queue_size(), self.huey.storage.schedule_size())

    def settle(self, seconds: float) -> bool:
        """Run here and now all that is to be done, but not what waits for its time; says whether nothing is left."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.promptly.settle(until - time.monotonic()):
            task = self.huey.dequeue()
            if task is None:
                return True
            self.huey.execute(task)
        return False

    def close(self) -> None:
        """Stop the thread of this process and let go of the queue."""
        self.promptly.close()
        opened = self.__dict__.pop("huey", None)
        if opened is not None:
            opened.storage.close()

    def _run(self, name: str, arguments: Sequence[Plain]) -> None:
        app = self._app()
        if app is not None:
            running.run(app, name, arguments)

    def _in_worker(self, name: str, arguments: Sequence[Plain]) -> None:
        try:
            self._run(name, arguments)
        except running.JobFailedError:
            # Huey tries again while it has tries left; why it failed has been logged.
            raise CancelExecution from None

    def _is_due(self, name: str, minutes: int) -> Callable[[Any], bool]:
        """Return what huey asks each minute: whether a period began that this process has not looked at yet."""
        return lambda _timestamp: _period(minutes) > self._seen.get(name, -1)

    def _in_each_period(self, name: str, minutes: int) -> Callable[[], None]:
        is_running = threading.Lock()

        def run_if_ours() -> None:
            app = self._app()
            if app is None or not is_running.acquire(blocking=False):
                return
            try:
                period = _period(minutes)
                with app.app_context():
                    is_ours = states.take_period(name, period)
                self._seen[name] = period
                if is_ours and minutes >= RETRY_FROM_MINUTES:
                    self.put(name, [])
                elif is_ours:
                    with suppress(running.JobFailedError):
                        self._run(name, [])
            except Exception as error:  # huey asks again in a minute
                log.error("Job %s could not be begun: %s", name, type(error).__name__)
            finally:
                is_running.release()

        return run_if_ours


def _period(minutes: int) -> int:
    return int(clock.now().timestamp()) // (60 * minutes)


def _short_name(database: str) -> str:
    """Return a short text that differs between databases, whatever password is used to reach them."""
    url = sa.make_url(database)
    return hashlib.sha256(f"{url.host}:{url.port}/{url.database}".encode()).hexdigest()[:12]


def _file_beside(database: str) -> Path:
    """Return the queue's file: beside the SQLite database, else under var/."""
    url = sa.make_url(database)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        path = Path(url.database)
        return path.with_name(f"{path.stem}-jobs.sqlite3")
    return ROOT / "var" / f"jobs-{_short_name(database)}.sqlite3"


def init_app(app: Flask, chosen: Settings) -> None:
    """Give an application its queue. Nothing is opened and nothing started before the first job."""
    made = JobQueue(app, chosen)
    app.extensions[EXTENSION] = made
    weakref.finalize(app, made.close)


def _queue() -> JobQueue:
    found: JobQueue = current_app.extensions[EXTENSION]
    return found


def later(session: Session, name: str, *arguments: Argument) -> None:
    """Queue a job for the worker when the session commits; a rollback forgets it.

    Raises UnknownJobError, and TypeError for arguments that are not ids.
    """
    registry.function_of(name)
    _to_queue.add(session, (name, registry.plain(arguments)))


def now_after_commit(session: Session, name: str, *arguments: Argument) -> None:
    """Run a job in the background of this process right after the session commits; a rollback forgets it.

    For what somebody waits for. It is not tried again: a job that runs every few minutes has to find what was missed.
    Raises UnknownJobError, and TypeError for arguments that are not ids.
    """
    registry.function_of(name)
    _to_do.add(session, (name, registry.plain(arguments)))


def find_queue_length() -> QueueLength | None:
    """Return how many jobs wait, None when the queue does not answer."""
    try:
        return _queue().length()
    except Exception as error:  # SQLite and Redis have nothing in common
        log.warning("The queue of jobs does not answer: %s", type(error).__name__)
        return None


def settle(seconds: float = 20.0) -> bool:
    """Do all that is to be done, in the background and in the queue, before returning; says whether nothing is left.

    For tests and commands. The session's reading transaction is ended, since SQLite's writers would wait for it.
    """
    db.session.rollback()
    return _queue().settle(seconds)


def _hand_on(session: Session) -> None:
    if not is_last_commit(session):
        return
    for_worker, for_now = _to_queue.take(session), _to_do.take(session)
    if not for_worker and not for_now:
        return
    queue = _queue()
    for name, arguments in for_now:
        queue.promptly.put(name, arguments)
    for name, arguments in for_worker:
        # What was committed stays so: to fail now would tell people that it was not.
        try:
            queue.put(name, arguments)
        except Exception as error:
            log.error("Job %s could not be queued: %s", name, type(error).__name__)


event.listen(Session, "after_commit", _hand_on)
