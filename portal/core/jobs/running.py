"""Running one job: in an application context of its own, its errors logged without what it worked on."""

import logging
import traceback
from collections.abc import Sequence
from contextvars import ContextVar

from flask import Flask

from portal.core.database import db
from portal.core.jobs import registry, states

log = logging.getLogger(__name__)

_current: ContextVar[str | None] = ContextVar("job", default=None)


class JobFailedError(Exception):
    """A job failed; what happened has been logged."""


def current_job() -> str | None:
    """Return the name of the job that runs just now in this thread, None when there is none."""
    return _current.get()


def run(app: Flask, name: str, arguments: Sequence[registry.Plain]) -> None:
    """Run a job now. Raises JobFailedError, which tells nothing about why."""
    token = _current.set(name)
    try:
        with app.app_context():
            states.note_begun(name)
            try:
                registry.function_of(name)(*arguments)
            except Exception as error:
                db.session.rollback()
                _log(name, error)
                states.note_failed(name, type(error).__name__)
                raise JobFailedError(name) from None
            # A reading transaction that is left open would keep SQLite's writers waiting.
            db.session.rollback()
            states.note_ended(name)
    finally:
        _current.reset(token)


def _log(name: str, error: Exception) -> None:
    """Log where an error happened, but not its words: they may hold what somebody confided."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    where = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    log.error("Job %s failed: %s at %s", name, type(error).__name__, where)
