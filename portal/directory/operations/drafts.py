"""What an import, the seeds or a form wants to have in the directory: plain shapes, the same for all.

A draft is clean by the time it exists: every text has gone through `core.text.clean`. Whether it may be
stored is said by `checks`. Limits are those of the columns.
"""

import datetime as dt
import enum
import uuid
from dataclasses import dataclass, field, fields
from typing import Any

from portal.core.text import clean
from portal.directory.models import (
    Attendance,
    Capacity,
    CostKind,
    Frequency,
    Joining,
    LocationKind,
    OrganisationKind,
    ServiceKind,
    ServiceStatus,
)
from portal.geo.postcodes import parse_exactly

# Columns of unlimited text get a limit all the same: longer than this is a mistake or an attack.
LONG_TEXT = 10_000


class Form(enum.Enum):
    """A form that a text has to have."""

    EMAIL = "e-mail address"
    URL = "web address"
    PHONE = "telephone number"
    LANGUAGE = "language code"


@dataclass(frozen=True)
class Text:
    """What may stand in a text of a draft."""

    limit: int
    required: bool = False
    lines: bool = False
    form: Form | None = None


def _text(limit: int, **rules: Any) -> Any:
    return field(default="", metadata={"text": Text(limit, **rules)})


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What all drafts share: their texts are cleaned when they are made."""

    def __post_init__(self) -> None:
        for name, rule in texts_of(type(self)):
            if value := getattr(self, name):
                object.__setattr__(self, name, clean(value, lines=rule.lines))


# What texts_of and parts_of found before: a hundred thousand drafts have the same few kinds.
_TEXTS: dict[type, tuple[tuple[str, Text], ...]] = {}
_PARTS: dict[type, tuple[str, ...]] = {}


def texts_of(kind: type[Draft]) -> tuple[tuple[str, Text], ...]:
    """Return the texts of a kind of draft with their rules."""
    if kind not in _TEXTS:
        _TEXTS[kind] = tuple((item.name, item.metadata["text"]) for item in fields(kind) if "text" in item.metadata)
    return _TEXTS[kind]


def parts_of(kind: type[Draft]) -> tuple[str, ...]:
    """Return the fields of a kind of draft that hold several things."""
    if kind not in _PARTS:
        _PARTS[kind] = tuple(item.name for item in fields(kind) if item.default == ())
    return _PARTS[kind]


@dataclass(frozen=True, kw_only=True)
class PhoneDraft(Draft):
    """A telephone number and who answers."""

    number: str = _text(40, required=True, form=Form.PHONE)
    about: str = _text(200)


@dataclass(frozen=True, kw_only=True)
class ContactDraft(Draft):
    """A named contact."""

    name: str = _text(120, required=True)
    role: str = _text(120)
    email: str = _text(254, form=Form.EMAIL)
    is_public: bool = True


@dataclass(frozen=True, kw_only=True)
class OrganisationDraft(Draft):
    """An organisation as it should stand in the directory. Prices are pence an hour."""

    id: uuid.UUID
    name: str = _text(200, required=True)
    kind: OrganisationKind = OrganisationKind.COMMUNITY_GROUP
    description: str = _text(LONG_TEXT, lines=True)
    website: str = _text(500, form=Form.URL)
    email: str = _text(254, form=Form.EMAIL)
    cqc_url: str = _text(500, form=Form.URL)
    hourly_price_pence: int | None = None
    phones: tuple[PhoneDraft, ...] = ()
    contacts: tuple[ContactDraft, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AccessDraft(Draft):
    """One answer on getting in or taking part; `term` is a slug of the access list."""

    term: str
    is_there: bool
    note: str = _text(300)


@dataclass(frozen=True, kw_only=True)
class VenueDraft(Draft):
    """A location as it should stand in the directory. Positions are WGS84 degrees."""

    id: uuid.UUID
    name: str = _text(200, required=True)
    kind: LocationKind = LocationKind.PHYSICAL
    address_1: str = _text(200)
    address_2: str = _text(200)
    town: str = _text(120)
    postcode: str = _text(10)
    latitude: float | None = None
    longitude: float | None = None
    is_confidential: bool = False
    getting_there: str = _text(LONG_TEXT, lines=True)
    access: tuple[AccessDraft, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        found = parse_exactly(self.postcode)
        if found is not None:
            object.__setattr__(self, "postcode", found.code)


@dataclass(frozen=True, kw_only=True)
class RuleDraft(Draft):
    """One rule of a timetable; times are London times. See `models.Schedule` for the words."""

    starts_on: dt.date
    frequency: Frequency = Frequency.WEEKLY
    interval: int = 1
    by_day: str = ""
    by_month_day: str = ""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    opens_at: dt.time | None = None
    closes_at: dt.time | None = None
    except_on: tuple[dt.date, ...] = ()
    also_on: tuple[dt.date, ...] = ()
    not_on_bank_holidays: bool = False
    term_time_only: bool = False
    note: str = _text(300)


@dataclass(frozen=True, kw_only=True)
class CostDraft(Draft):
    """One price in pence, and for whom. No amount: the words say it all."""

    amount_pence: int | None = None
    about: str = _text(200)


@dataclass(frozen=True, kw_only=True)
class AtVenueDraft(Draft):
    """A service at one of its venues. `id` is kept if it is given, else the row keeps or gets its own."""

    venue_id: uuid.UUID
    id: uuid.UUID | None = None
    note: str = _text(300)
    rules: tuple[RuleDraft, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ServiceDraft(Draft):
    """A service with everything that belongs to it. Terms and areas are slugs, languages ISO 639 codes."""

    id: uuid.UUID
    organisation_id: uuid.UUID
    kind: ServiceKind = ServiceKind.ACTIVITY
    name: str = _text(200, required=True)
    summary: str = _text(300)
    description: str = _text(LONG_TEXT, lines=True)
    status: ServiceStatus = ServiceStatus.ACTIVE
    attendance: tuple[Attendance, ...] = ()
    when_note: str = _text(300)
    minimum_age: int | None = None
    maximum_age: int | None = None
    cost_kind: CostKind | None = None
    cost_note: str = _text(300)
    costs: tuple[CostDraft, ...] = ()
    joining: Joining | None = None
    how_to_join: str = _text(LONG_TEXT, lines=True)
    capacity: Capacity | None = None
    places_left: int | None = None
    waiting_weeks: int | None = None
    email: str = _text(254, form=Form.EMAIL)
    website: str = _text(500, form=Form.URL)
    takes_direct_payments: bool = False
    takes_personal_budgets: bool = False
    takes_introductions: bool = False
    introduction_email: str = _text(254, form=Form.EMAIL)
    introduction_phone: str = _text(40, form=Form.PHONE)
    picture_id: uuid.UUID | None = None
    picture_words: str = _text(300)
    closed_until: dt.date | None = None
    is_kept_by_group: bool = False
    last_confirmed_on: dt.date | None = None
    last_confirmed_by: str = _text(120)
    categories: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    access: tuple[AccessDraft, ...] = ()
    languages: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    phones: tuple[PhoneDraft, ...] = ()
    contacts: tuple[ContactDraft, ...] = ()
    at: tuple[AtVenueDraft, ...] = ()
    rules: tuple[RuleDraft, ...] = ()
