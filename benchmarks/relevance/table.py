"""The outcomes as tables of plain text."""

from collections.abc import Callable, Iterable, Sequence
from statistics import mean

from benchmarks.relevance.asking import Outcome
from benchmarks.relevance.judged import KINDS
from benchmarks.relevance.measures import ndcg, recall, success

EMPTY = "nothing to be found"
_COLUMNS = ("nDCG@10", "recall@20", "success@3")
_MEASURES: tuple[Callable[[Sequence[str], dict[str, int]], float], ...] = (ndcg, recall, success)


def scores_of(found: Sequence[str], outcome: Outcome) -> tuple[float, ...]:
    """Return nDCG@10, recall@20 and success@3 of an order of keys; where nothing should be found, 1 if nothing was."""
    grades = dict(outcome.judged.grades)
    if not grades:
        return (float(not found),) * len(_MEASURES)
    return tuple(measure(found, grades) for measure in _MEASURES)


def mean_ndcg(outcomes: Iterable[Outcome], *, plain: bool = False) -> float:
    """Return the mean nDCG@10 of the questions that something answers, of our search or of the plain one."""
    asked = [outcome for outcome in outcomes if outcome.judged.grades]
    return mean(scores_of(outcome.plain if plain else outcome.ours, outcome)[0] for outcome in asked)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each kind of question, ours beside the plain search, and one for all that something answers."""
    lines = [f"{'':24}{'':>5}" + "".join(f"{column:>18}" for column in _COLUMNS)]
    lines.append(f"{'':24}{'asked':>5}" + f"{'ours':>10}{'FTS5':>8}" * len(_COLUMNS))
    for kind in KINDS:
        lines += _line(kind, [outcome for outcome in outcomes if outcome.judged.kind == kind])
    return "\n".join([*lines, *_line("all but the last kind", _answered(outcomes))])


def _line(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    if not outcomes:
        return []
    ours = zip(*(scores_of(outcome.ours, outcome) for outcome in outcomes), strict=True)
    plain = zip(*(scores_of(outcome.plain, outcome) for outcome in outcomes), strict=True)
    figures = "".join(f"{mean(one):>10.3f}{mean(other):>8.3f}" for one, other in zip(ours, plain, strict=True))
    return [f"{name:24}{len(outcomes):>5}{figures}"]


def _answered(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.judged.kind != EMPTY]


def details(outcomes: Sequence[Outcome]) -> str:
    """Return every question, worst first: its score, what stands in the first ten and its grades, what is missing."""
    ranked = sorted(outcomes, key=lambda outcome: (scores_of(outcome.ours, outcome)[0], outcome.judged.id))
    return "\n".join(line for outcome in ranked for line in _detail(outcome))


def _detail(outcome: Outcome) -> list[str]:
    judged, grades = outcome.judged, outcome.judged.grades
    mine, theirs = scores_of(outcome.ours, outcome)[0], scores_of(outcome.plain, outcome)[0]
    shown = " ".join(f"{key}:{grades.get(key, 0)}" for key in outcome.ours[:10])
    missing = [key for key, grade in grades.items() if grade == max(grades.values()) and key not in outcome.ours[:10]]
    lines = [f"{mine:.2f} (FTS5 {theirs:.2f})  {judged.id}  {judged.in_words}", f"    {len(outcome.ours)}: {shown}"]
    return lines + ([f"    not in the first ten: {' '.join(missing)}"] if missing else [])


def faults(outcomes: Iterable[Outcome]) -> list[str]:
    """Return a line for everything that was shown and must not be, and for urgent help that was not as it should be."""
    lines = []
    for outcome in outcomes:
        lines += [f"{outcome.judged.id}: {breach}" for breach in outcome.breaches]
        if not outcome.is_urgent_as_judged:
            lines.append(f"{outcome.judged.id}: urgent help {'shown' if outcome.is_urgent else 'missing'}")
    return lines
