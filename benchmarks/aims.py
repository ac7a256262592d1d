"""What the search is meant to reach, beside what was measured. Said, never judged: the exit code does not ask."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.comparing import OURS, Compared
from benchmarks.peers import PlainWhoosh, Tantivy
from benchmarks.peers.postgres import Postgres
from benchmarks.timing import Spread

PAGE_SHARE, MOST_GROWTH = 0.75, 3.0
CHANGE_MS, SUGGESTION_MS = 50.0, 5.0
BUILD_SECONDS, BUILD_AT = 40.0, 10_000
WORKER_MB, WORKER_AT = 600.0, 100_000
# The product's time as a share of the other's, at most.
OF_TANTIVY, OF_POSTGRES, OF_WHOOSH = 1.0, 1 / 5, 1 / 20


@dataclass
class Aims:
    """Lines of (what for how many listings, what was measured, whether that is what is meant)."""

    lines: list[tuple[str, int, str]] = field(default_factory=list)

    def at_most(self, name: str, size: int, figure: float, most: float, unit: str = "") -> None:
        """Note an aim that something is at most so much."""
        self._say(f"{name}: at most {most:g}{unit}", size, f"{figure:.3g}{unit}", is_met=figure <= most)

    def at_least(self, name: str, size: int, figure: float, least: float) -> None:
        """Note an aim that something is at least so much."""
        self._say(f"{name}: at least {least:g}", size, f"{figure:.3g}", is_met=figure >= least)

    def compare(self, size: int, compared: Sequence[Compared]) -> None:
        """Note how the product stands beside other engines, where they could be had."""
        by_name = {one.name: one for one in compared}
        ours = by_name[OURS]
        for peer, which, most in (
            (Tantivy.name, "warm", OF_TANTIVY),
            (Postgres.name, "warm", OF_POSTGRES),
            (PlainWhoosh.name, "cold", OF_WHOOSH),
        ):
            mine, its = _times(ours, which), _times(by_name.get(peer), which)
            if mine and its:
                self.at_most(f"{which} p95, as a share of {peer}", size, mine.p95 / its.p95, most)

    def _say(self, name: str, size: int, figure: str, *, is_met: bool) -> None:
        self.lines.append((name, size, f"{figure} ({'met' if is_met else 'missed'})"))


def _times(compared: Compared | None, which: str) -> Spread | None:
    if compared is None:
        return None
    return compared.warm if which == "warm" else compared.cold
