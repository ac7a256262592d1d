"""Why a service stands where it does: what its score is made of, in plain words. For moderators; all need a context."""

import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.core.wording import miles_in_words
from portal.directory.models import Capacity
from portal.search.answering import Answer, answer
from portal.search.constants import (
    CLOSED_FOR_NOW,
    DESCRIPTION,
    FULL,
    NAME,
    ORGANISATION,
    PARTLY,
    SUMMARY,
    TERMS,
    THIN,
    VENUE,
    WAITING_LIST,
)
from portal.search.postgres.answer import TableAnswer
from portal.search.results import SearchRequest
from portal.search.standing import Standing
from portal.search.text.meeting import How, Way
from portal.search.text.units import Unit

_FIELDS = {
    NAME: "the name",
    TERMS: "what it helps with first of all or who it is for",
    ORGANISATION: "the group’s name",
    SUMMARY: "the summary or the second thing it helps with",
    VENUE: "the place",
    DESCRIPTION: "the description or another thing it helps with",
}
_HOW = {
    How.EXACT: "“{}” as it was typed",
    How.STEM: "“{}” in another form",
    How.SPELLING: "the spelling “{}”",
    How.JOINED: "“{}” written as one word",
    How.SPLIT: "“{}” written as two words",
    How.NEAR: "the near spelling “{}”",
    How.ONE_BY_ONE: "the words of “{}” one by one",
    How.OTHER_WORDS: "other words for it: “{}”",
    How.NEED: "it helps with {}",
    How.CATEGORY: "it is listed under {}",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One factor of a score: what it stands for in plain words, and what the score is multiplied by."""

    what: str
    factor: float


@dataclass(frozen=True, kw_only=True)
class AskedFor:
    """One thing that was asked for: how the service answers it (nothing when it does not), and how well, 0 to 1.

    `share` is what it brings to the score of the words; the shares of all of them add up to that score.
    """

    what: str
    ways: Sequence[str]
    value: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The score of one service for one question. `is_found` says whether it answers the question at all.

    The product of all factors, to nine places, is the score by which it was put in order; without a service that is
    found there are no factors and the score is 0.
    """

    service_id: uuid.UUID
    is_found: bool
    score: float
    asked_for: Sequence[AskedFor]
    parts: Sequence[Part]


def explain(request: SearchRequest, service_id: uuid.UUID) -> Explanation | None:
    """Return what the score of a service is made of, None for a service that is not shown to anybody."""
    found = answer(request)
    standing = found.standing(service_id)
    if standing is None:
        return None
    return Explanation(
        service_id=service_id,
        is_found=standing.score is not None,
        score=standing.score or 0.0,
        asked_for=_asked_for(found, standing.row),
        parts=() if standing.score is None else _parts(standing),
    )


def _asked_for(found: Answer | TableAnswer, row: int) -> list[AskedFor]:
    """Return everything that the words ask for, with what it brings to the score of this row."""
    asked = [(one.what, one.weight, one.found.at(row)) for one in found.scoring.asked(found.query)]
    weights = sum(weight for _what, weight, _value in asked)
    lowered = PARTLY if found.scoring.partly(found.query)[row] else 1.0
    return [
        AskedFor(
            what=what.text if isinstance(what, Unit) else f"{what[0]} (in quotes)",
            ways=_ways(found, what, row) if isinstance(what, Unit) else [],
            value=value,
            share=lowered * weight * value / weights,
        )
        for what, weight, value in asked
    ]


def _ways(found: Answer | TableAnswer, unit: Unit, row: int) -> list[str]:
    """Return the ways that count in a row's answer to a unit, the best first: one of each group."""
    met = [(float(way.scores[row]), way) for way in found.meeting.ways(unit)]
    best: dict[int, tuple[float, Way]] = {}
    for value, way in sorted(met, key=lambda one: -one[0]):
        if value:
            best.setdefault(way.group, (value, way))
    return [_in_words(found, way, value) for value, way in best.values()]


def _in_words(found: Answer | TableAnswer, way: Way, value: float) -> str:
    names = {How.NEED: "need", How.CATEGORY: "category"}
    by = found.vocabulary.label(names[way.how], way.by) if way.how in names else way.by
    field = None if way.quality is None else _field_of(value / way.quality)
    return _HOW[way.how].format(by) + (f", in {field}" if field else "")


def _field_of(weight: float) -> str | None:
    """Return the field whose weight this is, as far as the figure tells."""
    return next((name for known, name in _FIELDS.items() if abs(known - weight) < 1e-6), None)


def _parts(standing: Standing) -> list[Part]:
    """Return the factors of the score, those that change nothing left out but for the words and the distance."""
    one, miles = standing.factors, standing.miles
    distance = "how far it is: no position is known" if math.isinf(miles) else f"how far it is: {miles_in_words(miles)}"
    said: dict[str, str] = {
        "words": "how well the words are answered",
        "name": "the name says just these words",
        "distance": distance,
        "fresh": "how long ago somebody confirmed it",
    }
    parts = [
        Part(what=what, factor=one[name])
        for name, what in said.items()
        if name in one and (one[name] != 1.0 or name in {"words", "distance"})
    ]
    return parts + [Part(what=what, factor=factor) for is_so, what, factor in _OF_SERVICE if is_so(standing)]


_OF_SERVICE: tuple[tuple[Callable[[Standing], bool], str, float], ...] = (
    (lambda standing: standing.capacity is Capacity.WAITING_LIST, "there is a waiting list", WAITING_LIST),
    (lambda standing: standing.capacity is Capacity.FULL, "it is full", FULL),
    (lambda standing: standing.is_thin, "the listing says little", THIN),
    (lambda standing: standing.is_closed_for_now, "it is closed for now", CLOSED_FOR_NOW),
)
