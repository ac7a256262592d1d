"""Who counts, and how the same visitor is known again on the same day without anything being kept."""

import datetime as dt
import hashlib
import secrets
import threading

from flask import Request
from flask_security import current_user

from portal.accounts.roles import Role
from portal.core import clock
from portal.search.log.robots import is_prefetch, is_robot

_MOST_SEEN = 200_000
# Whoever works with listings looks for them for other reasons than residents do.
_NOT_COUNTED = frozenset({Role.MODERATOR, Role.LINK_WORKER, Role.GROUP_EDITOR})


class OnceADay:
    """Tells what is seen for the first time on a London day. Safe to use from several threads.

    Only short digests are held, in memory. They are made with a random salt that is never stored; both are forgotten
    at midnight.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day: dt.date | None = None
        self._salt = b""
        self._seen: set[bytes] = set()

    def is_first(self, *what: str) -> bool:
        """Say whether this was not seen before today, and remember it until midnight."""
        told = "\0".join(what).encode("utf-8", "replace")
        with self._lock:
            today = clock.today()
            if self._day != today or len(self._seen) >= _MOST_SEEN:
                self._day, self._salt, self._seen = today, secrets.token_bytes(16), set()
            digest = hashlib.blake2b(told, key=self._salt, digest_size=12).digest()
            if digest in self._seen:
                return False
            self._seen.add(digest)
            return True


def is_counted(asked: Request) -> bool:
    """Say whether a request is a person's who looks for something, and not a robot's or of somebody who works here."""
    if asked.method != "GET" or is_robot(asked.user_agent.string) or is_prefetch(dict(asked.headers)):
        return False
    return not current_user.is_authenticated or _NOT_COUNTED.isdisjoint(current_user.current_roles)


def visitor_of(asked: Request) -> str:
    """Return what tells browsers apart. It is never stored."""
    return f"{asked.remote_addr} {asked.user_agent.string}"
