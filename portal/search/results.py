"""The shapes that pass between asking, finding and showing."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.geo.place import Place, UnknownPlace

SORTS = ("relevance", "distance", "soonest", "confirmed", "name")
DAY_CHOICES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "weekday", "weekend")
TIME_CHOICES = ("morning", "afternoon", "evening")
COST_CHOICES = ("free", "donation", "up-to-5")
RADIUS_CHOICES = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 25.0)
DEFAULT_RADIUS = 2.0
PER_PAGE = 20
LAST_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something in the question that could not be used: in which field, and a sentence that says so kindly."""

    field: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Understood:
    """A piece of the words that was read as a filter: the words as typed, the filter's name in the address, its value.

    `label` says in plain English what it was taken for.
    """

    words: str
    filter: str
    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """A question, cleaned and within its limits. Empty filters mean everything; miles, years, London dates.

    `q` is what was typed, `understood` what of it was read as filters (these stand in the filters as well), and
    `rest` what is left of it to be looked up as words; None stands for all of it. `as_words` are pieces that the person
    wants to be looked up as words and not read as filters. `overruled` was read too, but a choice says the same or
    says otherwise. `wants_near_me` is set by "near me", which no words can answer.
    `categories`, `needs`, `access`, `audiences` hold slugs; `languages` ISO codes; `kinds` values of ServiceKind.
    """

    q: str = ""
    rest: str | None = None
    understood: tuple[Understood, ...] = ()
    as_words: tuple[str, ...] = ()
    overruled: tuple[Understood, ...] = ()
    wants_near_me: bool = False
    where: str = ""
    place: Place | None = None
    unknown_place: UnknownPlace | None = None
    radius: float = DEFAULT_RADIUS
    categories: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    on: dt.date | None = None
    open_now: bool = False
    not_on_bank_holidays: bool = False
    age: int | None = None
    costs: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sort: str = "relevance"
    view: str = "list"
    page: int = 1
    problems: tuple[Problem, ...] = ()

    @property
    def words(self) -> str:
        """The words that are looked up in the texts."""
        return self.q if self.rest is None else self.rest


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One service found: at which venue (the nearest that fits; None without one), how far, when next.

    `miles` is None when no place was asked for, the venue is confidential, or there is no venue.
    `starts_at`/`ends_at` are aware London times of the next session that fits the question.
    """

    service_id: uuid.UUID
    score: float
    at_number: int | None = None
    miles: float | None = None
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Pins:
    """All venues of a result that may stand on a map, as columns. Positions in degrees."""

    numbers: Sequence[int]
    latitudes: Sequence[float]
    longitudes: Sequence[float]
    ranks: Sequence[int]  # the service's place in the result, from 1


@dataclass(frozen=True, kw_only=True)
class Results:
    """What was found: one page of hits, the number in all, and counts beside every filter.

    `facets` maps a filter's name in the address (category, need, day, time, cost, access, for, language, kind)
    to counts by value: how many there would be if that value were chosen beside the other filters.
    `offered_needs` are needs (slugs) that the words speak of and that are not chosen yet; `did_you_mean` are other
    spellings of the words when little was found, most likely first. `is_loose` says that hardly any service has all of
    the words, so that those which have the greater part count as well, after the others.
    """

    request: SearchRequest
    total: int
    hits: Sequence[Hit]
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    is_rebuilding: bool = False
    offered_needs: Sequence[str] = ()
    did_you_mean: Sequence[str] = ()
    is_loose: bool = False

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return max(1, -(-self.total // PER_PAGE))


@dataclass(frozen=True, kw_only=True)
class Drop:
    """When nothing was found: what to leave out, in words, the changed question, and how many there are then."""

    label: str
    request: SearchRequest
    total: int


@dataclass(frozen=True, kw_only=True)
class Rescue:
    """What to offer when nothing was found."""

    drops: Sequence[Drop] = ()
    beyond: Sequence[Hit] = ()
    related_needs: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """Something to offer while somebody types: kind is service, need, category, place or guide.

    `text` is what is shown; `target` the service's id, the slug of the term or guide, or the key of the place.
    """

    kind: str
    text: str
    target: str
