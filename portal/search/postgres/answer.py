"""One question put to the tables. The same questions can be asked of it as of `portal.search.answering.Answer`."""

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from portal.directory.models import Capacity
from portal.directory.schedules import Session
from portal.search.columns.question import Question
from portal.search.columns.sessions import DAY_MINUTES, UNKNOWN, wall_minutes
from portal.search.columns.vocabulary import SERVICE_FILTERS, Vocabulary
from portal.search.constants import LITTLE_FOUND, MOST_RESPELLED, MOST_TRIED, SAME_NAME
from portal.search.coverings import Coverings
from portal.search.offering import offered_needs, other_spellings
from portal.search.postgres.known import Known
from portal.search.postgres.lookup import TableLookup, terms_of, words_of
from portal.search.postgres.reading import TookTooLongError, rows_of
from portal.search.postgres.statements import Statement
from portal.search.postgres.when import Asked
from portal.search.results import DAY_CHOICES, PER_PAGE, TIME_CHOICES, Hit, Pins, Problem, Results, SearchRequest
from portal.search.standing import Standing, distance_factor, fresh_factor
from portal.search.text.language import Query, parse
from portal.search.text.meeting import Meaning, Meeting
from portal.search.text.scoring import Scoring
from portal.search.text.units import units_of
from portal.search.text.words import name_key

log = logging.getLogger(__name__)

TOO_LONG = "This search took too long. Try fewer words, or try again in a moment."


@dataclass(frozen=True)
class TableAnswer:
    """A question answered by the database. Parts are asked for when they are needed, once."""

    known: Known
    request: SearchRequest
    now: dt.datetime
    coverings: Coverings = field(default_factory=Coverings, compare=False)

    @property
    def meeting(self) -> Meeting:
        """How words are met."""
        return self.known.meeting

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
        return self.coverings.of(self.request.place)

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
        """Return one page with counts; beyond the last page, the last one. Not worked out twice in a minute.

        Says so when it would take too long.
        """
        minute, key = int(wall_minutes(self.now)), (self.covering, replace(self.request, view="list"))
        page = self.known.pages.find(minute, key)
        if page is None:
            try:
                page = self._page()
            except TookTooLongError:
                return self._given_up()
            self.known.pages.keep(minute, key, page)
        return replace(page, request=replace(page.request, view=self.request.view))

    def _given_up(self) -> Results:
        log.warning("A question took too long and was given up.")
        problems = (*self.request.problems, Problem(field="q", message=TOO_LONG))
        return Results(request=replace(self.request, page=1, problems=problems), total=0, hits=[])

    def _page(self) -> Results:
        found = self._ask_json(lambda statement: statement.page(self.request.page, PER_PAGE))
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
            numbers=[row.number for row in rows],
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
        return {need: counts[need] for need in self.vocabulary.values["need"] if counts.get(need)}

    def hits_of(self, numbers: Sequence[int]) -> dict[uuid.UUID, Hit]:
        """Return the hits of some services, given by number, by their ids; those that are not found left out."""
        asked = replace(self._asked, numbers=np.array(numbers, np.int64), scores=np.ones(len(numbers)))
        statement = Statement(asked)
        rows = rows_of(statement.hits(0, len(numbers)), statement.values)
        return {hit.service_id: hit for hit in self._hits(rows[0][0])}

    def order(self) -> list[int]:
        """Return the numbers of all services found, in order."""
        try:
            return [number for (number,) in self._ask(Statement.numbers)]
        except TookTooLongError:
            return []

    def first_names(self, count: int) -> list[str]:
        """Return the names of the first services found."""
        first = self.order()[:count]
        rows = rows_of("SELECT number, name FROM search.document WHERE number = ANY (%(first)s)", {"first": first})
        names = {row.number: row.name for row in rows}
        return [names[number] for number in first if number in names]

    def standing(self, service_id: uuid.UUID) -> Standing | None:
        """Return where a service stands and what its score is made of; None when it is not shown to anybody."""
        asked = (
            "SELECT number, capacity, is_thin, is_closed_for_now FROM search.document "
            "WHERE service_id = %(service_id)s::uuid"
        )
        rows = rows_of(asked, {"service_id": service_id})
        if not rows or rows[0].number >= self.meeting.lookup.count:
            return None
        number, capacity, is_thin, is_closed = rows[0]
        of_service = (Capacity(capacity) if capacity else None, is_thin, is_closed)
        found = self._ask(Statement.standing, only=number)
        if not found:
            return Standing(number, *of_service)
        score, miles, name_words, confirmed_on = found[0]
        factors = {"words": float(self.scoring.score(self.query)[number])} if self.query else {}
        if self.query.words and not self.query.phrases:
            factors["name"] = SAME_NAME if name_words == name_key(self.query.words) else 1.0
        if self.request.place is not None:
            factors["distance"] = distance_factor(miles, self.request.radius)
        factors["fresh"] = fresh_factor(confirmed_on, self.now)
        return Standing(number, *of_service, score, miles, factors)

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
            sessions_from=self.known.marks.sessions_from,
            numbers=numbers,
            scores=scores,
            covering=self.covering,
        )

    def _look_up_at_once(self) -> None:
        """Have everything that the words may be met by looked up in one statement instead of many."""
        query, lookup = self.query, self.known.meeting.lookup
        words = {word for phrase in (*query.phrases, *query.without) for word in phrase}
        for unit in units_of(query, self.known.synonyms):
            words |= words_of(unit)
        if isinstance(lookup, TableLookup):
            lookup.source.look_up(terms_of(words))

    def _ask(self, put: Callable[[Statement], str], only: int | None = None) -> Sequence[Any]:
        """Return the rows that a statement gives, `only` of the service of that number. Raises TookTooLongError."""
        statement = Statement(replace(self._asked, only=only))
        return rows_of(put(statement), statement.values)

    def _ask_json(self, put: Callable[[Statement], str]) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(put)[0][0]
        return found

    def _facets(self, found: Mapping[str, Any]) -> dict[str, Mapping[str, int]]:
        values = self.vocabulary.values
        access: Counter[str] = Counter()
        for combinations, services in found["access"] or ():
            for value in self.known.access_of(combinations):
                access[value] += services
        flags = {(name, value): services for name, value, services in found["flags"] or ()}
        facets: dict[str, Mapping[str, int]] = {}
        for name in SERVICE_FILTERS:
            everybody = flags.get((name, ""), 0)
            facets[name] = {value: flags.get((name, value), 0) + everybody for value in values[name]}
        facets["access"] = {value: access[value] for value in values["access"]}
        when: Counter[str] = Counter()
        for bits, services in found["when"] or ():
            for bit, value in enumerate((*DAY_CHOICES, *TIME_CHOICES)):
                when[value] += services if bits >> bit & 1 else 0
        facets["day"] = {value: when[value] for value in DAY_CHOICES}
        facets["time"] = {value: when[value] for value in TIME_CHOICES}
        return facets

    def _hits(self, found: Mapping[str, Any]) -> list[Hit]:
        return [_hit(*row) for row in found["hits"] or ()]


def _hit(
    service_id: str, score: float, at_number: int | None, miles: float | None, found: tuple[int, int, int] | None
) -> Hit:
    session = None
    if found is not None:
        day, begins, closes = found
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
