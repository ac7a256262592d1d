"""Who was shown which records. Loaders of personal records call `shown`; one row per request is written.

Within a request the ids are gathered and written before the answer leaves. Outside of one, and once the answer has
begun to leave, they are written at once.
"""

import uuid
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Literal

from portal.audit import operations
from portal.audit.origin import current_origin
from portal.core.database import db

How = Literal["opened", "searched", "exported"]
_Shown = dict[tuple[str, str], list[uuid.UUID]]

_gathered: ContextVar[_Shown | None] = ContextVar("audit_readings", default=None)


def shown(kind: str, ids: Iterable[uuid.UUID], *, how: How = "opened") -> None:
    """Note that records of a kind ("user", "person") are shown to whoever acts now; no ids is a search that found none.

    A streamed answer calls it before it returns, so that the row stands before the first byte leaves. Raises
    AuditUnavailableError when it writes at once and cannot.
    """
    gathered = _gathered.get()
    if gathered is not None:
        gathered.setdefault((kind, how), []).extend(ids)
        return
    session, actor = db.session(), current_origin().actor
    if session.in_transaction() and session.connection().get_execution_options().get("sqlite_write"):
        # An act is under way that must not be ended here: the row stands or falls with it.
        operations.note_reading(session, actor=actor, kind=kind, how=how, ids=ids)
    else:
        operations.record_readings({(kind, how): list(ids)}, actor=actor)


def begin() -> None:
    """Begin to gather, at the start of a request."""
    _gathered.set({})


def write() -> None:
    """Write what was gathered, and gather no more. Raises AuditUnavailableError, and then nothing may be shown."""
    gathered = _gathered.get()
    _gathered.set(None)
    if gathered:
        operations.record_readings(gathered, actor=current_origin().actor)


def forget() -> None:
    """End what `begin` began, at the end of a request."""
    _gathered.set(None)
