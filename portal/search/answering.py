"""One question put to one state: words to scores, scores and columns to an order, and hits with their next session."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from portal.core import clock
from portal.geo.queries import areas_covering
from portal.search.columns.build import NO_NUMBER
from portal.search.columns.facets import count_facets
from portal.search.columns.filters import Filters
from portal.search.columns.order import Ranked, next_session, rank
from portal.search.columns.question import Question
from portal.search.engine import engine
from portal.search.results import PER_PAGE, Hit, Results, SearchRequest
from portal.search.state import State
from portal.search.text.language import Query, parse
from portal.search.text.scoring import Meaning, Scoring


@dataclass(frozen=True)
class Answer:
    """A question answered from one state. Parts are worked out when they are asked for, once."""

    state: State
    request: SearchRequest
    now: dt.datetime

    @cached_property
    def query(self) -> Query:
        """What the words ask."""
        return parse(self.request.q)

    @cached_property
    def scoring(self) -> Scoring:
        """The lookup of the words."""
        columns = self.state.columns
        return Scoring(self.state.sources, columns.alive, columns.texts)

    @cached_property
    def filters(self) -> Filters:
        """The masks of the question."""
        place = self.request.place
        question = Question(
            request=self.request,
            now=self.now,
            scores=self.scoring.score(self.query) if self.query else None,
            is_ranked=self.query.asks,
            covering=frozenset(areas_covering(place.latitude, place.longitude)) if place else frozenset(),
        )
        return Filters(self.state.columns, question)

    @cached_property
    def ranked(self) -> Ranked:
        """Everything found, in order."""
        return rank(self.filters, self.query)

    @cached_property
    def total(self) -> int:
        """The number of services found."""
        return len(self.ranked.services)

    @property
    def meaning(self) -> Meaning:
        """What the words were taken for."""
        self.scoring.score(self.query)
        return self.scoring.meaning

    def hits(self, start: int, end: int) -> list[Hit]:
        """Return the hits from one place in the order to another."""
        return [self._hit(place) for place in range(max(0, start), min(end, self.total))]

    def page(self) -> Results:
        """Return one page with counts; beyond the last page, the last one."""
        pages = max(1, -(-self.total // PER_PAGE))
        request = replace(self.request, page=min(self.request.page, pages))
        first = (request.page - 1) * PER_PAGE
        return Results(
            request=request,
            total=self.total,
            hits=self.hits(first, first + PER_PAGE),
            facets=count_facets(self.filters),
            is_rebuilding=self.state.is_rebuilding,
        )

    def _hit(self, place: int) -> Hit:
        ranked, columns = self.ranked, self.state.columns
        venue, miles = int(ranked.venues[place]), float(ranked.miles[place])
        number = int(columns.venues.number[venue])
        found = next_session(self.filters, venue, int(ranked.starts[place]))
        session = found and found[0].session(found[1])
        return Hit(
            service_id=columns.documents[int(ranked.services[place])].id,
            score=float(ranked.scores[place]),
            at_number=None if number == NO_NUMBER else number,
            miles=None if miles == float("inf") else miles,
            starts_at=session.starts_at if session else None,
            ends_at=session.ends_at if session else None,
        )


def answer(request: SearchRequest) -> Answer:
    """Return the answer to a question as of now. Needs an application context."""
    return Answer(engine().state(), request, clock.now())


def answer_each(requests: Sequence[SearchRequest]) -> list[Answer]:
    """Return answers to several questions from one and the same state."""
    state, now = engine().state(), clock.now()
    return [Answer(state, request, now) for request in requests]
