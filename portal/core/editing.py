"""Two people who change the same thing at once: the second is told, and loses nothing."""

from typing import Any


class ChangedMeanwhileError(Exception):
    """Somebody else changed it since it was read; `now` is what it is by now. Nothing was stored."""

    def __init__(self, now: Any) -> None:
        super().__init__("changed meanwhile")
        self.now = now


class RefusedChangeError(ValueError):
    """A change cannot be made. `field` names what is wrong ("" when no field does), the message says what to do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
