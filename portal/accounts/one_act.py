"""One act of signing in: its changes, its audit and its messages in one transaction, and the session with it."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

from flask import g
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Conflict

from portal.accounts import sessions
from portal.core.database import transaction


@contextmanager
def one_act() -> Iterator[None]:
    """Run one act in a transaction of its own. If that fails, the session is as it was, and nobody is signed in by it.

    Raises Conflict when two requests changed the same user at once, so that a code opens once.
    """
    state = sessions.current()
    contents, rest = copy.deepcopy(dict(state)), dict(vars(state))
    try:
        with transaction():
            yield
    except BaseException as error:
        state.clear()
        state.update(contents)
        vars(state).update(rest)
        g.pop("_login_user", None)
        if isinstance(error, StaleDataError):
            raise Conflict from error
        raise
