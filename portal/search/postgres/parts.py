"""The parts of the statements that answer a question: filters, place, sessions and order, all in the database.

They are tables named once (WITH): `service` holds what meets the question on the service itself, or fails one
filter only, which counts beside that filter need; `spot` the venues within reach; `picked` the venue that stands for
each service; `ranked` what is found, in order. What somebody typed goes in as a value.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from portal.core.clock import LONDON
from portal.directory.calendar import Calendar
from portal.geo.distance import EARTH_RADIUS_MILES, box_around
from portal.search.columns.filters import bits_of, chosen
from portal.search.columns.sessions import wall_minutes
from portal.search.columns.vocabulary import SERVICE_FILTERS
from portal.search.constants import (
    AGEING,
    AGEING_FROM_DAYS,
    DATES_AHEAD,
    DAYS_AHEAD,
    DISTANCE_WEIGHT,
    SAME_NAME,
    STALE,
    STALE_FROM_DAYS,
    WITHOUT_POSITION,
)
from portal.search.postgres.tables import ANYWHERE, BY_AREA, BY_DISTANCE
from portal.search.results import DAY_CHOICES, TIME_CHOICES, SearchRequest
from portal.search.text.language import Query
from portal.search.text.words import name_key

# Guards against a venue exactly on the edge falling out by the last digit of a float.
_EDGE = 1e-9
_EARTH = 2 * EARTH_RADIUS_MILES
_PARTS = "WITH {asked}" + ", ".join(
    f"{name} AS MATERIALIZED ({{{name}}})" for name in ("service", "rule_when", "venue", "spot", "picked", "ranked")
)
_OF_SERVICE = (
    "service_id, service.number, flags, is_for_all, folded_name, name_words, confirmed_on, factor, fails, words_score"
)


@dataclass(frozen=True)
class Asked:
    """A request with what was looked up for it.

    `numbers` and `scores` are the services that meet the words (None: no words were asked); `covering` the areas that
    cover the place asked for; `sort` the order that applies; `now` an aware instant; `calendar` knows bank holidays.
    """

    request: SearchRequest
    query: Query
    now: dt.datetime
    sort: str
    calendar: Calendar
    numbers: NDArray[np.int64] | None = None
    scores: NDArray[np.float64] | None = None
    covering: Collection[uuid.UUID] = ()


class Parts:
    """One question as parts of a statement, and the values that go into them."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.request = asked.request
        self.values: dict[str, Any] = {}
        today = asked.now.astimezone(LONDON).date()
        self._today = self.value("today", today)
        # All sessions begin and end on a minute.
        self._now = self.value("now", int(wall_minutes(asked.now)))
        self._span(today.toordinal())

    def parts(self) -> str:
        """Return the tables that every statement begins with."""
        found = f"SELECT *, round({self._score()} * 1e9) / 1e9 AS score FROM picked WHERE fails = 0"
        order = f"row_number() OVER (ORDER BY {self._order()}, folded_name, service_id)"
        return _PARTS.format(
            asked=self._words(),
            service=self._service(),
            rule_when=self._rule_when(),
            venue=self._venue(),
            spot=self._spot(),
            picked=self._picked(),
            ranked=f"SELECT *, {order} AS rank FROM ({found}) AS found",
        )

    @property
    def asks_when(self) -> bool:
        """Whether the question is about sessions at all."""
        request = self.request
        return bool(request.days or request.times or request.on or request.open_now or request.not_on_bank_holidays)

    @property
    def used(self) -> Sequence[str]:
        """The filters on the service itself that are used; the place of each is its bit in `fails`."""
        return [name for name in SERVICE_FILTERS if chosen(self.request, name)]

    def value(self, name: str, value: Any) -> str:
        """Take a value into the statement, and return what stands for it there."""
        self.values[name] = value
        return f"%({name})s"

    def _span(self, today: int) -> None:
        """Set the days whose sessions are looked at: five weeks, or the one that was asked for."""
        on = None if self.request.on is None else self.request.on.toordinal()
        last = today + DAYS_AHEAD - 1
        self._first = self.value("first", today - 1 if on is None else on)
        self._last = self.value("last", last if on is None else on)
        self._farthest = self.value("farthest", today + DATES_AHEAD)

    def _words(self) -> str:
        if self.asked.numbers is None or self.asked.scores is None:
            return ""
        numbers = self.value("numbers", f"{{{','.join(map(str, self.asked.numbers.tolist()))}}}")
        scores = self.value("scores", f"{{{','.join(map(repr, self.asked.scores.tolist()))}}}")
        unnested = f"unnest({numbers}::integer[], {scores}::double precision[])"
        return f"asked AS MATERIALIZED (SELECT * FROM {unnested} AS one (number, words_score)), "

    def _service(self) -> str:
        has_words = self.asked.numbers is not None
        fails = " + ".join(["0", *(self._fails(name, 1 << bit) for bit, name in enumerate(self.used))])
        where = ""
        if self.request.age is not None:
            age = self.value("age", self.request.age)
            where = f" WHERE {age}::integer BETWEEN least_age AND most_age"
        inner = (
            "SELECT service_id, number, flags, is_for_all, folded_name, name_words, confirmed_on, factor, "
            f"{fails} AS fails, "
            f"{'words_score' if has_words else '1.0::double precision AS words_score'} "
            f"FROM search.document{' JOIN asked USING (number)' if has_words else ''}{where}"
        )
        kept = ", ".join(str(number) for number in (0, *(1 << bit for bit in range(len(self.used)))))
        return f"SELECT * FROM ({inner}) AS every WHERE fails IN ({kept})"

    def _fails(self, name: str, bit: int) -> str:
        wanted = self.value(f"wanted_{name}", [f"{name}:{value}" for value in chosen(self.request, name)])
        met = f"flags && {wanted}::text[]"
        if name == "for":
            met = f"(is_for_all OR {met})"
        return f"CASE WHEN {met} THEN 0 ELSE {bit} END"

    def moment(self) -> str:
        """Return what a session has to meet that is neither a day of the week nor a part of the day."""
        found = f"ends > {self._now}"
        if self.request.open_now:
            found += f" AND begins <> -1 AND closes <> -1 AND begins <= {self._now}"
        if self.request.not_on_bank_holidays:
            days = range(self.values["first"], self.values["last"] + 1)
            holidays = [day for day in days if self.asked.calendar.is_bank_holiday(dt.date.fromordinal(day))]
            found += f" AND day <> ALL ({self.value('holidays', holidays)}::integer[])"
        return found

    def bits(self, column: str, values: tuple[str, ...], choices: tuple[str, ...]) -> str:
        """Return that one of some choices holds, "true" when none was made."""
        if not values:
            return "true"
        return f"({column} & {self.value(f'wanted_{column}', bits_of(values, choices))}::integer) <> 0"

    def _rule_when(self) -> str:
        """Return for each rule when it is next, and the days and parts of the day on which it still is."""
        days, parts = (
            self.bits("days", self.request.days, DAY_CHOICES),
            self.bits("parts", self.request.times, TIME_CHOICES),
        )
        near = (
            f"SELECT rule, min(starts) FILTER (WHERE {days} AND {parts}) AS starts, "
            f"bit_or(days) FILTER (WHERE {parts}) AS days, bit_or(parts) FILTER (WHERE {days}) AS parts "
            f"FROM search.session WHERE day BETWEEN {self._first} AND {self._last} AND {self.moment()} GROUP BY rule"
        )
        if self.asks_when:
            return near
        later = (
            f"SELECT starts FROM search.session AS later WHERE later.rule = rule.id AND day > {self._last} "
            f"AND day <= {self._farthest} ORDER BY starts LIMIT 1"
        )
        return (
            f"SELECT rule.id AS rule, coalesce(near.starts, ({later})) AS starts, near.days, near.parts "
            f"FROM search.rule LEFT JOIN ({near}) AS near ON near.rule = rule.id"
        )

    def _venue(self) -> str:
        columns = f"{_OF_SERVICE}, venue.id, place, venue.number AS at_number, latitude, longitude, access, rules"
        place = self.request.place
        if place is None:
            miles = "'Infinity'::double precision AS miles"
            return f"SELECT {columns}, {miles} FROM search.venue JOIN service USING (service_id)"
        latitude, longitude = self.value("latitude", place.latitude), self.value("longitude", place.longitude)
        south, west, north, east = box_around(place.latitude, place.longitude, self.request.radius + 0.01)
        for name, degrees in (("south", south), ("west", west), ("north", north), ("east", east)):
            self.value(name, int(np.floor(degrees * 1e6)) if name in {"south", "west"} else int(np.ceil(degrees * 1e6)))
        self.value("radius", self.request.radius)
        covering = self.value("covering", [str(area) for area in self.asked.covering])
        lat, lon = "radians(latitude / 1e6::double precision)", "radians(longitude / 1e6::double precision)"
        here_lat, here_lon = f"radians({latitude}::double precision)", f"radians({longitude}::double precision)"
        chord = (
            f"power(sin(({lat} - {here_lat}) / 2), 2) + "
            f"cos({here_lat}) * cos({lat}) * power(sin(({lon} - {here_lon}) / 2), 2)"
        )
        # A null is left out by least() and greatest().
        ground = f"{_EARTH!r} * asin(sqrt(least(1, greatest(0, {chord}))))"
        miles = f"CASE WHEN latitude IS NULL THEN 'Infinity'::double precision ELSE {ground} END"
        within = (
            f"reach = {ANYWHERE} OR reach = {BY_AREA} AND areas && {covering}::uuid[] OR reach = {BY_DISTANCE} "
            "AND latitude BETWEEN %(south)s AND %(north)s AND longitude BETWEEN %(west)s AND %(east)s "
            f"AND {miles} <= %(radius)s::double precision + {_EDGE!r}"
        )
        return f"SELECT {columns}, {miles} AS miles FROM search.venue JOIN service USING (service_id) WHERE {within}"

    def _spot(self) -> str:
        """Return the venues within reach with their next session, and whether they meet access and time."""
        access = self.value("access", list(self.request.access))
        happens = "starts IS NOT NULL" if self.asks_when else "true"
        when = (
            "SELECT venue.id, min(starts) AS starts, bit_or(days) AS days, bit_or(parts) AS parts "
            "FROM venue CROSS JOIN unnest(rules) AS one (rule) JOIN rule_when USING (rule) GROUP BY venue.id"
        )
        return (
            "SELECT venue.*, starts, days, parts, round(miles * 1e9) / 1e9 AS ground, "
            f"access @> {access}::text[] AS is_accessible, {happens} AS happens "
            f"FROM venue LEFT JOIN ({when}) AS happening USING (id)"
        )

    def _picked(self) -> str:
        """Return one fitting venue for each service: the nearest, or the one with the next session."""
        first = "starts, ground" if self.asked.sort == "soonest" else "ground, starts"
        return (
            f"SELECT DISTINCT ON (number) * FROM spot WHERE is_accessible AND happens ORDER BY number, {first}, place"
        )

    def _score(self) -> str:
        """Return the text's score times soft factors, in the order in which the columns multiply them."""
        score = "words_score"
        query = self.asked.query
        if query.words and not query.phrases:
            key = self.value("name_key", name_key(query.words))
            score = f"CASE WHEN name_words = {key} THEN {score} * {SAME_NAME!r}::double precision ELSE {score} END"
        if self.request.place is not None:
            share = "least(ground / %(radius)s::double precision, 1)"
            near = f"1 / (1 + {DISTANCE_WEIGHT!r}::double precision * {share})"
            far = f"{WITHOUT_POSITION!r}::double precision"
            score = f"({score}) * CASE WHEN ground = 'Infinity' THEN {far} ELSE {near} END"
        age = f"{self._today}::date - confirmed_on"
        fresh = (
            f"CASE WHEN confirmed_on IS NULL OR {age} >= {STALE_FROM_DAYS} THEN {STALE!r}::double precision "
            f"WHEN {age} >= {AGEING_FROM_DAYS} THEN {AGEING!r}::double precision ELSE 1 END"
        )
        return f"({score}) * ({fresh}) * factor"

    def _order(self) -> str:
        return {
            "relevance": "score DESC, ground",
            "distance": "ground",
            "soonest": "starts, ground",
            "confirmed": "confirmed_on DESC NULLS LAST, ground",
            "name": "folded_name",
        }[self.asked.sort]
