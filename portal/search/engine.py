"""The search of one application: looks at most every half second whether anything changed, and answers from memory.

The database is the truth. What changed there is read at once; the index on disk follows in the background, and until it
has, the services that it lacks are looked up in memory. So an answer is right whatever state the index is in.

With PostgreSQL its tables answer instead (`portal.search.postgres`), and memory only until they are filled.
"""

import logging
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, current_app

from portal.core import clock
from portal.core.database import reading
from portal.core.settings import Settings
from portal.directory import calendar
from portal.directory import index_queries as directory
from portal.directory.changes import changed
from portal.directory.index_queries import Watermark
from portal.search import state as states
from portal.search.columns.sessions import expand
from portal.search.columns.vocabulary import fits
from portal.search.comparing import Difference, difference, difference_in_postgres
from portal.search.constants import CHANGES_AT_ONCE, LOOK_EVERY
from portal.search.documents import read_documents
from portal.search.index.folder import DamagedIndexError, IndexFolder, Stamp
from portal.search.index.reading import IndexReader
from portal.search.index.writing import Texts, digest, write_all
from portal.search.keeper import Job, Keeper, counting
from portal.search.loading import load
from portal.search.postgres import keeping
from portal.search.postgres.known import Known, Tables
from portal.search.postgres.reading import Reader
from portal.search.state import State
from portal.search.wordlists import read_lists_mark, read_synonyms

log = logging.getLogger(__name__)


class Engine:
    """What one process knows, and the keeper of its index. Safe to use from several threads."""

    def __init__(self, chosen: Settings) -> None:
        self.folder = IndexFolder(chosen.search_index, secret=chosen.secret_key, database=chosen.database)
        self._state: State | None = None
        self._lock = threading.RLock()
        self._looked_at = float("-inf")
        self._news = self._news_seen = 0
        self._stamp: Stamp | None = None
        self._is_being_written = False
        # Whether PostgreSQL answers and keeps its own tables.
        self.answers_in_postgres = chosen.database.startswith("postgresql")
        self._tables, self.reader = Tables(), Reader()
        self._keeper = Keeper(self.folder, self.look_again)

    def look_again(self, *_sender: object) -> None:
        """Compare with the database at the next question, without waiting for the half second to pass."""
        self._news += 1

    def close(self) -> None:
        """Stop what runs in the background, and close the connections that only the search uses."""
        self._keeper.close()
        self.reader.close()

    def known_tables(self) -> Known | None:
        """Return what is known of the tables in PostgreSQL; None when they are not to answer, or cannot yet."""
        return self._tables.known() if self.answers_in_postgres else None

    def known(self) -> State | Known:
        """Return what is known now by whichever engine answers. Needs an application context."""
        tables = self.known_tables()
        if tables is not None and self._state is not None:
            # What was read while the tables were empty is not needed any more.
            with self._lock:
                self._state = None
        return tables or self.state()

    def state(self) -> State:
        """Return what is known now. Needs an application context; reads the database when half a second has passed."""
        state = self._state
        if state is not None and self._is_fresh():
            return self._of_today(state)
        # Whoever comes while another thread is looking takes what there is, unless this process itself made news.
        can_wait = state is None or self._news != self._news_seen
        if not self._lock.acquire(blocking=can_wait) and state is not None:
            return state
        try:
            if self._state is None or not self._is_fresh():
                news = self._news
                self._state = self._look(self._state)
                self._news_seen, self._looked_at = news, time.monotonic()
            return self._of_today(self._state)
        finally:
            self._lock.release()

    def _is_fresh(self) -> bool:
        return self._news == self._news_seen and 0 <= time.monotonic() - self._looked_at < LOOK_EVERY

    def rebuild(self, progress: Callable[[int, int], None]) -> bool:
        """Write the whole index anew now; says False when another process is at it. `progress` gets (done, all)."""
        if self.answers_in_postgres:
            keeping.rebuild(progress)
            return True
        state = load()
        services = texts_of(state)
        written = write_all(self.folder, services, state.watermark, progress=lambda done: progress(done, len(services)))
        self.look_again()
        return written is not None

    def difference(self) -> Difference:
        """Compare every service of the directory with the index. Raises DamagedIndexError if there is none to trust."""
        if self.answers_in_postgres:
            return difference_in_postgres()
        state = load()
        generation = self.folder.current()
        if generation is None:
            raise DamagedIndexError("there is no index")
        held = IndexReader(self.folder, generation).digests()
        wanted = {service_id: digest(texts) for service_id, texts in texts_of(state)}
        return difference(wanted, held)

    def settle(self, seconds: float = 20.0) -> bool:
        """Wait until the index has caught up; says whether it did. For commands and tests."""
        if self.answers_in_postgres:
            if self.known_tables() is None:
                keeping.turn_page()
            return True
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.look_again()
            if not (self.state().is_behind or self._is_being_written):
                return True
            time.sleep(0.02)
        return False

    def _look(self, before: State | None) -> State:
        self._is_being_written = False
        found = self._followed(before, before) if before is not None else None
        while found is None:
            fresh = replace(load(), reader=before.reader if before is not None else None)
            found = self._followed(fresh, before)
        return found

    def _followed(self, state: State, before: State | None) -> State | None:
        """Return a state with what has changed since and with its index; None when everything has to be read anew."""
        with reading() as connection:
            found = self._caught_up(connection, state)
            if found is None:
                return None
            found, seen = _with_lists(connection, found), counting(self.folder)
            if found is not before or found.is_behind or self._disk_changed():
                found = self._read_index(connection, found)
        # While somebody is putting a new index in its place, nobody can tell what it lacks.
        if found.is_behind and not self._is_being_written:
            self._keeper.ask(_job(found, seen))
        return found

    def _caught_up(self, connection: sa.Connection, state: State) -> State | None:
        """Return the state with what has changed since; None when that is too much."""
        newest = directory.read_watermark(connection)
        if newest == state.watermark:
            return state
        ids = None
        if directory.find_watermark(connection, state.watermark.sequence) == state.watermark:
            ids = directory.changed_since(connection, state.watermark.sequence, CHANGES_AT_ONCE)
        terms = directory.read_terms(connection)
        # Another calendar moves the sessions of services that nobody touched.
        is_same_year = calendar.read_number(connection) == state.columns.sessions.calendar.number
        if ids is None or not is_same_year or newest.sequence < state.watermark.sequence:
            return None
        documents = read_documents(connection, terms, sorted(ids))
        columns = state.columns
        too_many_gone = len(columns.documents) > 2 * columns.count + 1000
        if too_many_gone or not fits(columns.vocabulary, documents, terms.values()):
            return None
        return states.with_changes(state, documents, ids, newest)

    def _disk_changed(self) -> bool:
        try:
            return self.folder.stamp() != self._stamp
        except (DamagedIndexError, OSError):
            return True

    def _read_index(self, connection: sa.Connection, state: State) -> State:
        """Look the words up in the index as far as it can be trusted."""
        reader = state.reader
        try:
            stamp = self.folder.stamp()
            if reader is None or stamp != self._stamp:
                opened = self._open(reader)
                self._stamp = self._stamp if opened is reader else stamp
                reader = opened
            if reader is not None and reader is state.reader and state.sources:
                return state
            pending = _pending(connection, reader.watermark) if reader is not None else None
        # Whoosh meets damage with at least ten kinds of exception; whichever it is, the index is made anew.
        except Exception as error:
            log.warning("The search index cannot be used and is made anew: %s: %s", type(error).__name__, error)
            reader, pending, self._stamp = None, None, None
        if reader is None or pending is None:
            return state if state.reader is None and state.sources else states.from_memory(state)
        return states.with_reader(state, reader, pending)

    def _open(self, before: IndexReader | None) -> IndexReader | None:
        with self.folder.lock("write", shared=True) as is_free:
            self._is_being_written = not is_free
            if not is_free:
                return before
            generation = self.folder.current()
            return None if generation is None else IndexReader(self.folder, generation, before)

    def _of_today(self, state: State) -> State:
        """Return the state with sessions as seen from today; the old ones serve for the moment after midnight."""
        today = clock.today()
        if state.columns.sessions.today == today:
            return state
        if abs((today - state.columns.sessions.today).days) > 1:
            return self._turn_page(state)
        self._keeper.ask(lambda: self._turn_page(state))
        return state

    def _turn_page(self, state: State) -> State:
        """Expand the sessions as seen from today, unless the rules have changed meanwhile."""
        sessions = expand(tuple(state.columns.rules), clock.today(), calendar=state.columns.sessions.calendar)
        with self._lock:
            current = self._state
            if current is None or current.columns.rules is not state.columns.rules:
                return state
            self._state = replace(current, columns=replace(current.columns, sessions=sessions))
            return self._state


