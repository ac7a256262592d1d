"""Jobs that people wait for: done in a thread of this process, right after the commit."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from portal.core.jobs.registry import Plain
from portal.core.jobs.running import JobFailedError

log = logging.getLogger(__name__)


class Promptly:
    """Takes jobs in order and does them in one thread. What it does not come to, the worker heals."""

    def __init__(self, run: Callable[[str, Sequence[Plain]], None]) -> None:
        self._run = run
        self._waiting: deque[tuple[str, Sequence[Plain]]] = deque()
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_busy = self._is_held = self._is_closed = False

    def hold(self) -> None:
        """Do nothing by itself from now on, only when told to `settle`: for tests, which have to know when."""
        self._is_held = True

    def put(self, name: str, arguments: Sequence[Plain]) -> None:
        """Have a job done; returns at once."""
        with self._news:
            if self._is_closed:
                return
            self._waiting.append((name, arguments))
            # A thread does not survive a fork of the process, so it is looked after each time.
            if not self._is_held and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
                self._thread.start()
            self._news.notify_all()

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is left to do, or do it here and now when held; says whether that came about."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self._news:
                if not self._waiting and not self._is_busy:
                    return True
                if not self._is_held:
                    self._news.wait(0.1)
                    continue
                job = self._waiting.popleft()
            self._do(*job)
        return False

    def close(self) -> None:
        """Stop after the job that is being done; the others are left to the worker."""
        with self._news:
            self._is_closed = True
            self._news.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)

    def _work(self) -> None:
        while True:
            with self._news:
                while not self._waiting and not self._is_closed:
                    self._news.wait()
                if self._is_closed:
                    return
                job, self._is_busy = self._waiting.popleft(), True
            try:
                self._do(*job)
            finally:
                with self._news:
                    self._is_busy = False
                    self._news.notify_all()

    def _do(self, name: str, arguments: Sequence[Plain]) -> None:
        try:
            self._run(name, arguments)
        except JobFailedError:
            log.info("The worker will look after job %s.", name)
        except Exception as error:
            log.error("Job %s could not be run: %s", name, type(error).__name__)
