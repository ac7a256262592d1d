"""What is noted: in the same transaction, in one chain, with where it came from, and never changed."""

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.accounts.models import Team
from portal.audit import operations, origin
from portal.audit.chain import COLUMNS, START, Walk, hash_of
from portal.audit.errors import AuditUnavailableError
from portal.audit.keys import address_seal
from portal.audit.models import AuditEntry
from portal.audit.operations import note
from portal.audit.verifying import verify
from portal.core import clock
from portal.core.database import transaction

LENA = f"user:{uuid.UUID(int=7)}"


@pytest.fixture
def from_home() -> Iterator[None]:
    origin.set_origin("192.0.2.7", "session-1", actor=LENA)
    yield
    origin.forget_origin()


def entries(database: SQLAlchemy) -> list[AuditEntry]:
    with Session(database.engine) as session:
        return list(session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)))


def acts(database: SQLAlchemy) -> list[str]:
    return [entry.act for entry in entries(database)]


def is_whole(database: SQLAlchemy) -> bool:
    return list(verify(database.engine, Walk())) == []


def test_an_act_is_noted_with_all_that_is_known(database: SQLAlchemy, from_home: None) -> None:
    team_id = uuid.uuid4()
    with transaction() as session:
        note(
            session,
            actor=LENA,
            act="team:rename",
            about="team",
            about_id=team_id,
            before={"name": "changed", "ended": None},
            after={"name": "changed", "areas": {uuid.UUID(int=2), uuid.UUID(int=1)}, "on": clock.today()},
        )
    (entry,) = entries(database)
    assert (entry.number, entry.previous_hash) == (1, START)
    assert (entry.actor, entry.act, entry.about, entry.about_id) == (LENA, "team:rename", "team", team_id)
    assert entry.session == "session-1"
    assert entry.address is not None
    assert b"192.0.2.7" not in entry.address
    assert address_seal().decrypt(entry.address) == b"192.0.2.7"
    assert json.loads(entry.before or "") == {"name": "changed", "ended": None}
    assert json.loads(entry.after or "") == {
        "name": "changed",
        "areas": [str(uuid.UUID(int=1)), str(uuid.UUID(int=2))],
        "on": "2026-11-23",
    }
    assert entry.shown is None
    assert entry.at.tzinfo is not None
    assert entry.hash == hash_of({name: getattr(entry, name) for name in (*COLUMNS, "hash")})
    assert is_whole(database)


def test_numbers_have_no_gaps_over_transactions(database: SQLAlchemy) -> None:
    for start in (1, 4, 7):
        with transaction() as session:
            for number in range(start, start + 3):
                note(session, actor="portal test", act=f"thing:act{number}")
    found = entries(database)
    assert [entry.number for entry in found] == list(range(1, 10))
    assert [entry.act for entry in found] == [f"thing:act{number}" for number in range(1, 10)]
    assert all(later.previous_hash == earlier.hash for earlier, later in pairwise(found))
    assert is_whole(database)


def test_a_rollback_drops_what_was_noted(database: SQLAlchemy) -> None:
    class StopError(Exception):
        pass

    with pytest.raises(StopError), transaction() as session:
        note(session, actor="portal test", act="thing:lost")
        raise StopError
    with transaction() as session:
        note(session, actor="portal test", act="thing:kept")
    assert acts(database) == ["thing:kept"]


def test_a_savepoint_drops_only_its_own(database: SQLAlchemy) -> None:
    with transaction() as session:
        note(session, actor="portal test", act="thing:before")
        outer = session.begin_nested()
        note(session, actor="portal test", act="thing:outer")
        with session.begin_nested():
            note(session, actor="portal test", act="thing:released-inside")
        outer.rollback()
        with session.begin_nested():
            note(session, actor="portal test", act="thing:released")
        inner = session.begin_nested()
        note(session, actor="portal test", act="thing:inner")
        inner.rollback()
        note(session, actor="portal test", act="thing:after")
    assert acts(database) == ["thing:before", "thing:released", "thing:after"]
    assert is_whole(database)


def test_a_flush_that_fails_in_a_savepoint_drops_only_its_own(database: SQLAlchemy) -> None:
    with transaction() as session:
        session.add(Team(name="Central"))
        session.flush()
        note(session, actor="portal test", act="team:add")
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            note(session, actor="portal test", act="team:add-twice")
            session.add(Team(name="Central"))
            session.flush()
    assert acts(database) == ["team:add"]


def test_a_session_that_is_closed_forgets(database: SQLAlchemy) -> None:
    session = Session(database.engine)
    session.connection()
    note(session, actor="portal test", act="thing:lost")
    session.close()
    session.connection()
    session.commit()
    assert acts(database) == []


