"""From where, in which session and by whom something is done just now. Set at the start of each request."""

from contextvars import ContextVar
from dataclasses import dataclass

import click

from portal.core import jobs

ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Origin:
    """Network address, id of the session, and who acts; address and session are empty for commands and jobs."""

    address: str
    session: str
    actor: str


_current: ContextVar[Origin | None] = ContextVar("audit_origin", default=None)


def set_origin(address: str, session: str, *, actor: str = ANONYMOUS) -> None:
    """Say where this request comes from: network address, id of the session, and who is signed in.

    To be called again when one of them changes, as at sign-in. Forgotten at the end of the request.
    """
    _current.set(Origin(address, session, actor))


def forget_origin() -> None:
    """End what `set_origin` began."""
    _current.set(None)


def current_origin() -> Origin:
    """Return the origin of what is done now. Outside of a request the actor is the job or the command that runs."""
    return _current.get() or Origin("", "", _program())


def _program() -> str:
    job = jobs.current_job()
    if job is not None:
        return f"job:{job}"
    command = click.get_current_context(silent=True)
    return command.command_path if command is not None else "command"
