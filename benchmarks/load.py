"""Visitors in numbers, against this machine only: each asks, reads the whole answer, and asks again at once.

Bounded by time and by count. Raw sockets in one thread, so that asking costs little beside answering.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

from benchmarks.timing import Spread, spread

HOST = "127.0.0.1"
LONGEST_ANSWER = 30.0

Connection: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Load:
    """What so many visitors met: times of answers, answers per second, and how many were not answered with 200."""

    users: int
    times: Spread
    per_second: float
    failed: int
    own_share: float  # of one core, that the asking itself took

    @property
    def is_honest(self) -> bool:
        """Whether the answers were measured, and not the asking."""
        return self.own_share < 0.5


@dataclass
class _Tally:
    until: float
    most: int
    times: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def goes_on(self) -> bool:
        return time.perf_counter() < self.until and len(self.times) + self.failed < self.most


def ask_as_users(port: int, paths: Sequence[str], *, users: int, seconds: float, most: int = 20_000) -> Load:
    """Ask for the paths in turn as so many users at once, and return what they met.

    Stops after the seconds given or after `most` answers, whichever is first. Raises RuntimeError when no
    answer came at all.
    """
    tally = _Tally(until=time.perf_counter() + seconds, most=most)
    began, own = time.perf_counter(), time.process_time()
    asyncio.run(_ask(port, paths, users, tally))
    took, own = time.perf_counter() - began, time.process_time() - own
    if not tally.times:
        raise RuntimeError("The server answered nothing.")
    return Load(users, spread(tally.times), len(tally.times) / took, tally.failed, own / took)


async def _ask(port: int, paths: Sequence[str], users: int, tally: _Tally) -> None:
    turn = count()
    await asyncio.gather(*(_user(port, paths, turn, tally) for _ in range(users)))


async def _user(port: int, paths: Sequence[str], turn: "count[int]", tally: _Tally) -> None:
    connection = None
    while tally.goes_on:
        request = _request(paths[next(turn) % len(paths)])
        before = time.perf_counter()
        try:
            async with asyncio.timeout(LONGEST_ANSWER):
                status, connection = await _answer(port, connection, request)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            status, connection = 0, None
        if status == 200:
            tally.times.append(time.perf_counter() - before)
        else:
            tally.failed += 1
    if connection is not None:
        connection[1].close()


async def _answer(port: int, kept: Connection | None, request: bytes) -> tuple[int, Connection | None]:
    """Ask over the connection that was kept, or over a new one; return the status and what is kept for the next time.

    A server may close a connection that it kept at the moment in which it is used again. Browsers then ask once more
    over a new one, and so do we; the time goes on meanwhile.
    """
    if kept is not None:
        try:
            return await _exchange(kept, request)
        except (OSError, asyncio.IncompleteReadError) as error:
            kept[1].close()
            if getattr(error, "partial", b""):
                raise
    return await _exchange(await asyncio.open_connection(HOST, port), request)


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept-Encoding: gzip\r\nAccept: text/html\r\n\r\n".encode()


async def _exchange(connection: Connection, request: bytes) -> tuple[int, Connection | None]:
    """Send one request, read its answer to the end; return its status, and the connection if it stays open."""
    reader, writer = connection
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    await reader.readexactly(int(fields["content-length"]))
    stays = fields.get("connection", "").lower() != "close"
    if not stays:
        writer.close()
    return int(head[0].split()[1]), connection if stays else None
