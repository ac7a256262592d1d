"""The worker: a process beside the site that does its jobs."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time

from flask import Flask

from portal.core.jobs.queue import EXTENSION, JobQueue

log = logging.getLogger(__name__)

THREADS = 2
# How long the server waits for the worker to finish the job it is at, in seconds; then it is killed.
PATIENCE_SECONDS = 30.0
RESTART_SECONDS = 5.0


def work(app: Flask, *, parent: int | None = None) -> None:
    """Do jobs until told to stop (TERM, INT, HUP), and finish the ones begun; call it from the main thread.

    `parent` is the process whose end ends the worker too, should that have no time left to say so.
    """
    queue: JobQueue = app.extensions[EXTENSION]
    # SQLite's storage is asked anew at least every second, Redis tells by itself.
    consumer = queue.huey.create_consumer(
        workers=THREADS, initial_delay=0.1, backoff=1.15, max_delay=1.0, scheduler_interval=1
    )
    told = threading.Event()
    consumer.start()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_ignored: told.set())
    looked_at = time.monotonic()
    while not told.wait(0.5) and (parent is None or os.getppid() == parent):
        if time.monotonic() - looked_at > 10:
            looked_at = time.monotonic()
            consumer.check_worker_health()
    consumer.stop(graceful=True)
    queue.close()


class WorkerBeside:
    """The worker as a child of the server's process: started, started anew when it dies, and ended."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._begun_at = float("-inf")

    def look_after(self) -> None:
        """Start the worker if there is none; one that keeps dying is not started more often than every 5 seconds."""
        if self._child is not None and self._child.poll() is None:
            return
        if time.monotonic() - self._begun_at < RESTART_SECONDS:
            return
        if self._child is not None:
            log.warning("The worker has ended by itself and is started anew.")
        self._begun_at = time.monotonic()
        command = [sys.executable, "-m", "portal.cli", "worker", "--parent", str(os.getpid())]
        self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def tell_to_stop(self) -> None:
        """Tell the worker to end when it has finished the jobs that it is at; returns at once."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.terminate()

    def stop(self) -> None:
        """Wait until the worker, which was told to, has ended; after half a minute it is killed."""
        if self._child is None:
            return
        try:
            self._child.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