def texts_of(state: State) -> list[Texts]:
    """Return the id and the folded fields of every service that counts."""
    columns = state.columns
    rows = sorted(columns.row_by_number.values())
    return [(columns.documents[row].id, columns.documents[row].texts) for row in rows]


def _with_lists(connection: sa.Connection, state: State) -> State:
    """Return the state with the words people use as they are now. Columns and sources stay."""
    mark = read_lists_mark(connection)
    if mark == state.lists_mark:
        return state
    return replace(state, synonyms=read_synonyms(connection), lists_mark=mark)


def _pending(connection: sa.Connection, held: Watermark) -> set[uuid.UUID] | None:
    """Return the services that changed since an index was written. None when it belongs to another history.

    That is so when its last change is not in the database, or when it is so old that changes after it are gone.
    """
    if directory.find_watermark(connection, held.sequence) != held:
        raise DamagedIndexError("it was made from another database, or the notes of what changed since are gone")
    if held.sequence == 0 and directory.oldest_change(connection) > 1:
        raise DamagedIndexError("the notes of what changed since are gone")
    return directory.changed_since(connection, held.sequence, CHANGES_AT_ONCE)


def _job(state: State, seen: Path | None) -> Job:
    """Return what has to be written: the changes; or everything when there is no index, half of it is old, or it
    says that it is level and yet lacks something."""
    behind = state.behind
    is_level = state.reader is not None and state.reader.watermark == state.watermark
    if state.reader is None or is_level or len(behind) > state.columns.count // 2:
        return Job(state.watermark, lambda: texts_of(state), seen=seen)
    changes: dict[uuid.UUID, Sequence[str] | None] = dict.fromkeys(state.extra)
    changes |= {document.id: document.texts for document in behind}
    return Job(state.watermark, lambda: texts_of(state), changes, seen)


def init_app(app: Flask) -> None:
    """Give an application its search. The database is not touched before the first question."""
    engine = Engine(app.extensions["settings"])
    app.extensions["search"] = engine
    keeping.listen()
    # The signal keeps only a weak reference; a site that is gone is forgotten.
    changed.connect(engine.look_again)
    weakref.finalize(app, engine.close)


def engine() -> Engine:
    """Return the search of the running application."""
    found: Engine = current_app.extensions["search"]
    return found
