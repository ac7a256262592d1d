"""What changes the audit: only appending. Nothing here, nor anywhere else, changes or removes a row."""

import datetime as dt
import enum
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.audit import queries
from portal.audit.chain import hash_of
from portal.audit.errors import AuditUnavailableError
from portal.audit.keys import address_seal
from portal.audit.models import AuditEntry
from portal.audit.origin import current_origin
from portal.core import clock
from portal.core.database import transaction
from portal.core.gathering import Gathering, is_last_commit

# Any number will do, as long as nothing else in this database locks the same one.
_CHAIN_LOCK = 7_318_205
# How long PostgreSQL waits for the chain or its table, in seconds; SQLite has its own `busy_timeout`.
LOCK_SECONDS = 10
_ACT = re.compile(r"[a-z][a-z0-9_ -]*:[a-z][a-z0-9_ -]*")
_LONGEST = {"actor": 80, "act": 80, "about": 80}

_notes: Gathering[dict[str, Any]] = Gathering()


def note(
    session: Session,
    *,
    actor: str,
    act: str,
    about: str = "",
    about_id: uuid.UUID | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Note an act in the caller's transaction; it stands in the audit when that commits, or the commit fails.

    `actor` is `user:<uuid>`, a command or a job; `act` is `resource:verb`; `about` and `about_id` say on what.
    `before` and `after` hold what changed; a sensitive value is given as the word "changed". Address and session
    come from `audit.origin`. Raises ValueError for words that do not fit, TypeError for values that are not plain.
    The commit raises AuditUnavailableError when the row cannot be written.
    """
    _gather(session, actor=actor, act=act, about=about, about_id=about_id, before=_json(before), after=_json(after))


def note_reading(session: Session, *, actor: str, kind: str, how: str, ids: Iterable[uuid.UUID]) -> None:
    """Note that records were shown, with all their ids in the order shown. Raises as `note` does."""
    shown = json.dumps([str(one) for one in dict.fromkeys(ids)])
    _gather(session, actor=actor, act=f"{kind}:{how}", about=kind, shown=shown)


def record_readings(readings: Mapping[tuple[str, str], Iterable[uuid.UUID]], *, actor: str) -> None:
    """Write one row for each (kind, how) in a transaction of their own. Raises AuditUnavailableError."""
    try:
        with transaction() as session:
            for (kind, how), ids in readings.items():
                note_reading(session, actor=actor, kind=kind, how=how, ids=ids)
    except sa.exc.SQLAlchemyError as error:
        raise AuditUnavailableError from error


def _gather(session: Session, **values: Any) -> None:
    if not _ACT.fullmatch(values["act"]):
        raise ValueError(f"An act is written resource:verb, not {values['act']!r}.")
    for name, longest in _LONGEST.items():
        if len(values[name]) > longest:
            raise ValueError(f"{name} has more than {longest} characters.")
    if not values["actor"]:
        raise ValueError("An act needs an actor.")
    origin = current_origin()
    address = address_seal().encrypt(origin.address.encode()) if origin.address else None
    blank: dict[str, Any] = dict.fromkeys(("about_id", "before", "after", "shown"))
    _notes.add(session, {**blank, **values, "at": clock.now(), "address": address, "session": origin.session[:64]})


def _json(values: Mapping[str, object] | None) -> str | None:
    """Return plain JSON in ASCII, the same for the same values."""
    return None if values is None else json.dumps(dict(values), sort_keys=True, default=_simple)


def _simple(value: object) -> object:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (uuid.UUID, dt.date)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    raise TypeError(f"The audit takes plain values, not {type(value).__name__}.")


def _append(session: Session) -> None:
    """Append what was noted to the chain, as the last thing before a commit.

    PostgreSQL is told to wait for the chain, so that numbers have no gaps and no two rows follow the same one. SQLite
    has one writer: what this transaction read stays true until it commits, or its writing fails.
    """
    if not is_last_commit(session):
        return
    entries = _notes.take(session)
    if not entries:
        return
    # All other writing comes first: while the chain is held, everybody else who acts is waiting.
    session.flush()
    try:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS * 1000:d}ms'"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK)))
        number, previous = queries.last_link(connection)
        for entry in entries:
            number += 1
            entry |= {"number": number, "previous_hash": previous}
            previous = entry["hash"] = hash_of(entry)
        connection.execute(sa.insert(AuditEntry), entries)
    except sa.exc.SQLAlchemyError as error:
        raise AuditUnavailableError from error


event.listen(Session, "before_commit", _append)
