"""The parts of the statements that answer a question: filters, place, sessions and order, all in the database.

They are tables named once (WITH). `spot` holds the venues within reach whose service meets the question, or fails one
filter only, which the counts beside that filter need; with the score, and what happens there. `best` holds one venue of
each service that has several. A row that is put down in between costs as much as one that is looked at, so there are
few. What somebody typed goes in as a value.
"""

from collections.abc import Sequence

import numpy as np

from portal.geo.distance import EARTH_RADIUS_MILES, box_around
from portal.search.columns.filters import chosen
from portal.search.columns.vocabulary import SERVICE_FILTERS
from portal.search.constants import (
    AGEING,
    AGEING_FROM_DAYS,
    DISTANCE_WEIGHT,
    SAME_NAME,
    STALE,
    STALE_FROM_DAYS,
    WITHOUT_POSITION,
)
from portal.search.postgres.bits import AREA
from portal.search.postgres.tables import ANYWHERE, BY_AREA, BY_DISTANCE, NO_END
from portal.search.postgres.when import When
from portal.search.results import DAY_CHOICES
from portal.search.text.words import name_key

# Guards against a venue exactly on the edge falling out by the last digit of a float.
_EDGE = 1e-9
_EARTH = 2 * EARTH_RADIUS_MILES
_INFINITE = "'Infinity'::double precision"
_GROUND = "round(miles * 1e9) / 1e9"
# What of today's sessions is not over, by venue; and how it is joined with what comes later.
_TODAY = (
    f"SELECT venue, min(starts) AS first, bit_or(days::integer | (parts::integer << {len(DAY_CHOICES)})) AS own "
    f"FROM search.happening WHERE ends > {{now}} AND ends < {NO_END} GROUP BY venue"
)
_NEXT, _ALL_BITS = "least(first, later_starts)", "coalesce(own, 0) | later_bits"


