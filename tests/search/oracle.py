"""The rules of search in plain Python, one service after the other: slow, and written apart from the columns."""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from portal.core.clock import LONDON
from portal.directory.calendar import known_holidays
from portal.directory.models import Capacity
from portal.directory.schedules import Session, sessions
from portal.geo.distance import miles_between
from portal.search.documents import Document, Venue
from portal.search.results import SearchRequest
from portal.search.text.synonyms import Meant
from tests.search.oracle_words import Words, telling

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PARTS = {"morning": (300, 720), "afternoon": (720, 1020), "evening": (1020, 1439)}
LISTS = {"category": "categories", "need": "needs", "kind": "kinds", "cost": "costs", "for": "audiences",
         "language": "languages", "access": "access", "day": "days", "time": "times"}  # fmt: skip
ALTERNATIVES = ("category", "need", "kind", "cost", "for", "language", "day", "time")


def minutes(time: dt.time) -> int:
    return time.hour * 60 + time.minute


def part_of_day_holds(session: Session, part: str) -> bool:
    if session.opens_at is None:
        return False
    start, end = PARTS[part]
    opens = minutes(session.opens_at)
    if start <= opens < end:
        return True
    if session.closes_at is None:
        return False
    closes = minutes(session.closes_at)
    if closes <= opens:
        closes += 1440
    return min(closes, end) - max(opens, start) >= 30


def day_holds(session: Session, day: str) -> bool:
    weekday = session.day.weekday()
    if day == "weekend":
        return weekday >= 5
    return weekday < 5 if day == "weekday" else WEEKDAYS[weekday] == day


def asks_when(request: SearchRequest) -> bool:
    return bool(request.days or request.times or request.on or request.open_now or request.not_on_bank_holidays)


def upcoming(venue: Venue, document: Document, request: SearchRequest, now: dt.datetime) -> list[Session]:
    """The sessions at a venue that meet everything the request says about when, in order."""
    if document.is_closed_for_now:
        return []
    today = now.astimezone(LONDON).date()
    asks = asks_when(request)
    first, last = today - dt.timedelta(days=1), today + dt.timedelta(days=34 if asks else 400)
    if request.on and request.on > last:
        first = last = request.on
    found = []
    for rule in venue.rules:
        for session in sessions(rule.as_schedule(), first, last):
            if session.ends_at <= now:
                continue
            if request.on and session.day != request.on:
                continue
            if request.not_on_bank_holidays and session.day in known_holidays(session.day.year):
                continue
            if request.days and not any(day_holds(session, day) for day in request.days):
                continue
            if request.times and not any(part_of_day_holds(session, part) for part in request.times):
                continue
            if request.open_now and (session.opens_at is None or session.closes_at is None or session.starts_at > now):
                continue
            found.append(session)
    return sorted(found, key=lambda one: (one.starts_at.replace(tzinfo=None), one.ends_at.replace(tzinfo=None)))


def miles_to(venue: Venue, request: SearchRequest) -> float:
    if request.place is None or venue.position is None:
        return math.inf
    here = (request.place.latitude, request.place.longitude)
    return round(miles_between(here, (venue.position[0] / 1e6, venue.position[1] / 1e6)), 9)


def where_holds(venue: Venue, document: Document, request: SearchRequest, covering: Iterable[Any]) -> bool:
    if request.place is None:
        return True
    if document.areas:
        return bool(document.areas & set(covering))
    if not any(other.is_physical for other in document.venues):
        return True
    return miles_to(venue, request) <= request.radius + 1e-9


def service_holds(document: Document, request: SearchRequest) -> bool:
    if request.categories and not document.categories & set(request.categories):
        return False
    if request.needs and not set(document.needs) & set(request.needs):
        return False
    if request.kinds and document.kind not in request.kinds:
        return False
    if request.costs and not document.costs & set(request.costs):
        return False
    if request.audiences and document.audiences and not document.audiences & set(request.audiences):
        return False
    if request.languages and not document.languages & set(request.languages):
        return False
    if request.age is None:
        return True
    return (document.minimum_age or 0) <= request.age <= (document.maximum_age or 1000)


