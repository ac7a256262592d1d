"""Jobs for tests. A worker process of a test imports this module before it starts."""

import os
import time
from pathlib import Path

from portal.audit.operations import note
from portal.audit.origin import current_origin
from portal.core import jobs
from portal.core.database import transaction

FOLDER = Path(os.environ.get("PORTAL_TEST_JOBS", "/nowhere"))
done: list[tuple[str, tuple[object, ...]]] = []


def _write(name: str, text: str = "x") -> None:
    done.append((name, (text,)))
    if FOLDER.is_dir():
        with (FOLDER / name).open("a") as file:
            file.write(text)


@jobs.job("test.write")
def write(text: str) -> None:
    _write("written", text)


@jobs.job("test.share")
def share(number: str) -> None:
    _write("shared", f"{number} by {os.getpid()}.")


@jobs.job("test.note")
def note_something(text: str) -> None:
    with transaction() as session:
        note(session, actor=current_origin().actor, act="thing:act", about=text)
        jobs.later(session, "test.write", text)


@jobs.job("test.fail")
def fail(_text: str) -> None:
    _write("tried")
    raise RuntimeError("the words of an error, which hold a secret")


@jobs.job("test.fail-once")
def fail_once(text: str) -> None:
    tries = (FOLDER / "once").read_text() if (FOLDER / "once").exists() else ""
    _write("once", text)
    if not tries:
        raise RuntimeError("once")


@jobs.job("test.slow")
def slow(text: str) -> None:
    _write("slow-begun", text)
    time.sleep(2)
    _write("slow-ended", text)


@jobs.every("test.each-minute", minutes=1)
def each_minute() -> None:
    _write("minutes")
