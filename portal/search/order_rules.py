"""The rules of the order in plain words, with the figures by which the search works."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.search import constants
from portal.search.results import DEFAULT_RADIUS

_WHOLE = 100


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of a table: what is so, and how many points of a hundred there are then."""

    what: str
    points: str


def places_of_words() -> list[Rule]:
    """Return how much a word counts by where it stands."""
    return [
        _rule("in the name", constants.NAME),
        _rule("in what it helps with first of all, or who it is for", constants.TERMS),
        _rule("in the name of the group", constants.ORGANISATION),
        _rule("in the short text at the top, or the second thing it helps with", constants.SUMMARY),
        _rule("in the name of the place or its town", constants.VENUE),
        _rule("in the long text, or another thing it helps with", constants.DESCRIPTION),
    ]


def ways_of_words() -> list[Rule]:
    """Return how much a word counts by how it was found."""
    return [
        _rule("just as you wrote it", constants.EXACT),
        _rule("in another form, like “garden” and “gardens”", constants.STEM),
        _rule("spelled another way, like “colour” and “color”, or “week end” and “weekend”", constants.SPELLING),
        _rule("in other words that people use for the same thing", constants.SYNONYM),
        _rule(
            "as the first thing it helps with, when your words speak of that", constants.MEANT_TERM * constants.TERMS
        ),
        _rule("some words of a saying, but not side by side", constants.APART),
        _rule("only the main word of a saying", constants.ONLY_WORD),
        _rule("with one letter wrong", constants.ONE_SLIP),
        _rule("only most of what you wrote, where hardly anything has it all", constants.PARTLY),
        _rule("with two letters wrong in a long word", constants.TWO_SLIPS),
        _rule("a word that says little, like “group” or “help”, if there are others", constants.LITTLE_SAID),
    ]


def other_rules() -> list[Rule]:
    """Return what else counts, once the words have given their points."""
    soon, late = round(constants.AGEING_FROM_DAYS / 30.5), round(constants.STALE_FROM_DAYS / 30.5)
    return [
        _rule("the name is just the words you wrote", constants.SAME_NAME),
        _rule("it has only some of your words", constants.PARTLY),
        _rule("it is where you are", 1.0),
        _rule("it is at the far end of how far you would go", _share_at(1.0)),
        _rule("it has no address that we may show", constants.WITHOUT_POSITION),
        _rule(f"somebody confirmed it less than {soon} months ago", 1.0),
        _rule(f"somebody confirmed it {soon} to {late} months ago", constants.AGEING),
        _rule(f"nobody has confirmed it for {late} months", constants.STALE),
        _rule("it says very little", constants.THIN),
        _rule("there is a waiting list", constants.WAITING_LIST),
        _rule("it is full", constants.FULL),
        _rule("it is closed for now", constants.CLOSED_FOR_NOW),
    ]


def example() -> Sequence[Rule]:
    """Return an example, step by step, worked out with the same figures."""
    here = constants.NAME * constants.STEM
    near = here * _share_at(0.5)
    full = near * constants.FULL
    return (
        Rule(what="You write “yoga”. It is called “Yogas for All”: the word is in the name, in another form.",
             points=_points(here)),
        Rule(what=f"You would go {DEFAULT_RADIUS:g} miles. It is half as far.", points=_points(near)),
        Rule(what="It is full.", points=_points(full)),
    )  # fmt: skip


def agreeing() -> str:
    """Return how many of a hundred points each further way to answer a word adds to the best one."""
    return _points(constants.AGREEING)


def few_answer() -> tuple[int, str]:
    """Return below how many answers to all words those to some of them count, and to how much of a hundred."""
    return constants.FEW_ANSWER, _points(constants.LEAST_SHARE)


def _share_at(share: float) -> float:
    """Return what is left at a share of the radius. See `portal.search.columns.order.factors`."""
    return 1 / (1 + constants.DISTANCE_WEIGHT * share)


def _rule(what: str, factor: float) -> Rule:
    return Rule(what=what, points=_points(factor))


def _points(factor: float) -> str:
    """Return points of a hundred, to one place where that tells more."""
    return f"{round(_WHOLE * factor, 1):g}"
