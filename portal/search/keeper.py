"""Keeps the index on disk level with what the process knows, in a thread of its own that never asks the database."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.directory.index_queries import Watermark
from portal.search.index.folder import DamagedIndexError, IndexFolder
from portal.search.index.writing import Texts, write_all, write_changes

log = logging.getLogger(__name__)

# After a failure the keeper waits before it tries again, so that a full disk does not keep a processor busy.
PAUSE_SECONDS = 30.0


class StoppedError(Exception):
    """The process is closing; a generation that is half written is left behind and never counts."""


def counting(folder: IndexFolder) -> Path | None:
    """Return the generation that counts, None when there is none that can be told."""
    try:
        return folder.current()
    except (DamagedIndexError, OSError):
        return None


@dataclass(frozen=True)
class Job:
    """What is to be written: `changes` into the index that counts; or, when there are none, all `services` anew.

    `seen` is the generation that counted when the need was seen. If another counts by now, somebody has been quicker.
    """

    watermark: Watermark
    services: Callable[[], Sequence[Texts]]
    changes: dict[uuid.UUID, Sequence[str] | None] | None = None
    seen: Path | None = None


class Keeper:
    """Takes the newest job, drops older ones, and calls `done` after each that was written."""

    def __init__(self, folder: IndexFolder, done: Callable[[], None]) -> None:
        self._folder = folder
        self._done = done
        self._job: Job | Callable[[], object] | None = None
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._pause_until = 0.0
        self._needs_all = False

    def ask(self, job: Job | Callable[[], object]) -> None:
        """Have a job written, or something else done, in the background; returns at once."""
        with self._news:
            if self._is_closed or time.monotonic() < self._pause_until:
                return
            self._job = job
            # A thread does not survive a fork of the process, so it is looked after at every job.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="search-index", daemon=True)
                self._thread.start()
            self._news.notify()

    def close(self) -> None:
        """Stop the thread; a job that is being written is given up."""
        with self._news:
            self._is_closed = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _work(self) -> None:
        while True:
            with self._news:
                while self._job is None and not self._is_closed:
                    self._news.wait()
                if self._is_closed:
                    return
                job, self._job = self._job, None
            if job is not None:
                self._do(job)

    def _do(self, job: Job | Callable[[], object]) -> None:
        try:
            if not isinstance(job, Job):
                job()
            elif job.changes is None or self._needs_all:
                self._write_all(job)
            else:
                write_changes(self._folder, job.changes, job.watermark)
        except StoppedError:
            return
        # Whoosh meets damage with at least ten kinds of exception; whichever it is, the index is made anew.
        except Exception as error:
            log.warning(
                "The search index could not be written and will be made anew: %s: %s", type(error).__name__, error
            )
            if self._needs_all or not isinstance(job, Job) or job.changes is None:
                self._pause_until = time.monotonic() + PAUSE_SECONDS
            self._needs_all = True
        self._done()

    def _write_all(self, job: Job) -> None:
        write_all(
            self._folder,
            job.services(),
            job.watermark,
            progress=self._stop_when_closed,
            only_if=lambda: counting(self._folder) == job.seen,
        )
        self._needs_all = False

    def _stop_when_closed(self, _count: int) -> None:
        if self._is_closed:
            raise StoppedError
