"""What one process remembers of the database: it looks again after a while, at once when it made the change itself."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import sqlalchemy as sa

from portal.core.database import reading

log = logging.getLogger(__name__)

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """A value that is read anew when `is_current` says no, which is asked at most every `seconds`.

    When the database cannot be asked, the value that was known last serves, at first the one given. Safe to use from
    several threads.
    """

    def __init__(
        self,
        first: Value,
        *,
        is_current: Callable[[sa.Connection, Value], bool],
        read: Callable[[sa.Connection], Value],
        seconds: float = 1.0,
    ) -> None:
        self._value = first
        self._is_current = is_current
        self._read = read
        self._seconds = seconds
        self._looked_at = float("-inf")
        self._has_news = False
        self._lock = threading.Lock()

    def value(self) -> Value:
        """Return the value. Needs an application context; raises nothing."""
        # While one thread looks the others take what there is, unless this process itself made news.
        if not self._is_fresh() and self._lock.acquire(blocking=self._has_news):
            try:
                if not self._is_fresh():
                    self._look()
            finally:
                self._lock.release()
        return self._value

    def forget(self, *_sender: object) -> None:
        """Look again at the next question."""
        self._has_news = True

    def _is_fresh(self) -> bool:
        return not self._has_news and 0 <= time.monotonic() - self._looked_at < self._seconds

    def _look(self) -> None:
        self._looked_at, self._has_news = time.monotonic(), False
        try:
            with reading() as connection:
                if not self._is_current(connection, self._value):
                    self._value = self._read(connection)
        # Whatever is wrong with the database, a page about it has to have a name and a telephone number.
        except Exception as error:
            log.warning("What is remembered of the database could not be read anew: %s", type(error).__name__)
