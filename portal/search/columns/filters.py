"""Which services and which of their venues answer a question, over all rows at once."""

from functools import cached_property

import numpy as np

from portal.geo.distance import box_around, miles_from
from portal.search.columns.build import Columns, Mask, Real, Whole
from portal.search.columns.moments import Moment
from portal.search.columns.question import Question
from portal.search.columns.sessions import NEVER, UNKNOWN, SessionTable, wall_minutes
from portal.search.columns.vocabulary import SERVICE_FILTERS
from portal.search.constants import DAYS_AHEAD
from portal.search.results import DAY_CHOICES, TIME_CHOICES, SearchRequest

# Guards against a venue exactly on the edge falling out by the last digit of a float.
_EDGE = 1e-9
# So many miles around the radius are looked at besides, so that nothing on the edge is passed over.
_AROUND = 0.01


def chosen(request: SearchRequest, name: str) -> tuple[str, ...]:
    """Return the values chosen in a filter, by its name in the address."""
    attributes = {"category": "categories", "need": "needs", "kind": "kinds", "cost": "costs", "for": "audiences",
                  "language": "languages", "access": "access", "day": "days", "time": "times"}  # fmt: skip
    found: tuple[str, ...] = getattr(request, attributes[name])
    return found


def bits_of(values: tuple[str, ...], choices: tuple[str, ...]) -> int:
    """Return the bits of some choices."""
    return sum(1 << choices.index(value) for value in set(values))