class Found:
    """One service with the venue that stands for it."""

    def __init__(self, document: Document, venue: Venue, miles: float, session: Session | None, score: float) -> None:
        self.document, self.venue, self.miles, self.session, self.score = document, venue, miles, session, score

    @property
    def start(self) -> float:
        if self.session is None:
            return math.inf
        return self.session.starts_at.replace(tzinfo=None).timestamp()


class Oracle:
    """All answers to one request."""

    def __init__(
        self,
        documents: Sequence[Document],
        request: SearchRequest,
        now: dt.datetime,
        covering: Iterable[Any],
        meant: Mapping[tuple[str, ...], Meant] | None = None,
    ) -> None:
        self.documents, self.now, self.covering = documents, now, set(covering)
        self.request = request
        words = request.q.split()
        self.texts = Words(documents, meant or {}).scores(words) if words else [1.0] * len(documents)
        self.has_words = bool(words)

    def matching(self, request: SearchRequest) -> list[tuple[int, list[Venue]]]:
        """Return the place of each document that fits, with the venues that do."""
        asks = asks_when(request)
        found = []
        for place, document in enumerate(self.documents):
            if not self.texts[place] or not service_holds(document, request):
                continue
            venues = [
                venue
                for venue in document.venues
                if where_holds(venue, document, request, self.covering)
                and set(request.access) <= venue.access
                and (not asks or upcoming(venue, document, request, self.now))
            ]
            if venues:
                found.append((place, venues))
        return found

    def ordered(self) -> list[Found]:
        request = self.request
        sort = request.sort
        if sort in {"relevance", "distance"} and not (self.has_words and sort == "relevance"):
            usual = "relevance" if self.has_words else "soonest"
            sort = "distance" if request.place else usual
        found = []
        for place, venues in self.matching(request):
            document = self.documents[place]
            candidates = []
            for number, venue in enumerate(venues):
                session = next(iter(upcoming(venue, document, request, self.now)), None)
                one = Found(document, venue, miles_to(venue, request), session, 0.0)
                key = (one.start, one.miles, number) if sort == "soonest" else (one.miles, one.start, number)
                candidates.append((key, one))
            one = min(candidates, key=lambda item: item[0])[1]
            one.score = self.score(place, one.miles)
            found.append(one)
        keys: dict[str, Callable[[Found], tuple[float, ...]]] = {
            "relevance": lambda one: (-one.score, one.miles),
            "distance": lambda one: (one.miles,),
            "soonest": lambda one: (one.start, one.miles),
            "confirmed": lambda one: (-(one.document.confirmed_on or dt.date.min).toordinal(), one.miles),
            "name": lambda one: (),
        }
        return sorted(found, key=lambda one: (*keys[sort](one), one.document.name.casefold(), one.document.id.int))

    def score(self, place: int, miles: float) -> float:
        document = self.documents[place]
        score = self.texts[place]
        if self.has_words and set(telling(self.request.q.split())) == set(document.texts[0].split()):
            score *= 1.25
        if self.request.place:
            share = min(miles / self.request.radius, 1.0)
            score *= 0.8 if math.isinf(miles) else 1 / (1 + 0.5 * share)
        today = self.now.astimezone(LONDON).date()
        days = (today - document.confirmed_on).days if document.confirmed_on else 10_000
        score *= 0.95 if days >= 365 else 0.98 if days >= 183 else 1.0
        score *= {Capacity.FULL: 0.92, Capacity.WAITING_LIST: 0.97}.get(document.capacity, 1.0)  # type: ignore[arg-type]
        return round(score * (0.97 if document.is_thin else 1.0) * (0.5 if document.is_closed_for_now else 1.0), 9)

    def count(self, name: str, value: str) -> int:
        """Return how many there would be if a value were chosen: alone in its filter; in access, besides."""
        values = (value,) if name in ALTERNATIVES else (*self.request.access, value)
        changed: dict[str, Any] = {LISTS[name]: values}
        return len(self.matching(replace(self.request, **changed)))
