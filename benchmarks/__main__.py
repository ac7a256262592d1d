"""`make bench`: fill sites of several sizes with made-up listings, measure, and print one table.

Figures go to standard output, progress to standard error. Only this machine is ever asked. The exit code is 1 when an
answer failed; times are printed, never judged.
"""

import argparse
import sys
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import quote

from benchmarks import finding, listings, serving
from benchmarks.load import Load, ask_as_users
from benchmarks.questions import rendered_addresses, result_addresses
from benchmarks.report import Report, machine
from benchmarks.site import Site
from benchmarks.timing import Spread
from benchmarks.weights import weigh

SIZES = (1_000, 10_000)
USERS = (1, 10, 50)
SECONDS, WARM_UP_SECONDS = 5.0, 1.5

PARTS = (
    "Index",
    "Search in one process",
    "A change, from save to found",
    "Results page over HTTP",
    "The same page, only rendered",
    "Ratios",
    "Weight on the wire, gzipped",
)
BUILD, FIND, CHANGE, PAGE, RENDER, RATIO, WEIGHT = PARTS


class Bench:
    """One run: the report, and what went wrong."""

    def __init__(self, sizes: list[int]) -> None:
        self.report = Report(sizes, PARTS)
        self.middles: dict[tuple[str, int], float] = {}
        self.failed = 0

    def run(self, size: int) -> None:
        """Measure everything for one size."""
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            site = Site(Path(folder))
            ids = self._find(site, size)
            self._serve(site, size, ids)
        self._compare(size)

    def _find(self, site: Site, size: int) -> list[uuid.UUID]:
        _say(f"{size:,}: listings")
        site.migrate()
        with site.opened() as app:
            began = time.perf_counter()
            listings.fill(size)
            self._set(BUILD, "listings made (not the product)", size, f"{time.perf_counter() - began:.1f} s")
            _say(f"{size:,}: index")
            self._set(BUILD, "built", size, f"{finding.rebuild(app):.1f} s")
        loaded = finding.load_in_new_process(site)
        self._set(BUILD, "loaded by a new process", size, f"{loaded.seconds:.2f} s")
        self._set(BUILD, "memory of that process", size, f"{loaded.megabytes:.0f} MB")
        with site.opened():
            _say(f"{size:,}: search")
            self._spread(FIND, "reading the question", size, finding.time_reading())
            for asked in finding.time_questions():
                self._spread(FIND, f"{asked.name}, with counts", size, asked.times)
                self._set(FIND, f"{asked.name}: found nothing", size, f"{asked.in_vain:.0%}")
            _say(f"{size:,}: changes")
            self._spread(
                CHANGE, "by the process itself", size, finding.time_changes(finding.is_found, pause=0.001, seed=5)
            )
            return list(finding.public_ids())

    def _serve(self, site: Site, size: int, ids: list[uuid.UUID]) -> None:
        with serving.serve(serving.REAL, site.environ, site.folder / "real.log") as (port, seconds):
            self._set(BUILD, "from `portal run` to a first page", size, f"{seconds:.1f} s")
            self._load(PAGE, port, result_addresses(), size)
            _say(f"{size:,}: weights")
            for weight in weigh(port, ids):
                self._set(WEIGHT, weight.name, size, str(weight))
            _say(f"{size:,}: changes seen by another process")
            with site.opened():
                times = finding.time_changes(lambda *change: _is_on_page(port, *change), pause=0.01, seed=6)
            self._spread(CHANGE, "by another process, over HTTP", size, times)
        with serving.serve(serving.RENDER_ONLY, site.environ, site.folder / "render.log") as (port, _seconds):
            self._load(RENDER, port, rendered_addresses(), size)

    def _load(self, part: str, port: int, paths: list[str], size: int) -> None:
        ask_as_users(port, paths, users=1, seconds=WARM_UP_SECONDS)
        for users in USERS:
            _say(f"{size:,}: {part.lower()}, {users} at once")
            found: Load = ask_as_users(port, paths, users=users, seconds=SECONDS)
            name = "1 user" if users == 1 else f"{users} users"
            figure = f"{found.times}, {found.per_second:.0f}/s"
            self._set(part, name, size, figure if found.is_honest else f"{figure} (limited by the asking)")
            self.middles[f"{part}, {name}", size] = found.times.p50
            if found.failed:
                self.failed += found.failed
                self._set(part, f"{name}: failed", size, str(found.failed))

    def _compare(self, size: int) -> None:
        for users in USERS:
            name = "1 user" if users == 1 else f"{users} users"
            page, render = self.middles[f"{PAGE}, {name}", size], self.middles[f"{RENDER}, {name}", size]
            self._set(RATIO, f"page to rendering only, {name}, p50", size, f"{page / render:.2f}")
        first = self.report.sizes[0]
        if size == first:
            return
        for name, asked in list(self.middles):
            if asked == size and not name.startswith(RENDER):
                grown = self.middles[name, size] / self.middles[name, first]
                self._set(RATIO, f"to {first:,} listings: {name[0].lower()}{name[1:]}, p50", size, f"{grown:.2f}")

    def _spread(self, part: str, name: str, size: int, times: Spread) -> None:
        self._set(part, name, size, str(times))
        if part == FIND:
            self.middles[name, size] = times.p50

    def _set(self, part: str, name: str, size: int, figure: str) -> None:
        self.report.set(part, name, size, figure)


def _is_on_page(port: int, service_id: uuid.UUID, ending: str) -> bool:
    status, body, fields = serving.get(port, f"/services?q={quote(chr(34) + ending + chr(34))}")
    return status == 200 and str(service_id).encode() in serving.unpacked(body, fields)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="numbers of listings, smallest first")
    bench = Bench(sorted(parser.parse_args().sizes))
    began = time.perf_counter()
    for size in bench.report.sizes:
        bench.run(size)
    print(f"{machine()}\n{bench.report.as_text()}")
    _say(f"took {time.perf_counter() - began:.0f} s")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
