"""A server of our own for a while: the real one, or the one that only renders."""

import gzip
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from portal.core.settings import PREFIX, ROOT

REAL = ("-m", "portal.cli", "run")
RENDER_ONLY = ("-m", "benchmarks.render_only")
HOST = "127.0.0.1"
LONGEST_START = 300.0


class NoServerError(Exception):
    """The server did not come up."""


@contextmanager
def serve(program: tuple[str, ...], environ: Mapping[str, str], log: Path) -> Iterator[tuple[int, float]]:
    """Run a server on a free port of this machine until the block ends.

    Yields the port and the seconds from the command to the first page of results. What the server says goes to `log`.
    Raises NoServerError when it ends or stays silent for five minutes.
    """
    port = _free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    began = time.perf_counter()
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, *program],
            env={**own, **environ, "PORTAL_BIND": f"{HOST}:{port}"},
            cwd=ROOT,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, port, log)
            # The process that answers has its own columns to load, which it does for its first question.
            get(port, "/services")
            yield port, time.perf_counter() - began
        finally:
            _stop(process)


def get(port: int, path: str, cookie: str = "") -> tuple[int, bytes, dict[str, str]]:
    """Ask once, as a browser that takes gzip; return status, body as sent, and the fields above it in small letters."""
    connection = HTTPConnection(HOST, port, timeout=LONGEST_START)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip", **({"Cookie": cookie} if cookie else {})})
        answer = connection.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def unpacked(body: bytes, fields: Mapping[str, str]) -> bytes:
    """Return a body as a browser reads it."""
    return gzip.decompress(body) if fields.get("content-encoding") == "gzip" else body


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.perf_counter() + LONGEST_START
    while time.perf_counter() < until:
        if process.poll() is not None:
            break
        try:
            if get(port, "/healthz")[0] == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.02)
    raise NoServerError(f"The server did not come up. It said:\n{log.read_text(errors='replace')[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
