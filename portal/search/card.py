"""What a card of a service shows, in words: filled from rows, read by the templates."""

import datetime as dt
import uuid
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A state with colour, shape and words. `tone` is ok, soon, calm, info or bad."""

    tone: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """One service on one card.

    `name` and `summary` are escaped, with `<mark>` around the words that matched. `starts_on` fills the
    date plate (None: no plate, `plate_icon` instead: phone, screen, house, door). `next_session` is
    "Tuesday 24 November, 10.30 to 11.30am"; `when` "Every Monday and Thursday, 10.30am to 1pm" where there
    is no next session; `distance` "0.3 miles" or "". `why` says why it is here and how fresh it is.
    """

    id: uuid.UUID
    plain_name: str
    name: Markup
    organisation: str
    organisation_id: uuid.UUID
    summary: Markup
    starts_on: dt.date | None = None
    plate_icon: str = "door"
    is_today: bool = False
    next_session: str = ""
    when: str = ""
    venue: str = ""
    distance: str = ""
    cost: str = ""
    places: Mark | None = None
    closed: Mark | None = None
    phone: str = ""
    why: str = ""
    pin: int | None = None
    is_saved: bool = False