class Parts(When):
    """One question as parts of a statement, and the values that go into them."""

    @property
    def used(self) -> Sequence[str]:
        """The filters on the service itself that are used; the place of each is its bit in `fails`."""
        return [name for name in SERVICE_FILTERS if chosen(self.request, name)]

    def _words(self) -> str:
        if self.asked.numbers is None or self.asked.scores is None:
            return ""
        numbers = self.value("numbers", f"{{{','.join(map(str, self.asked.numbers.tolist()))}}}")
        scores = self.value("scores", f"{{{','.join(map(repr, self.asked.scores.tolist()))}}}")
        unnested = f"unnest({numbers}::integer[], {scores}::double precision[])"
        return f"SELECT * FROM {unnested} AS one (service, words_score)"

    def parts(self) -> str:
        """Return the tables that every statement begins with, but for those that only count."""
        first = "starts, ground" if self.asked.sort == "soonest" else "ground, starts"
        several = f"SELECT DISTINCT ON (service) id FROM spot WHERE NOT is_only AND {self.happens}"
        return _with(asked=self._words(), **self._spot(), best=f"{several} ORDER BY service, {first}, place")

    def counted(self) -> str:
        """Return the tables that a statement begins with which only counts what is found."""
        return _with(asked=self._words(), **(self._spot() if self.asks_when else {"spot": self._near("0", "0")}))

    @property
    def picked(self) -> str:
        """That a venue stands for its service."""
        return f"{self.happens} AND (is_only OR id IN (SELECT id FROM best))"

    def _spot(self) -> dict[str, str]:
        if not self.asks_when and self._is_short:
            # The later sessions stand beside the venue; only those of today may be over.
            return {"today": _TODAY.format(now=self._now), "spot": self._near(_NEXT, _ALL_BITS, of_today=True)}
        tables = {"near": self._near("", "")}
        if not self._is_short:
            tables["rule_when"] = self._rule_when()
        tables["held"] = self._held()
        joined = f"SELECT * FROM near {'' if self.asks_when else 'LEFT '}JOIN held ON held.venue = near.id"
        return {**tables, "spot": joined}

    def _near(self, starts: str, bits: str, *, of_today: bool = False) -> str:
        """Return the venues that the rule of "where", the words, age, access and the other filters let through."""
        has_place = self.request.place is not None
        fails = " + ".join(self._fails(name, 1 << bit) for bit, name in enumerate(self.used)) or "0"
        is_name = f"name_words = {self.value('name_key', name_key(self.asked.query.words))}::text"
        inner = (
            "SELECT id, service, is_only, access, place, reach, confirmed_on, factor, service_id, folded_name, "
            f"{f'{starts} AS starts, {bits} AS bits, ' if starts else ''}{'' if self._is_short else 'rules, '}"
            f"{'1.0::double precision AS ' if self.asked.numbers is None else ''}words_score, "
            f"{is_name if self._has_name else 'false'} AS is_name, {fails} AS fails, {self._miles()} AS miles "
            f"FROM search.venue{'' if self.asked.numbers is None else ' JOIN asked USING (service)'}"
            f"{' LEFT JOIN today ON today.venue = venue.id' if of_today else ''} "
            f"WHERE {' AND '.join(self._conditions())}{' OFFSET 0' if has_place or self.used else ''}"
        )
        kept = [f"fails IN ({', '.join(str(bits) for bits in (0, *(1 << bit for bit in range(len(self.used)))))})"]
        if has_place:
            kept.append(f"(reach <> {BY_DISTANCE} OR miles <= %(radius)s::double precision + {_EDGE!r})")
        when = f"{'starts, bits, ' if starts else ''}{'' if self._is_short else 'rules, '}"
        return (
            f"SELECT id, service, is_only, fails, access, {when}{_GROUND} AS ground, "
            f"round({self._score()} * 1e9) / 1e9 AS score, confirmed_on, place, service_id, folded_name "
            f"FROM ({inner}) AS every WHERE {' AND '.join(kept)}"
        )

    def _conditions(self) -> list[str]:
        """Return what a venue has to meet whichever filter is left out."""
        request = self.request
        where = ["true"]
        if request.age is not None:
            where.append(f"{self.value('age', request.age)}::integer BETWEEN least_age AND most_age")
        if request.access:
            access = self.value("access", list(request.access))
            where.append(f"access IN (SELECT id FROM search.access WHERE held @> {access}::text[])")
        if self.asked.only is not None:
            where.append(f"service = {self.value('only', self.asked.only)}::integer")
        if request.place is not None:
            where.append(self._within())
        return where

    def _fails(self, name: str, bit: int) -> str:
        # With "" come those that are for everybody.
        wanted = self.value(f"wanted_{name}", [*chosen(self.request, name), ""])
        bits = f"SELECT bit_or(held) FROM search.flag WHERE filter = '{name}' AND value = ANY ({wanted}::text[])"
        return f"CASE WHEN get_bit(({bits}), service) = 1 THEN 0 ELSE {bit} END"

    def _miles(self) -> str:
        place = self.request.place
        if place is None:
            return _INFINITE
        latitude, longitude = self.value("latitude", place.latitude), self.value("longitude", place.longitude)
        return f"CASE WHEN latitude IS NULL THEN {_INFINITE} ELSE {miles_over_ground(latitude, longitude)} END"

    def _within(self) -> str:
        """Return the rule of "where", but for the radius; to be asked when there is a place."""
        place = self.request.place
        assert place is not None
        south, west, north, east = box_around(place.latitude, place.longitude, self.request.radius + 0.01)
        for name, degrees in (("south", south), ("west", west), ("north", north), ("east", east)):
            self.value(name, int(np.floor(degrees * 1e6)) if name in {"south", "west"} else int(np.ceil(degrees * 1e6)))
        self.value("radius", self.request.radius)
        covering = self.value("covering", [str(area) for area in self.asked.covering])
        bits = f"SELECT bit_or(held) FROM search.flag WHERE filter = '{AREA}' AND value = ANY ({covering}::text[])"
        box = (
            "latitude BETWEEN %(south)s::integer AND %(north)s::integer "
            "AND longitude BETWEEN %(west)s::integer AND %(east)s::integer"
        )
        covered = f"reach = {BY_AREA} AND get_bit(({bits}), service) = 1"
        return f"(reach = {BY_DISTANCE} AND {box} OR reach = {ANYWHERE} OR {covered})"

    @property
    def _has_name(self) -> bool:
        return bool(self.asked.query.words and not self.asked.query.phrases)

    def _score(self) -> str:
        """Return the text's score times soft factors, in the order in which the columns multiply them."""
        score = "words_score"
        if self._has_name:
            score = f"CASE WHEN is_name THEN {score} * {SAME_NAME!r}::double precision ELSE {score} END"
        if self.request.place is not None:
            share = f"least({_GROUND} / %(radius)s::double precision, 1)"
            near = f"1 / (1 + {DISTANCE_WEIGHT!r}::double precision * {share})"
            score = (
                f"({score}) * CASE WHEN miles = 'Infinity' THEN {WITHOUT_POSITION!r}::double precision ELSE {near} END"
            )
        age = f"{self.value('today', self._today)}::date - confirmed_on"
        fresh = (
            f"CASE WHEN confirmed_on IS NULL OR {age} >= {STALE_FROM_DAYS} THEN {STALE!r}::double precision "
            f"WHEN {age} >= {AGEING_FROM_DAYS} THEN {AGEING!r}::double precision ELSE 1 END"
        )
        return f"({score}) * ({fresh}) * factor"

    def order(self) -> str:
        """Return the order of what is found, a total one."""
        first = {
            "relevance": "score DESC, ground, ",
            "distance": "ground, ",
            "soonest": "starts, ground, ",
            "confirmed": "confirmed_on DESC NULLS LAST, ground, ",
            "name": "",
        }[self.asked.sort]
        return f"{first}folded_name, service_id"


def miles_over_ground(latitude: str, longitude: str) -> str:
    """Return the miles from a position in degrees, given as values of the statement, to one of search.venue."""
    lat, lon = "radians(latitude / 1e6::double precision)", "radians(longitude / 1e6::double precision)"
    here_lat, here_lon = f"radians({latitude}::double precision)", f"radians({longitude}::double precision)"
    chord = (
        f"power(sin(({lat} - {here_lat}) / 2), 2) + "
        f"cos({here_lat}) * cos({lat}) * power(sin(({lon} - {here_lon}) / 2), 2)"
    )
    # A null is left out by least() and greatest().
    return f"{_EARTH!r} * asin(sqrt(least(1, greatest(0, {chord}))))"


def _with(**tables: str) -> str:
    named = [f"{name} AS MATERIALIZED ({table})" for name, table in tables.items() if table]
    return f"WITH {', '.join(named)}"
