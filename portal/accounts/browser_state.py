"""What one browser's session holds during one request."""

import copy
import datetime as dt
import uuid
from typing import Any

from flask.sessions import SessionMixin

from portal.accounts.models import Ending
from portal.accounts.operations.sessions import FORM_TOKEN
from portal.accounts.queries.sessions import LONGEST, SessionRow
from portal.core import clock

STAFF_IDLE_MINUTES = 15
IDLE_MINUTES = 120
SEEN_AT_MOST_EVERY = dt.timedelta(minutes=1)
# What the libraries note for cookies that this site does not use.
_UNKEPT = frozenset({"fs_cc", "_fresh", "_id", "_remember"})


class BrowserState(dict[str, Any], SessionMixin):
    """What one browser's session holds during one request."""

    def __init__(self, contents: dict[str, Any], row: SessionRow | None = None, *, ended: Ending | None = None) -> None:
        super().__init__(contents)
        self.before = copy.deepcopy(contents)
        self.row = row
        # Set when the browser came with a session that is over; `ended_user_id` says whose it was, where that is known.
        self.ended = ended
        self.ended_user_id: uuid.UUID | None = None
        self.user_id = row.user_id if row else None
        self.idle_minutes = row.idle_minutes if row else STAFF_IDLE_MINUTES
        self.is_begun = False
        self.is_renewed = False
        self.is_seen = False
        self.has_left = False
        # The database did not answer, or the request needs no session: nothing is read from it, nothing is written.
        self.is_away = False

    @property
    def kept(self) -> dict[str, Any]:
        """What outlives the request."""
        return {name: value for name, value in self.items() if name not in _UNKEPT}

    @property
    def is_light(self) -> bool:
        """Whether nothing but the form token is held, so that no row is needed."""
        return self.user_id is None and set(self.kept) <= {FORM_TOKEN}

    @property
    def ends_at(self) -> dt.datetime | None:
        """The instant at which the session of somebody signed in ends if nothing more is done, or None."""
        if self.row is None or self.user_id is None:
            return None
        seen_at = clock.now() if self.is_seen else self.row.seen_at
        return min(seen_at + dt.timedelta(minutes=self.idle_minutes), self.row.begun_at + LONGEST)

    def note_use(self) -> None:
        """Let this request keep the session alive; it is written down at most once a minute."""
        row = self.row
        self.is_seen = row is not None and clock.now() - row.seen_at >= SEEN_AT_MOST_EVERY