def test_a_note_belongs_into_a_transaction(database: SQLAlchemy) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        note(Session(database.engine), actor="portal test", act="thing:lost")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"act": "opened the file"}, ValueError),
        ({"act": "thing:" + "x" * 80}, ValueError),
        ({"actor": ""}, ValueError),
        ({"actor": "x" * 81}, ValueError),
        ({"after": {"what": object()}}, TypeError),
    ],
)
def test_what_does_not_fit_is_refused_at_once(database: SQLAlchemy, values: dict, error: type[Exception]) -> None:
    with transaction() as session, pytest.raises(error):
        note(session, **{"actor": "portal test", "act": "thing:change", **values})


def test_without_the_audit_nothing_happens(database: SQLAlchemy) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE audit_entry RENAME TO elsewhere"))
    try:
        with pytest.raises(AuditUnavailableError), transaction() as session:
            session.add(Team(name="Central"))
            note(session, actor="portal test", act="team:add")
        with Session(database.engine) as session:
            assert session.scalars(sa.select(Team)).all() == []
    finally:
        with database.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO audit_entry"))
    with transaction() as session:
        note(session, actor="portal test", act="thing:after")
    assert acts(database) == ["thing:after"]


def test_a_chain_that_stays_locked_undoes_the_act(database: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "LOCK_SECONDS", 1)
    is_sqlite = database.engine.dialect.name == "sqlite"
    with impatient(database), Session(database.engine) as other:
        lock = "BEGIN IMMEDIATE" if is_sqlite else "LOCK TABLE audit_entry IN ACCESS EXCLUSIVE MODE"
        if is_sqlite:
            other.connection(execution_options={"sqlite_write": True})
        else:
            other.execute(sa.text(lock))
        # On SQLite the act cannot even begin, since there the whole database is locked.
        with pytest.raises((AuditUnavailableError, sa.exc.OperationalError)), transaction() as session:
            session.add(Team(name="Central"))
            note(session, actor="portal test", act="team:add")
        with pytest.raises(AuditUnavailableError):
            operations.record_readings({("person", "opened"): [uuid.UUID(int=1)]}, actor=LENA)
    with Session(database.engine) as session:
        assert session.scalars(sa.select(Team)).all() == []
    assert acts(database) == []


@contextmanager
def impatient(database: SQLAlchemy) -> Iterator[None]:
    """Let new SQLite connections wait for a lock for a fifth of a second only."""

    def hurry(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA busy_timeout = 200")

    database.session.remove()
    database.engine.dispose()
    event.listen(database.engine, "connect", hurry)
    yield
    event.remove(database.engine, "connect", hurry)
    database.engine.dispose()


def test_two_who_read_and_then_note_never_fork_the_chain(database: SQLAlchemy) -> None:
    """PostgreSQL lets both write, one after the other; SQLite lets one, and the other's act is undone."""
    failed = 0
    with impatient(database):
        sessions = [Session(database.engine), Session(database.engine)]
        for session in sessions:
            session.scalars(sa.select(AuditEntry)).all()
            note(session, actor="portal test", act="thing:change")
        for session in sessions:
            try:
                session.commit()
            except (AuditUnavailableError, sa.exc.OperationalError):
                failed += 1
                session.rollback()
            session.close()
    assert failed == (1 if database.engine.dialect.name == "sqlite" else 0)
    assert len(acts(database)) == 2 - failed
    assert is_whole(database)


CHANGES = {
    "both": [
        "UPDATE audit_entry SET actor = 'user:nobody'",
        "UPDATE audit_entry SET number = 17 WHERE number = 2",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE number = 2",
        "INSERT INTO audit_entry SELECT * FROM audit_entry WHERE number = 1 "
        "ON CONFLICT (number) DO UPDATE SET actor = 'user:nobody'",
    ],
    "postgresql": ["TRUNCATE audit_entry"],
    "sqlite": [
        "INSERT OR REPLACE INTO audit_entry SELECT number, at, 'x', address, session, act, about, about_id, before, "
        "after, shown, previous_hash, hash FROM audit_entry"
    ],
}


def test_the_database_refuses_to_change_a_row(database: SQLAlchemy) -> None:
    with transaction() as session:
        note(session, actor="portal test", act="thing:one")
        note(session, actor="portal test", act="thing:two")
    before = [entry.hash for entry in entries(database)]
    for statement in CHANGES["both"] + CHANGES[database.engine.dialect.name]:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.engine.begin() as connection:
            connection.execute(sa.text(statement))
        assert [entry.hash for entry in entries(database)] == before, statement
    assert is_whole(database)
