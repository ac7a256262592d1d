"""The log's memory in one process: what was noticed waits for a few seconds, and a thread of its own writes it.

What waits is reduced to what may be kept before it is written. Whatever goes wrong, no request waits for it.
"""

import datetime as dt
import logging
import os
import random
import threading
import uuid
import weakref
from collections import deque
from collections.abc import Hashable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, has_app_context

from portal.core import clock
from portal.core.database import reading
from portal.geo.areas import area_index
from portal.search.crisis import is_urgent
from portal.search.finding import known_words
from portal.search.log.operations import add_searches
from portal.search.log.reducing import what_to_keep
from portal.search.log.visitors import OnceADay
from portal.search.results import SearchRequest
from portal.search.text.synonyms import Synonyms
from portal.search.text.words import tokens
from portal.search.wordlists import read_lists_mark, read_synonyms

# At most 10 seconds may be lost when a process is killed; half of that leaves time to write.
MOST_LOST = 10.0
WRITE_EVERY = 5.0
WRITE_FROM = 200
MOST_WAITING = 5_000
_ACTOR = "job:searches"
# The database is busy or away: the same rows can be written later. Other faults would come again.
_PASSES = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Noticed:
    """A search with the number of services found, or the opening of a service from one."""

    question: SearchRequest
    found: int = 0
    service_id: uuid.UUID | None = None
    day: dt.date = field(default_factory=clock.today)


class SearchLog:
    """What one process has noticed and not yet written. Safe to use from several threads, and after a fork."""

    def __init__(self, app: Flask, every: float = WRITE_EVERY) -> None:
        """Take the application, and the seconds after which what waits is written."""
        self._app = weakref.ref(app)
        self._every = every
        self._is_held = self._is_closed = False
        self._begin()

    def _begin(self) -> None:
        """Begin empty: what waits in a process stays with it, also when it makes others by a fork."""
        self._process = os.getpid()
        self._news = threading.Condition()
        self._flushing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._noticed: deque[Noticed] = deque()
        self._rows: deque[dict[str, Any]] = deque()
        self._known: tuple[Hashable, Synonyms] | None = None
        self._lost = 0
        self._has_failed = False
        self.seen = OnceADay()

    @property
    def waiting(self) -> int:
        """How many searches and openings wait to be written."""
        return len(self._noticed) + len(self._rows)

    def hold(self) -> None:
        """Write nothing by itself from now on, only when told to `flush`: for tests, which have to know when."""
        self._is_held = True

    def note(self, noticed: Noticed) -> None:
        """Have something written within seconds; returns at once. When too much waits, the oldest goes."""
        if self._process != os.getpid():
            self._begin()
        with self._news:
            if self._is_closed:
                return
            self._noticed.append(noticed)
            self._drop_oldest()
            if not self._is_held and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, name="search-log", daemon=True)
                self._thread.start()
            if self.waiting == 1 or self.waiting >= WRITE_FROM:
                self._news.notify()

    def flush(self) -> None:
        """Write what waits, in one short transaction. What cannot be written now waits for the next time."""
        app = self._app()
        if app is None or self._process != os.getpid():
            return
        # A test's own context serves, since its session may be reading.
        with self._flushing, nullcontext() if has_app_context() else app.app_context():
            try:
                self._reduce()
                self._write()
                self._has_failed = False
            except _PASSES as error:
                self._has_failed = True
                log.warning("%d searches could not be logged yet: %s", self.waiting, type(error).__name__)
            except Exception as error:
                self._lost += self.waiting
                self.forget()
                log.error("Searches could not be logged: %s", type(error).__name__)
        with self._news:
            lost, self._lost = self._lost, 0
        if lost:
            log.warning("%d searches were not logged.", lost)

    def forget(self) -> None:
        """Drop what waits; for the end of a test, whose database is gone before the process ends."""
        with self._news:
            self._noticed.clear()
            self._rows.clear()

    def close(self) -> None:
        """Stop the thread and write the rest. Nothing is noticed from now on."""
        if self._process != os.getpid():
            return
        with self._news:
            self._is_closed = True
            self._news.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=MOST_LOST)
        if self.waiting:
            self.flush()

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._is_closed or self.waiting)
                # After a failure a full batch is no reason to hurry.
                self._news.wait_for(
                    lambda: self._is_closed or (self.waiting >= WRITE_FROM and not self._has_failed), self._every
                )
                if self._is_closed:
                    return
            self.flush()

    def _reduce(self) -> None:
        """Turn what was noticed into rows, which hold nothing that a person may have brought along."""
        with self._news:
            noticed, count = list(self._noticed), len(self._noticed)
        if not noticed:
            return
        known = known_words({word for one in noticed for word in tokens(one.question.words)})
        synonyms, areas = self._synonyms(), area_index()
        rows = []
        for one in noticed:
            # Somebody may have made it a word of crisis meanwhile.
            if is_urgent(one.question.q, one.question.needs):
                continue
            row = what_to_keep(one.question, known.__contains__, synonyms, areas)
            row |= {"id": uuid.uuid4(), "day": one.day}
            if one.service_id is None:
                row["found"] = one.found
            else:
                row["service_id"] = one.service_id
                del row["filters"], row["radius"]
            rows.append(row)
        with self._news:
            # Meanwhile more may have come behind them, and the oldest may have gone.
            for _ in range(min(count, len(self._noticed))):
                self._noticed.popleft()
            self._rows.extend(rows)
            self._drop_oldest()

    def _synonyms(self) -> Synonyms:
        """Return the words people use, read anew when somebody has changed them."""
        with reading() as connection:
            mark = read_lists_mark(connection)
            if self._known is None or self._known[0] != mark:
                self._known = mark, read_synonyms(connection)
        return self._known[1]

    def _write(self) -> None:
        """Write the rows in an order that says nothing of the order in which they came."""
        rows = list(self._rows)
        if not rows:
            return
        random.SystemRandom().shuffle(rows)
        add_searches(
            actor=_ACTOR,
            searches=[row for row in rows if "service_id" not in row],
            openings=[row for row in rows if "service_id" in row],
        )
        with self._news:
            self._rows.clear()

    def _drop_oldest(self) -> None:
        while self.waiting > MOST_WAITING:
            (self._rows or self._noticed).popleft()
            self._lost += 1


def init_app(app: Flask) -> None:
    """Have an application log what is looked for."""
    from portal.search.log import jobs  # noqa: F401 - the worker has to know them

    found = app.extensions["search_log"] = SearchLog(app)
    # At the end of the process the application is still there, and the rest is written.
    weakref.finalize(app, found.close)


def search_log() -> SearchLog:
    """Return the log of the running application."""
    found: SearchLog = current_app.extensions["search_log"]
    return found