class Filters:
    """The masks of one question. Services and venues have one place each; what is not asked is not computed."""

    def __init__(self, columns: Columns, question: Question) -> None:
        self.columns = columns
        self.question = question
        self.request = question.request

    @cached_property
    def always(self) -> Mask:
        """Services that count at all and meet what has no counts beside it: the words, and the age."""
        services = self.columns.services
        mask = self.columns.alive
        if self.question.scores is not None:
            mask = mask & (self.question.scores > 0)
        if self.request.age is not None:
            mask = mask & (services.least_age <= self.request.age) & (services.most_age >= self.request.age)
        return mask

    @cached_property
    def by_filter(self) -> dict[str, Mask]:
        """Services that meet each filter on the service itself that was used: any of the values chosen."""
        places = self.columns.vocabulary.places
        found: dict[str, Mask] = {}
        for name in SERVICE_FILTERS:
            values = [places[name][value] for value in chosen(self.request, name) if value in places[name]]
            if chosen(self.request, name):
                found[name] = any_of(self.columns.services.flags(name)[:, values])
        return found

    def services_without(self, name: str) -> Mask:
        """Services that meet everything on the service itself but one filter."""
        mask = self.always
        for other, met in self.by_filter.items():
            if other != name:
                mask = mask & met
        return mask

    @cached_property
    def services(self) -> Mask:
        """Services that meet everything on the service itself."""
        return self.services_without("")

    @cached_property
    def miles(self) -> Real:
        """Miles from the place asked for to each venue that may be near.

        Infinite where there is no position or no place, and where it lies clearly beyond the radius.
        """
        venues, place = self.columns.venues, self.request.place
        miles = np.full(len(venues.service), np.inf)
        if place is not None:
            south, west, north, east = box_around(place.latitude, place.longitude, self.request.radius + _AROUND)
            within = (venues.latitude >= south) & (venues.latitude <= north)
            within &= (venues.longitude >= west) & (venues.longitude <= east)
            # A service that is kept to areas is let through wherever its venues are, so their miles are needed too.
            rows = np.flatnonzero((within | self.columns.services.is_kept[venues.service]) & ~np.isnan(venues.latitude))
            miles[rows] = miles_from(place.latitude, place.longitude, venues.latitude[rows], venues.longitude[rows])
        return miles

    @cached_property
    def near(self) -> Mask:
        """Venues that the rule of "where" lets through.

        A service kept to areas is let through when one of them covers the place, wherever its venues are. Else the
        venue lies within the radius, or nobody has to go anywhere, which holds for services without a physical venue.
        """
        venues, services = self.columns.venues, self.columns.services
        if self.request.place is None:
            return np.ones(len(venues.service), bool)
        places = self.columns.vocabulary.places["area"]
        covering = [places[area] for area in self.question.covering if area in places]
        covers, is_kept = any_of(services.area[:, covering]), services.is_kept
        within = (self.miles <= self.request.radius + _EDGE) | ~services.is_physical[venues.service]
        let_through: Mask = np.where(is_kept[venues.service], covers[venues.service], within)
        return let_through

    @cached_property
    def accessible(self) -> Mask:
        """Venues that have everything that was asked for getting in and taking part."""
        places = self.columns.vocabulary.places["access"]
        values = [places[value] for value in self.request.access if value in places]
        if len(values) < len(self.request.access):
            return np.zeros(len(self.columns.venues.service), bool)
        return np.asarray(self.columns.venues.access[:, values].all(axis=1))

    @property
    def asks_when(self) -> bool:
        """Whether the question is about sessions at all."""
        request = self.request
        return bool(request.days or request.times or request.on or request.open_now or request.not_on_bank_holidays)

    @cached_property
    def moment(self) -> Moment:
        """The minute of the question. Sessions begin and end on the minute, so the seconds say nothing."""
        return self.columns.moments.at(int(wall_minutes(self.question.now)))

    @cached_property
    def table(self) -> SessionTable:
        """The sessions to look at: those ahead, or the far ones when the date asked for lies there."""
        sessions = self.columns.sessions
        on = self.request.on
        if on is not None and len(sessions.far.day) and on.toordinal() > _last_near_day(self.columns):
            return sessions.far
        return sessions.near

    @cached_property
    def sessions_of_moment(self) -> Mask:
        """Sessions that are not over and meet the date, "open now" and "not on bank holidays".

        The day and time of day are not looked at.
        """
        table, now = self.table, self.moment.minute
        fits = self.moment.ahead if table is self.columns.sessions.near else table.ends > now
        if self.request.on is not None:
            fits = fits & (table.day == self.request.on.toordinal())
        if self.request.open_now:
            fits = fits & (table.begins != UNKNOWN) & (table.closes != UNKNOWN) & (table.begins <= now)
        if self.request.not_on_bank_holidays:
            fits = fits & ~self.columns.sessions.on_bank_holidays(table)
        return fits

    @cached_property
    def days_met(self) -> Mask:
        """Sessions on one of the days of the week that were asked for."""
        wanted = bits_of(self.request.days, DAY_CHOICES)
        return (self.table.days & wanted != 0) if wanted else np.ones(len(self.table.day), bool)

    @cached_property
    def parts_met(self) -> Mask:
        """Sessions in one of the parts of the day that were asked for."""
        wanted = bits_of(self.request.times, TIME_CHOICES)
        return (self.table.parts & wanted != 0) if wanted else np.ones(len(self.table.day), bool)

    @cached_property
    def sessions_met(self) -> Mask:
        """Sessions that meet everything that was asked about when at once."""
        return self.sessions_of_moment & self.days_met & self.parts_met

    @cached_property
    def next_starts(self) -> Whole:
        """Wall minutes at which the next fitting session of each venue begins, NEVER where there is none."""
        if not self.asks_when:
            return self.moment.next_starts
        return self.moment.starts_of(self.table, self.sessions_met)

    @cached_property
    def venues_but_access(self) -> Mask:
        """Venues of fitting services that meet where and when."""
        mask = self.near & self.services[self.columns.venues.service]
        return mask & (self.next_starts != NEVER) if self.asks_when else mask

    @cached_property
    def venues_alone(self) -> Mask:
        """Venues that meet where, when and access, whatever their service is like."""
        mask = self.near & self.accessible
        return mask & (self.next_starts != NEVER) if self.asks_when else mask

    @cached_property
    def venues(self) -> Whole:
        """The places of all venues that answer the question, in the order of the services."""
        return np.flatnonzero(self.venues_alone & self.services[self.columns.venues.service])


def any_of(flags: Mask) -> Mask:
    """Return for each row of a matrix whether any of its flags is set."""
    return np.asarray(flags.any(axis=1))


def _last_near_day(columns: Columns) -> int:
    return columns.sessions.today.toordinal() + DAYS_AHEAD - 1
