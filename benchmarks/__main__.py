"""`make bench`: fill sites of several sizes with made-up listings, measure, and print one table.

Figures go to standard output, progress to standard error. Only this machine is ever asked. The exit code is 1 when an
answer failed; times are printed, never judged.
"""

import argparse
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from benchmarks import aims, finding, listings, serving
from benchmarks.comparing import compare
from benchmarks.load import Load, ask_as_users
from benchmarks.questions import new_addresses, rendered_addresses, result_addresses
from benchmarks.report import Report, machine
from benchmarks.site import Site
from benchmarks.timing import Spread
from benchmarks.weights import weigh

SIZES = (1_000, 10_000)
USERS = (1, 10, 50)
SECONDS, WARM_UP_SECONDS = 5.0, 1.5
MOST_NEW = 3_000

PARTS = (
    "Index",
    "Search in one process",
    "A change, from save to found",
    "Results page over HTTP, each question new",
    "Results page over HTTP, sixty questions in turn",
    "The same page, only rendered",
    "Ratios",
    "Beside other engines: words, two kilometres, counts",
    "Weight on the wire, gzipped",
    "Aims",
)
BUILD, FIND, CHANGE, NEW, PAGE, RENDER, RATIO, BESIDE, WEIGHT, AIMS = PARTS


class Bench:
    """One run: the report, and what went wrong."""

    def __init__(self, sizes: list[int]) -> None:
        self.report = Report(sizes, PARTS)
        self.middles: dict[tuple[str, int], float] = {}
        self.per_second: dict[tuple[str, int], float] = {}
        self.page_p95: dict[int, float] = {}
        self.aims = aims.Aims()
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
            built = finding.rebuild(app)
            self._set(BUILD, "built", size, f"{built:.1f} s")
            if size == aims.BUILD_AT:
                self.aims.at_most("index built", size, built, aims.BUILD_SECONDS, " s")
        loaded = finding.load_in_new_process(site)
        self._set(BUILD, "loaded by a new process", size, f"{loaded.seconds:.2f} s")
        self._set(BUILD, "memory of that process", size, f"{loaded.megabytes:.0f} MB")
        self._set(BUILD, f"after {finding.SEARCHES:,} searches", size, f"{loaded.later:.0f} MB")
        if size == aims.WORKER_AT:
            self.aims.at_most("memory of a worker", size, loaded.later, aims.WORKER_MB, " MB")
        with site.opened():
            _say(f"{size:,}: search")
            self._spread(FIND, "reading the question", size, finding.time_reading())
            for asked in finding.time_questions():
                self._spread(FIND, f"{asked.name}, with counts", size, asked.times)
                self._set(FIND, f"{asked.name}: found nothing", size, f"{asked.in_vain:.0%}")
            suggestions = finding.time_suggestions()
            self._spread(FIND, "suggestions", size, suggestions)
            self.aims.at_most("suggestions, p95", size, suggestions.p95, aims.SUGGESTION_MS, " ms")
            self._beside(site, size)
            _say(f"{size:,}: changes")
            seen = finding.time_changes(finding.is_found, pause=0.001, seed=5)
            self._spread(CHANGE, "by the process itself", size, seen)
            if size == aims.BUILD_AT:
                self.aims.at_most("a change is found, p50", size, seen.p50, aims.CHANGE_MS, " ms")
            return list(finding.public_ids())

    def _beside(self, site: Site, size: int) -> None:
        """Ask other engines the same."""
        _say(f"{size:,}: other engines")
        compared = list(compare(site.folder))
        for one in compared:
            if one.why_not or one.warm is None or one.cold is None:
                self._set(BESIDE, f"{one.name}: left out", size, one.why_not)
                continue
            self._set(BESIDE, f"{one.name}: warm", size, str(one.warm))
            self._set(BESIDE, f"{one.name}: after a start", size, str(one.cold))
            if one.built:
                self._set(BESIDE, f"{one.name}: built", size, f"{one.built:.1f} s")
        self.aims.compare(size, compared)

    def _serve(self, site: Site, size: int, ids: list[uuid.UUID]) -> None:
        with serving.serve(serving.REAL, site.environ, site.folder / "real.log") as (port, seconds):
            self._set(BUILD, "from `portal run` to a first page", size, f"{seconds:.1f} s")
            self._load(PAGE, port, dict.fromkeys(USERS, result_addresses()), size)
            # More than are answered in the time, so that nobody asks what was asked before.
            self._load(NEW, port, {users: new_addresses(MOST_NEW, users) for users in USERS}, size)
            _say(f"{size:,}: weights")
            for weight in weigh(port, ids):
                self._set(WEIGHT, weight.name, size, str(weight))
            _say(f"{size:,}: changes seen by another process")
            with site.opened():
                times = finding.time_changes(lambda *change: _is_on_page(port, *change), pause=0.01, seed=6)
            self._spread(CHANGE, "by another process, over HTTP", size, times)
        with serving.serve(serving.RENDER_ONLY, site.environ, site.folder / "render.log") as (port, _seconds):
            self._load(RENDER, port, dict.fromkeys(USERS, rendered_addresses()), size)

    def _load(self, part: str, port: int, paths: Mapping[int, list[str]], size: int) -> None:
        """Ask, for each number of users, for its own paths; first for what the last ones would ask last."""
        ask_as_users(port, paths[USERS[-1]][::-1], users=1, seconds=WARM_UP_SECONDS)
        for users in USERS:
            _say(f"{size:,}: {part.lower()}, {users} at once")
            found: Load = ask_as_users(port, paths[users], users=users, seconds=SECONDS)
            name = "1 user" if users == 1 else f"{users} users"
            figure = f"{found.times}, {found.per_second:.0f}/s"
            self._set(part, name, size, figure if found.is_honest else f"{figure} (limited by the asking)")
            self.middles[f"{part}, {name}", size] = found.times.p50
            self.per_second[f"{part}, {name}", size] = found.per_second
            if part == NEW and users == 1:
                self.page_p95[size] = found.times.p95
            if found.failed:
                self.failed += found.failed
                self._set(part, f"{name}: failed", size, str(found.failed))

    def _compare(self, size: int) -> None:
        for users in USERS:
            name = "1 user" if users == 1 else f"{users} users"
            for part, what in ((NEW, "new pages"), (PAGE, "pages in turn")):
                page, render = self.middles[f"{part}, {name}", size], self.middles[f"{RENDER}, {name}", size]
                self._set(RATIO, f"{what} to rendering only, {name}, p50", size, f"{page / render:.2f}")
                share = self.per_second[f"{part}, {name}", size] / self.per_second[f"{RENDER}, {name}", size]
                self.aims.at_least(f"{what} a second, of those only rendered, {name}", size, share, aims.PAGE_SHARE)
        first = self.report.sizes[0]
        if size == first:
            return
        grown = self.page_p95[size] / self.page_p95[first]
        self.aims.at_most(f"new page p95, 1 user, to {first:,} listings", size, grown, aims.MOST_GROWTH)
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


def _sizes(text: str) -> list[int]:
    return sorted({int(one) for one in text.split(",")})


def main() -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--listings", type=_sizes, default=list(SIZES), help="how many, as in 1000,10000,100000")
    bench = Bench(parser.parse_args().listings)
    began = time.perf_counter()
    try:
        for size in bench.report.sizes:
            bench.run(size)
    finally:
        # What was measured before something went wrong took its time too.
        for name, size, figure in bench.aims.lines:
            bench.report.set(AIMS, name, size, figure)
        print(f"{machine()}\n{bench.report.as_text()}")
    _say(f"took {time.perf_counter() - began:.0f} s")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
