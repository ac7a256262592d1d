"""The ways by which messages leave. Only what is below this package speaks to mail servers and to GOV.UK Notify."""

import enum
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from portal.messages.models import Channel


class NotBuiltError(Exception):
    """A message could not be put together, so nothing left."""


class Result(enum.Enum):
    """What came of handing a message over."""

    TAKEN = "taken"
    LATER = "not now"
    NEVER = "never"
    UNKNOWN = "nobody knows"


@dataclass(frozen=True)
class Outcome:
    """What came of a try. `why` is in our words and shown to staff, without an address in it; `answer` is what the
    other side said and is kept sealed. `is_away` says that it is not worth while to try others at once.
    """

    result: Result
    why: str = ""
    answer: str = ""
    carrier_id: str = ""
    is_away: bool = False


@dataclass(frozen=True)
class Parcel:
    """One message, ready to be handed over. Its id makes every try recognisable as the same message."""

    message_id: UUID
    channel: Channel
    address: str
    name: str
    subject: str
    body: list[dict[str, Any]]


class Carrier(Protocol):
    """One way out. `send` raises nothing that it can foresee: it says what came of it."""

    name: str

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a message over, once."""
        ...

    def was_taken(self, message_id: UUID, /) -> bool | None:
        """Say whether a message was handed over before; None when that cannot be found out."""
        ...
