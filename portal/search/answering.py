"""One question put to one state: words to scores, scores and columns to an order, and hits with their next session."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

import numpy as np

from portal.core import clock
from portal.search.columns.build import NO_NUMBER
from portal.search.columns.facets import count_facets
from portal.search.columns.filters import Filters
from portal.search.columns.order import Ranked, factors, next_session, rank
from portal.search.columns.question import Question
from portal.search.columns.sessions import wall_minutes
from portal.search.columns.vocabulary import Vocabulary
from portal.search.constants import LITTLE_FOUND, MOST_RESPELLED, MOST_TRIED
from portal.search.coverings import Coverings
from portal.search.engine import engine
from portal.search.offering import offered_needs, other_spellings
from portal.search.postgres.answer import TableAnswer
from portal.search.postgres.known import Known
from portal.search.results import PER_PAGE, Hit, Pins, Results, SearchRequest
from portal.search.standing import Standing
from portal.search.state import State
from portal.search.text.language import Query, parse
from portal.search.text.meeting import Meaning, Meeting
from portal.search.text.scoring import Scoring


@dataclass(frozen=True)
class Answer:
    """A question answered from one state. Parts are worked out when they are asked for, once."""

    state: State
    request: SearchRequest
    now: dt.datetime
    coverings: Coverings = field(default_factory=Coverings, compare=False)

    @property
    def meeting(self) -> Meeting:
        """How words are met."""
        return self.state.meeting

    @property
    def vocabulary(self) -> Vocabulary:
        """The values that each filter knows."""
        return self.state.vocabulary

    @cached_property
    def query(self) -> Query:
        """What the words ask."""
        return parse(self.request.words)

    @cached_property
    def scoring(self) -> Scoring:
        """The lookup of the words."""
        return Scoring(self.state.meeting, self.state.synonyms)

    @cached_property
    def covering(self) -> frozenset[uuid.UUID]:
        """The areas that cover the place asked for."""
        return self.coverings.of(self.request.place)

    @cached_property
    def filters(self) -> Filters:
        """The masks of the question."""
        question = Question(
            request=self.request,
            now=self.now,
            scores=self.scoring.score(self.query) if self.query else None,
            is_ranked=self.query.asks,
            covering=self.covering,
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
        return self.scoring.meaning(self.query)

    def hits(self, start: int, end: int) -> list[Hit]:
        """Return the hits from one place in the order to another."""
        ranked = self.ranked
        span = slice(max(0, start), end)
        columns = (ranked.services, ranked.venues, ranked.scores, ranked.miles, ranked.starts)
        return [self._hit(*values) for values in zip(*(column[span].tolist() for column in columns), strict=True)]

    def page(self) -> Results:
        """Return one page with counts; beyond the last page, the last one. Not worked out twice in a minute."""
        minute, key = int(wall_minutes(self.now)), (self.covering, replace(self.request, view="list"))
        known = self.state.pages.find(minute, key)
        if known is None:
            known = self._page()
            self.state.pages.keep(minute, key, known)
        return replace(known, request=replace(known.request, view=self.request.view))

    def _page(self) -> Results:
        pages = max(1, -(-self.total // PER_PAGE))
        request = replace(self.request, page=min(self.request.page, pages))
        first = (request.page - 1) * PER_PAGE
        return Results(
            request=request,
            total=self.total,
            hits=self.hits(first, first + PER_PAGE),
            facets=count_facets(self.filters),
            is_rebuilding=self.state.is_rebuilding,
            offered_needs=offered_needs(self.state, self.query, self.request),
            did_you_mean=self.did_you_mean(),
            is_loose=bool(self.scoring.partly(self.query).any()),
        )

    def pins(self, limit: int) -> Pins:
        """Return every venue found that may stand on a map, at most `limit`, best services first."""
        filters = self.filters
        venues = filters.columns.venues
        place_of = np.full(len(filters.columns.documents), -1)
        place_of[self.ranked.services] = np.arange(1, self.total + 1)
        rows = filters.venues[np.isfinite(venues.latitude[filters.venues])]
        places = place_of[venues.service[rows]]
        order = np.argsort(places, kind="stable")[:limit]
        rows = rows[order]
        return Pins(
            numbers=venues.number[rows].tolist(),
            latitudes=venues.latitude[rows].tolist(),
            longitudes=venues.longitude[rows].tolist(),
            ranks=places[order].tolist(),
        )

    def count_needs(self) -> dict[str, int]:
        """Return how many of the services found answer each need, those that none answers left out."""
        filters = self.filters
        counts = filters.columns.services.need[self.ranked.services].sum(axis=0).tolist()
        named = zip(self.vocabulary.values["need"], counts, strict=True)
        return {need: services for need, services in named if services}

    def order(self) -> list[int]:
        """Return the rows of all services found, in order."""
        rows: list[int] = self.ranked.services.tolist()
        return rows

    def first_names(self, count: int) -> list[str]:
        """Return the names of the first services found."""
        return [self.state.columns.documents[row].name for row in self.order()[:count]]

    def standing(self, service_id: uuid.UUID) -> Standing | None:
        """Return where a service stands and what its score is made of; None when it is not shown to anybody."""
        row = self.state.columns.find_row(service_id)
        if row is None:
            return None
        document = self.state.columns.documents[row]
        of_service = (document.capacity, document.is_thin, document.is_closed_for_now)
        places = np.flatnonzero(self.ranked.services == row)
        if not len(places):
            return Standing(row, *of_service)
        place = int(places[0])
        miles = float(self.ranked.miles[place])
        made_of = factors(self.filters, np.array([row]), np.array([miles]), self.query)
        by_name = {name: float(values[0]) for name, values in made_of.items()}
        return Standing(row, *of_service, float(self.ranked.scores[place]), miles, by_name)

    def did_you_mean(self) -> list[str]:
        """Return the question with other spellings of its words, where little was found and these find more."""
        if self.total >= LITTLE_FOUND or not self.query.asks:
            return []
        offered: list[str] = []
        for request in islice(other_spellings(self.scoring, self.query, self.request), MOST_TRIED):
            if request.q not in offered and replace(self, request=request).total > self.total:
                offered.append(request.q)
        return offered[:MOST_RESPELLED]

    def _hit(self, service: int, venue: int, score: float, miles: float, start: int) -> Hit:
        columns = self.state.columns
        number = int(columns.venues.number[venue])
        found = next_session(self.filters, venue, start)
        session = found and found[0].session(found[1])
        return Hit(
            service_id=columns.documents[service].id,
            score=score,
            at_number=None if number == NO_NUMBER else number,
            miles=None if miles == float("inf") else miles,
            starts_at=session.starts_at if session else None,
            ends_at=session.ends_at if session else None,
        )


def answer_from(
    known: State | Known, request: SearchRequest, now: dt.datetime, coverings: Coverings | None = None
) -> Answer | TableAnswer:
    """Return the answer to a question as of an aware instant from what was known at one moment.

    Answers that are given `coverings` together look for the areas around a place once.
    """
    around = coverings or Coverings()
    if isinstance(known, State):
        return Answer(known, request, now, around)
    return TableAnswer(known, request, now, around)


def answer(request: SearchRequest) -> Answer | TableAnswer:
    """Return the answer to a question as of now, from PostgreSQL where it answers. Needs an application context."""
    return answer_each([request])[0]


def answer_each(requests: Sequence[SearchRequest]) -> list[Answer | TableAnswer]:
    """Return answers to several questions from one and the same state."""
    known, now, coverings = engine().known(), clock.now(), Coverings()
    return [answer_from(known, request, now, coverings) for request in requests]
