"""One question put to the tables. The same questions can be asked of it as of `portal.search.answering.Answer`."""

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from portal.directory.schedules import Session
from portal.geo.queries import areas_covering
from portal.search.columns.question import Question
from portal.search.columns.sessions import DAY_MINUTES, UNKNOWN
from portal.search.columns.vocabulary import SERVICE_FILTERS, Vocabulary
from portal.search.constants import LITTLE_FOUND, MOST_RESPELLED, MOST_TRIED
from portal.search.offering import offered_needs, other_spellings
from portal.search.postgres.known import Known
from portal.search.postgres.lookup import TableLookup, terms_of, words_of
from portal.search.postgres.parts import Asked
from portal.search.postgres.reading import TookTooLongError, patiently
from portal.search.postgres.statements import Statement
from portal.search.results import DAY_CHOICES, PER_PAGE, TIME_CHOICES, Hit, Pins, Problem, Results, SearchRequest
from portal.search.text.language import Query, parse
from portal.search.text.meeting import Meaning
from portal.search.text.scoring import Scoring

log = logging.getLogger(__name__)

TOO_LONG = "This search took too long. Try fewer words, or try again in a moment."


@dataclass(frozen=True)
class TableAnswer:
    """A question answered by the database. Parts are asked for when they are needed, once."""

    known: Known
    request: SearchRequest
    now: dt.datetime

    @property
    def vocabulary(self) -> Vocabulary:
        """The values that each filter knows."""
        return self.known.vocabulary

    @cached_property
    def query(self) -> Query:
        """What the words ask."""
        return parse(self.request.words)

    @cached_property
    def scoring(self) -> Scoring:
        """The lookup of the words."""
        return Scoring(self.known.meeting, self.known.synonyms)

    @property
    def meaning(self) -> Meaning:
        """What the words were taken for."""
        try:
            return self.scoring.meaning(self.query)
        except TookTooLongError:
            return Meaning()

    @cached_property
    def covering(self) -> frozenset[uuid.UUID]:
        """The areas that cover the place asked for."""
        place = self.request.place
        return frozenset(areas_covering(place.latitude, place.longitude)) if place else frozenset()

    @cached_property
    def total(self) -> int:
        """The number of services found."""
        try:
            return int(self._ask(Statement.total)[0][0])
        except TookTooLongError:
            return 0

    def hits(self, start: int, end: int) -> list[Hit]:
        """Return the hits from one place in the order to another."""
        try:
            return self._hits(self._ask_json(lambda statement: statement.hits(max(0, start), end)))
        except TookTooLongError:
            return []

    def page(self) -> Results:
        """Return one page with counts; beyond the last page, the last one. Says so when it would take too long."""
        try:
            found = self._ask_json(lambda statement: statement.page(self.request.page, PER_PAGE))
        except TookTooLongError:
            log.warning("A question took too long and was given up.")
            problems = (*self.request.problems, Problem(field="q", message=TOO_LONG))
            return Results(request=replace(self.request, page=1, problems=problems), total=0, hits=[])
        pages = max(1, -(-found["total"] // PER_PAGE))
        return Results(
            request=replace(self.request, page=min(self.request.page, pages)),
            total=found["total"],
            hits=self._hits(found),
            facets=self._facets(found),
            offered_needs=offered_needs(self.known, self.query, self.request),
            did_you_mean=self._did_you_mean(found["total"]),
            is_loose=bool(self.scoring.partly(self.query).any()),
        )

    def _did_you_mean(self, total: int) -> list[str]:
        """Return the question with other spellings of its words, where little was found and these find more."""
        if total >= LITTLE_FOUND or not self.query.asks:
            return []
        offered: list[str] = []
        for request in islice(other_spellings(self.scoring, self.query, self.request), MOST_TRIED):
            if request.q not in offered and replace(self, request=request).total > total:
                offered.append(request.q)
        return offered[:MOST_RESPELLED]

    def pins(self, limit: int) -> Pins:
        """Return every venue found that may stand on a map, at most `limit`, best services first."""
        try:
            rows = self._ask(lambda statement: statement.pins(limit))
        except TookTooLongError:
            rows = []
        return Pins(
            numbers=[row.at_number for row in rows],
            latitudes=[row.latitude / 1_000_000 for row in rows],
            longitudes=[row.longitude / 1_000_000 for row in rows],
            ranks=[row.rank for row in rows],
        )

    def count_needs(self) -> dict[str, int]:
        """Return how many of the services found answer each need, those that none answers left out."""
        try:
            counts = dict(self._ask(Statement.needs))
        except TookTooLongError:
            return {}
        return {need: counts[need] for need in self.vocabulary.values["need"] if need in counts}

    @cached_property
    def _asked(self) -> Asked:
        question = Question(request=self.request, now=self.now, is_ranked=self.query.asks)
        numbers, scores = None, None
        if self.query:
            self._look_up_at_once()
            found = self.scoring.score(self.query)
            numbers = np.flatnonzero(found > 0)
            scores = found[numbers]
        return Asked(
            request=self.request,
            query=self.query,
            now=self.now,
            sort=question.sort,
            calendar=self.known.calendar,
            numbers=numbers,
            scores=scores,
            covering=self.covering,
        )

    def _look_up_at_once(self) -> None:
        """Have everything that the words may be met by looked up in one statement instead of many."""
        words = {word for phrase in (*self.query.phrases, *self.query.without) for word in phrase}
        for unit in self.scoring.units(self.query):
            words |= words_of(unit)
        lookup = self.known.meeting.lookup
        if isinstance(lookup, TableLookup):
            lookup.source.look_up(terms_of(words))

    def _ask(self, put: Callable[[Statement], str]) -> Sequence[Any]:
        """Return the rows that a statement gives. Raises TookTooLongError."""
        statement = Statement(self._asked)
        text = put(statement)
        with patiently() as connection:
            return connection.exec_driver_sql(text, statement.values).all()

    def _ask_json(self, put: Callable[[Statement], str]) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(put)[0][0]
        return found

    def _facets(self, found: Mapping[str, Any]) -> dict[str, Mapping[str, int]]:
        values = self.vocabulary.values
        access, when = dict(found["access"] or ()), found["when"]
        flags: Counter[str] = Counter()
        for flag, services in found["flags"] or ():
            flags[flag] += services
        facets: dict[str, Mapping[str, int]] = {}
        for name in SERVICE_FILTERS:
            everybody = flags["for"] if name == "for" else 0
            facets[name] = {value: flags[f"{name}:{value}"] + everybody for value in values[name]}
        facets["access"] = {value: access.get(value, 0) for value in values["access"]}
        facets["day"] = dict(zip(DAY_CHOICES, when, strict=False))
        facets["time"] = dict(zip(TIME_CHOICES, when[len(DAY_CHOICES) :], strict=True))
        return facets

    def _hits(self, found: Mapping[str, Any]) -> list[Hit]:
        return [_hit(*row) for row in found["hits"] or ()]


def _hit(
    service_id: str, score: float, at_number: int | None, miles: float | None, day: int | None, begins: int, closes: int
) -> Hit:
    session = None
    if day is not None:
        session = Session(dt.date.fromordinal(day), _time(begins), _time(closes))
    return Hit(
        service_id=uuid.UUID(service_id),
        score=score,
        at_number=at_number,
        miles=miles,
        starts_at=session.starts_at if session else None,
        ends_at=session.ends_at if session else None,
    )


def _time(wall: int) -> dt.time | None:
    """Return a minute of London's wall clock as a time of its day, None where it is not known."""
    return None if wall == UNKNOWN else dt.time(wall % DAY_MINUTES // 60, wall % 60)
