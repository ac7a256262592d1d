"""Asks the judged questions, the way the results page does, and looks at what must not be shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import sqlalchemy as sa
import time_machine
from werkzeug.datastructures import MultiDict

from benchmarks.relevance.demonstration import demonstration
from benchmarks.relevance.judged import Judged
from benchmarks.relevance.plain import PlainSearch
from portal.core.database import db
from portal.directory.index_queries import read_terms
from portal.directory.models import Location, ServiceAtLocation
from portal.geo.queries import areas_covering
from portal.search.asking import read_request
from portal.search.crisis import is_urgent
from portal.search.documents import read_documents
from portal.search.finding import find, list_pins
from portal.search.results import Hit, SearchRequest


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a judged question gave: the keys of everything found, by our search and by the plain one, best first.

    `breaches` say in words what was shown and must not be; `is_urgent` says whether urgent help stood above it all.
    """

    judged: Judged
    ours: Sequence[str]
    plain: Sequence[str]
    breaches: Sequence[str]
    is_urgent: bool

    @property
    def is_urgent_as_judged(self) -> bool:
        """Whether urgent help was shown or kept back as it should be."""
        return self.judged.is_urgent in (None, self.is_urgent)


class Asking:
    """The demonstration as it was loaded, asked question by question. Needs an application context over it."""

    def __init__(self) -> None:
        self._shown = demonstration()
        with db.engine.connect() as connection:
            documents = read_documents(connection, read_terms(connection))
        self._areas = {document.id: document.areas for document in documents}
        self._plain = PlainSearch((self._shown.key_of[document.id], document.texts) for document in documents)
        self._let_through: dict[SearchRequest, list[str]] = {}

    def ask_all(self, questions: Sequence[Judged]) -> list[Outcome]:
        """Return the outcomes in the order of the questions. Each is asked at its own moment; time only goes on."""
        found: dict[str, Outcome] = {}
        for judged in sorted(questions, key=lambda one: one.at):
            with time_machine.travel(judged.at):
                found[judged.id] = self._ask(judged)
        return [found[judged.id] for judged in questions]

    def _ask(self, judged: Judged) -> Outcome:
        request = read_request(MultiDict(dict(judged.ask)))
        hits = list(_all_hits(request))
        return Outcome(
            judged=judged,
            ours=self._keys(hits),
            plain=self._ask_plainly(judged),
            breaches=list(self._breaches(judged, request, hits)),
            is_urgent=is_urgent(request.q, request.needs),
        )

    def _ask_plainly(self, judged: Judged) -> list[str]:
        """Ask the plain search. It gets our filters for what the address says apart from the words, and no others."""
        others = {name: value for name, value in judged.ask.items() if name not in {"q", "sort"}}
        request = read_request(MultiDict(others))
        request = replace(request, sort="distance" if request.place else "name")
        if request not in self._let_through:
            self._let_through[request] = self._keys(list(_all_hits(request)))
        allowed = self._let_through[request]
        return self._plain.find(judged.ask["q"], frozenset(allowed)) if "q" in judged.ask else allowed

    def _breaches(self, judged: Judged, request: SearchRequest, hits: Sequence[Hit]) -> Iterator[str]:
        place = request.place
        covering = areas_covering(place.latitude, place.longitude) if place else None
        for hit in hits:
            key, areas = self._shown.key_of[hit.service_id], self._areas.get(hit.service_id, frozenset())
            if key in judged.never:
                yield f"{key} must not be shown here"
            if hit.service_id in self._shown.closed:
                yield f"{key} has closed"
            if covering is not None and areas and not areas & covering:
                yield f"{key} is for people elsewhere"
            if hit.service_id in self._shown.hidden and (hit.miles, hit.at_number) != (None, None):
                yield f"{key} is confidential and has a position"
        if self._hidden_numbers.intersection(list_pins(request).numbers):
            yield "a confidential place has a pin"

    def _keys(self, hits: Sequence[Hit]) -> list[str]:
        return [self._shown.key_of[hit.service_id] for hit in hits]

    @cached_property
    def _hidden_numbers(self) -> frozenset[int]:
        """The numbers that pins at confidential places would carry."""
        hidden = sa.select(ServiceAtLocation.number).join(Location).where(Location.is_confidential)
        return frozenset(db.session.scalars(hidden))


def _all_hits(request: SearchRequest) -> Iterator[Hit]:
    first = find(request)
    yield from first.hits
    for page in range(2, first.pages + 1):
        yield from find(replace(request, page=page)).hits
