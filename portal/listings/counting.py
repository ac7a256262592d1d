"""Counts how often services are looked at, saved and found: people, not robots, and nothing about who they are.

Counts wait in memory and are written together, after an answer has left, at most every ten seconds, and at the end of
the process. That the same visitor came twice is known from a set of short digests in memory. They are made with a
random salt that is never stored; both are forgotten at midnight.
"""

import logging
import threading
import time
import uuid
import weakref
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext

import sqlalchemy as sa
from flask import Flask, Response, current_app, has_app_context, request
from flask_security import current_user
from werkzeug.http import parse_cookie

from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.core import clock
from portal.core.text import clean
from portal.listings.access import organisations_of
from portal.listings.models import Seen
from portal.listings.operations.figures import Happened, add_figures
from portal.listings.queries.figures import find_organisation_of
from portal.search.constants import LONGEST_QUESTION
from portal.search.crisis import is_urgent
from portal.search.finding import knows_words
from portal.search.log.robots import is_prefetch, is_robot
from portal.search.log.visitors import OnceADay, visitor_of
from portal.search.shortlist import COOKIE, unpack
from portal.search.text.language import parse
from portal.search.views.addresses import read_results_address

WRITE_EVERY = 10.0
_ACTOR = "job:figures"
# More words than this are a sentence, which says more about a person than about a service.
_MOST_WORDS, _LONGEST_WORDS = 4, 80
_MOST_WAITING = 20_000
# Whoever works with listings looks at them for other reasons than residents do.
_NOT_COUNTED = frozenset({Role.MODERATOR, Role.LINK_WORKER})

log = logging.getLogger(__name__)


class Figures:
    """What one process has counted and not yet written. Safe to use from several threads."""

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        self._lock = threading.Lock()
        self._waiting: Counter[Happened] = Counter()
        self._written_at = time.monotonic()
        self._seen = OnceADay()

    def count(self, visitor: str, service_id: uuid.UUID, kind: Seen, words: str = "") -> None:
        """Count something, unless the same visitor did the same to the same service today.

        `visitor` tells browsers apart; only a digest is held, in memory, until midnight.
        """
        with self._lock:
            is_room = len(self._waiting) < _MOST_WAITING
            if is_room and self._seen.is_first(str(service_id), kind.value, visitor):
                self._waiting[Happened(service_id, clock.today(), kind, words)] += 1

    def is_due(self) -> bool:
        """Say whether something waits and the last writing was ten seconds ago."""
        return bool(self._waiting) and time.monotonic() - self._written_at >= WRITE_EVERY

    def write(self) -> None:
        """Write what waits. What cannot be written waits for the next time."""
        app = self._app()
        with self._lock:
            counts, self._waiting = self._waiting, Counter()
            self._written_at = time.monotonic()
        if app is None or not counts:
            return
        try:
            # After an answer has left there is none; a test's own serves, since its session may be reading.
            with nullcontext() if has_app_context() else app.app_context():
                add_figures(actor=_ACTOR, counts=counts)
        except sa.exc.SQLAlchemyError as error:
            log.warning("Figures could not be written and wait: %s", type(error).__name__)
            with self._lock:
                self._waiting.update(counts)

    def forget(self) -> None:
        """Drop what waits; for the end of a test, whose database is gone before the process ends."""
        with self._lock:
            self._waiting.clear()


def init_app(app: Flask) -> None:
    """Have an application count."""
    figures = app.extensions["figures"] = Figures(app)
    app.after_request(_look_at)
    # At the end of the process the application is still there, and the rest is written.
    weakref.finalize(app, figures.write)


def _look_at(response: Response) -> Response:
    """Count what this answer is about, and write later what is due."""
    figures: Figures = current_app.extensions["figures"]
    look = _LOOKS.get(request.endpoint or "")
    if look and not is_robot(request.user_agent.string) and not is_prefetch(dict(request.headers)):
        look(figures, response)
    if figures.is_due():
        response.call_on_close(figures.write)
    return response


def _at_service(figures: Figures, response: Response) -> None:
    if request.method != "GET" or response.status_code != 200:
        return
    service_id = (request.view_args or {})["service_id"]
    if _is_counted(service_id):
        visitor = visitor_of(request)
        figures.count(visitor, service_id, Seen.VIEWED)
        asked = read_results_address(request.args.get("from", ""))
        if asked is not None and asked.get("q", "").strip() and not is_urgent(asked["q"], asked.getlist("need")):
            figures.count(visitor, service_id, Seen.FOUND, words_to_keep(asked["q"]))


def _at_saving(figures: Figures, response: Response) -> None:
    before = unpack(request.cookies.get(COOKIE, "")).ids
    pairs = [parse_cookie(header.partition(";")[0]) for header in response.headers.getlist("Set-Cookie")]
    after = [one for pair in pairs for one in unpack(pair.get(COOKIE, "")).ids]
    for service_id in set(after) - set(before):
        if _is_counted(service_id):
            figures.count(visitor_of(request), service_id, Seen.SHORTLISTED)


def words_to_keep(text: str) -> str:
    """Return the folded words of a search if all of them stand in the directory, and "" if one does not.

    So nothing is kept that only the visitor can have brought along, such as a name or a number.
    """
    query = parse(clean(text, limit=LONGEST_QUESTION))
    words = [*query.words, *(word for phrase in query.phrases for word in phrase)]
    kept = " ".join(words)
    is_short = 0 < len(words) <= _MOST_WORDS and len(kept) <= _LONGEST_WORDS
    # A telephone number is nobody's word for what they need, also where a listing holds it.
    has_number = any(sign.isdigit() for sign in kept)
    return kept if is_short and not has_number and knows_words(words) else ""


def _is_counted(service_id: uuid.UUID) -> bool:
    """Say whether whoever asks counts as a visitor of this service."""
    if not current_user.is_authenticated:
        return True
    user: User = current_user._get_current_object()
    if any(held.role in _NOT_COUNTED for held in user.current_memberships):
        return False
    own = organisations_of(user)
    return not own or find_organisation_of(service_id) not in own


_LOOKS: dict[str, Callable[[Figures, Response], None]] = {
    "search.service": _at_service,
    "search.save_to_shortlist": _at_saving,
}
