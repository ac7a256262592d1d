"""How much each page and file weighs on the wire, gzipped as the server sends it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from benchmarks.serving import get, unpacked
from portal.core import web
from portal.search.shortlist import COOKIE, pack

ASSETS = ("app.css", "app.js", "map.js", "map.css")
SAVED = 5


@dataclass(frozen=True)
class Weight:
    """One answer: bytes on the wire and unpacked; `note` says what was in it."""

    name: str
    sent: int
    unpacked: int
    note: str = ""

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        return f"{self.sent / 1000:.1f} kB of {self.unpacked / 1000:.1f}{note}"


def weigh(port: int, ids: Sequence[UUID]) -> Iterator[Weight]:
    """Yield the weight of every page and file of the main job. `ids` are public services, at least five."""
    pages = {
        "start": "/",
        "results, list of 20": "/services",
        "results, map": "/services?view=map",
        "pins.json": "/services/pins.json",
        "a service": f"/services/{ids[0]}",
        "shortlist of five": "/shortlist",
        "help now": "/help-now",
    }
    for name, path in pages.items():
        cookie = f"{COOKIE}={pack(ids[:SAVED])}" if path == "/shortlist" else ""
        body, whole = _fetch(port, path, cookie)
        note = f"{len(json.loads(whole)['n']):,} pins" if name == "pins.json" else ""
        yield Weight(name, len(body), len(whole), note)
    built = json.loads((web.BUILD / "manifest.json").read_text(encoding="utf-8"))
    for name in ASSETS:
        body, whole = _fetch(port, f"/static/build/{built[name]}")
        yield Weight(name, len(body), len(whole))


def _fetch(port: int, path: str, cookie: str = "") -> tuple[bytes, bytes]:
    status, body, fields = get(port, path, cookie)
    if status != 200:
        raise RuntimeError(f"{path} answered {status}.")
    return body, unpacked(body, fields)
