"""What a group writes about one service, as plain shapes that go into JSON and come back the same.

A content may be half finished: every field has an empty value. Limits and faults are said by `listings.checks`;
`listings.publishing` turns a finished one into the rows of the directory.
"""

import dataclasses
import datetime as dt
import enum
import types
import typing
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from portal.directory.models import Attendance, Capacity, CostKind, Frequency, Joining, ServiceKind

Shape = TypeVar("Shape")


class Sending(enum.Enum):
    """How people may be sent: told about it only, or with an introduction to an address or number of the group."""

    SIGNPOST = "signpost only"
    INTRODUCTION = "introductions"


@dataclass(frozen=True, kw_only=True)
class When:
    """One rule of a timetable, in London days and times; the words are those of `directory.models.Schedule`.

    `venue` is the id of the venue at which it holds, None for everywhere.
    """

    frequency: Frequency = Frequency.WEEKLY
    interval: int = 1
    by_day: str = ""
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    opens_at: dt.time | None = None
    closes_at: dt.time | None = None
    except_on: tuple[dt.date, ...] = ()
    also_on: tuple[dt.date, ...] = ()
    not_on_bank_holidays: bool = False
    term_time_only: bool = False
    venue: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Access:
    """One answer on getting in or taking part: `term` is a slug of the access list, None that nobody said."""

    term: str
    is_there: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Venue:
    """A place where it happens. Positions are WGS84 degrees. A confidential one is shown to editors and moderators."""

    id: uuid.UUID
    name: str = ""
    address_1: str = ""
    address_2: str = ""
    town: str = ""
    postcode: str = ""
    latitude: float | None = None
    longitude: float | None = None
    is_confidential: bool = False
    getting_there: str = ""
    access: tuple[Access, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Price:
    """One price in pence and for whom."""

    pence: int | None = None
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Phone:
    """A telephone number and who answers."""

    number: str = ""
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Volunteering:
    """Volunteers wanted: the opportunity that stands beside the service."""

    name: str = ""
    what: str = ""
    how_often: str = ""
    contact: str = ""


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything that a group says of one service. Terms and areas are slugs, languages ISO 639 codes."""

    kind: ServiceKind = ServiceKind.ACTIVITY
    name: str = ""
    summary: str = ""
    description: str = ""
    categories: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    minimum_age: int | None = None
    maximum_age: int | None = None
    languages: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    attendance: tuple[Attendance, ...] = ()
    when: tuple[When, ...] = ()
    when_note: str = ""
    venues: tuple[Venue, ...] = ()
    access: tuple[Access, ...] = ()
    cost_kind: CostKind | None = None
    prices: tuple[Price, ...] = ()
    cost_note: str = ""
    takes_direct_payments: bool = False
    takes_personal_budgets: bool = False
    joining: Joining | None = None
    how_to_join: str = ""
    capacity: Capacity | None = None
    places_left: int | None = None
    waiting_weeks: int | None = None
    sending: Sending = Sending.SIGNPOST
    introduction_email: str = ""
    introduction_phone: str = ""
    picture: uuid.UUID | None = None
    picture_words: str = ""
    contact_name: str = ""
    phones: tuple[Phone, ...] = ()
    email: str = ""
    website: str = ""
    volunteering: Volunteering | None = None


def to_json(shape: Any) -> Any:
    """Return a shape as what JSON can hold. Fields that are empty as in a new one are left out."""
    if dataclasses.is_dataclass(shape) and not isinstance(shape, type):
        blank = {one.name: one.default for one in dataclasses.fields(shape)}
        values = {one.name: getattr(shape, one.name) for one in dataclasses.fields(shape)}
        return {name: to_json(value) for name, value in values.items() if value != blank[name]}
    if isinstance(shape, tuple):
        return [to_json(one) for one in shape]
    if isinstance(shape, enum.Enum):
        return shape.value
    if isinstance(shape, (dt.date, dt.time)):
        return shape.isoformat()
    return str(shape) if isinstance(shape, uuid.UUID) else shape


def content_of(stored: Mapping[str, Any]) -> Content:
    """Return the content that `to_json` made JSON of. Raises ValueError for what cannot be one."""
    return _shape(Content, stored)


def _shape(kind: type[Shape], stored: Mapping[str, Any]) -> Shape:
    hints = typing.get_type_hints(kind)
    unknown = set(stored) - set(hints)
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}.")
    return kind(**{name: _value(hints[name], value) for name, value in stored.items()})


def _value(kind: Any, stored: Any) -> Any:
    if isinstance(kind, types.UnionType):
        return None if stored is None else _value(typing.get_args(kind)[0], stored)
    if typing.get_origin(kind) is tuple:
        return tuple(_value(typing.get_args(kind)[0], one) for one in stored)
    if dataclasses.is_dataclass(kind):
        return _shape(typing.cast(type, kind), stored)
    if issubclass(kind, enum.Enum):
        return kind(stored)
    if kind in {dt.date, dt.time}:
        return kind.fromisoformat(stored)
    if kind is uuid.UUID:
        return uuid.UUID(stored)
    if not isinstance(stored, (int, float) if kind is float else kind) or (
        isinstance(stored, bool) and kind is not bool
    ):
        raise ValueError(f"{stored!r} is not a {kind.__name__}.")
    return stored
