"""`make relevance`: load the demonstration, ask every judged question, and print how good the answers are.

The exit code is 1 when something was shown that must not be. `--half tune` also prints each question of that half,
worst first; the half set aside is only counted, unless `--report` asks for its questions too.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import time_machine

from benchmarks.relevance.asking import Asking, Outcome
from benchmarks.relevance.judged import HALVES, MOMENT, Judged, read_judged
from benchmarks.relevance.table import details, faults, mean_ndcg, table
from benchmarks.site import Site
from portal.core import clock
from portal.core.database import transaction
from portal.search.words.operations import add_shipped_words
from seeds.loader import load_seeds

TITLES = {"tune": "The half to tune with", "aside": "The half set aside"}


def outcomes_over(site: Site, questions: Sequence[Judged] | None = None) -> list[Outcome]:
    """Return the outcomes of all questions, or of some, over the demonstration. The site has a migrated, empty
    database."""
    with time_machine.travel(MOMENT), site.opened():
        with transaction() as session:
            load_seeds(session, today=clock.today(), actor="relevance")
            add_shipped_words(session, actor="relevance")
        return Asking().ask_all(read_judged() if questions is None else questions)


def main() -> int:
    """Run all questions and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.relevance", description=__doc__)
    parser.add_argument("--half", choices=HALVES, help="only this half")
    parser.add_argument("--report", action="store_true", help="print the questions of the half set aside as well")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="relevance-") as folder:
        site = Site(Path(folder))
        site.migrate()
        outcomes = outcomes_over(site)
    for half in [asked.half] if asked.half else HALVES:
        _print_half(half, [one for one in outcomes if one.judged.half == half], asked)
    broken = faults(outcomes)
    print("\nShown although it must not be, or urgent help amiss:", *(broken or ["nothing"]), sep="\n  ")
    return 1 if any(outcome.breaches for outcome in outcomes) else 0


def _print_half(half: str, outcomes: list[Outcome], asked: argparse.Namespace) -> None:
    ours, plain = mean_ndcg(outcomes), mean_ndcg(outcomes, plain=True)
    print(f"\n{TITLES[half]}: nDCG@10 {ours:.3f}, FTS5 {plain:.3f}, difference {ours - plain:+.3f}\n")
    print(table(outcomes))
    if (half == "tune" and asked.half) or (half == "aside" and asked.report):
        print(f"\n{details(outcomes)}")


if __name__ == "__main__":
    sys.exit(main())
