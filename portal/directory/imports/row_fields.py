"""The fields that a row of a table can fill, and how the text of each is read."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.core import clock
from portal.core.text import clean, slugify
from portal.directory import facts_in_words as facts
from portal.directory.models import Joining, OrganisationKind, ServiceKind
from portal.directory.operations import ContactDraft, Fault, PhoneDraft
from portal.directory.rules_in_words import RuleError, parse_rule

_IN_BRACKETS = re.compile(r"[^<>()]*[<(]([^<>()\s]+@[^<>()\s]+)[>)]\s*")
Values = dict[str, Any]


def _as(name: str) -> Callable[[str], Values]:
    return lambda text: {name: text}


def _several(name: str, parse: Callable[[str], Any]) -> Callable[[str], Values]:
    return lambda text: {name: tuple(dict.fromkeys(parse(part) for part in split(text)))}


def split(text: str) -> list[str]:
    """Return the parts of a cell that holds several things, parted by semicolons or line breaks."""
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]


def plain_email(text: str) -> str:
    """Return the address of "Bude Library <bude@example.org>" or a mailto link, and anything else as it is."""
    plain = clean(text).removeprefix("mailto:")
    found = _IN_BRACKETS.fullmatch(plain) if len(plain) < 500 else None
    return found[1] if found else plain


def plain_url(text: str) -> str:
    """Return a web address with its scheme: "www.example.org" becomes "https://www.example.org"."""
    plain = clean(text)
    return f"https://{plain}" if plain.lower().startswith("www.") else plain


def _number(name: str) -> Callable[[str], Values]:
    def read(text: str) -> Values:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise facts.PhraseError(f"“{clean(text, limit=40)}” is not a number of degrees")
        return {name: value}

    return read


def _ages(text: str) -> Values:
    return dict(zip(("minimum_age", "maximum_age"), facts.parse_ages(text), strict=True))


def _places(text: str) -> Values:
    return dict(zip(("capacity", "places_left", "waiting_weeks"), facts.parse_places(text), strict=True))


def _cost(text: str) -> Values:
    return dict(zip(("cost_kind", "costs"), facts.parse_costs(split(text)), strict=True))


def _phone(text: str) -> Values:
    return {"phones": tuple(PhoneDraft(number=number) for number in split(text))}


ORGANISATION: Mapping[str, Callable[[str], Values]] = {
    "name": _as("name"),
    "kind": lambda text: {"kind": facts.parse_choice(OrganisationKind, text)},
    "description": _as("description"),
    "website": lambda text: {"website": plain_url(text)},
    "email": lambda text: {"email": plain_email(text)},
    "phone": _phone,
    "cqc": lambda text: {"cqc_url": plain_url(text)},
    "hourly_price": lambda text: {"hourly_price_pence": facts.parse_money(text)},
}
VENUE: Mapping[str, Callable[[str], Values]] = {
    "name": _as("name"),
    "address_1": _as("address_1"),
    "address_2": _as("address_2"),
    "town": _as("town"),
    "postcode": _as("postcode"),
    "latitude": _number("latitude"),
    "longitude": _number("longitude"),
    "getting_there": _as("getting_there"),
    "access": _several("access", facts.parse_access),
    "confidential": lambda text: {"is_confidential": facts.parse_answer(text)[0]},
}
AT_VENUE: Mapping[str, Callable[[str], Values]] = {
    "note": _as("note"),
    "when": lambda text: {"rules": tuple(parse_rule(line, clock.today()) for line in split(text))},
}
SERVICE: Mapping[str, Callable[[str], Values]] = {
    "name": _as("name"),
    "kind": lambda text: {"kind": facts.parse_choice(ServiceKind, text)},
    "summary": _as("summary"),
    "description": _as("description"),
    "status": lambda text: {"status": facts.parse_state(text)},
    "categories": _several("categories", slugify),
    "needs": _several("needs", slugify),
    "audiences": _several("audiences", slugify),
    "access": _several("access", facts.parse_access),
    "ages": _ages,
    "languages": _several("languages", facts.parse_language),
    "attend": lambda text: {"attendance": facts.parse_attendance(split(text))},
    "when_note": _as("when_note"),
    "cost": _cost,
    "cost_note": _as("cost_note"),
    "join": lambda text: {"joining": facts.parse_choice(Joining, text)},
    "how_to_join": _as("how_to_join"),
    "contact": lambda text: {"contacts": (ContactDraft(name=text),)},
    "phone": _phone,
    "email": lambda text: {"email": plain_email(text)},
    "website": lambda text: {"website": plain_url(text)},
    "places": _places,
    "areas": _several("areas", slugify),
    "confirmed_on": lambda text: {"last_confirmed_on": facts.parse_day(text)},
    "confirmed_by": _as("last_confirmed_by"),
}
NOUNS = {"organisation": ORGANISATION, "venue": VENUE, "at_venue": AT_VENUE, "service": SERVICE}
FIELDS = {f"{noun}.{name}": parse for noun, fields in NOUNS.items() for name, parse in fields.items()}

# The field of a row from which a field of a draft came, where the two have different names.
_CAME_FROM = {
    "minimum_age": "ages", "maximum_age": "ages", "capacity": "places", "places_left": "places",
    "waiting_weeks": "places", "cost_kind": "cost", "costs": "cost", "phones": "phone", "contacts": "contact",
    "joining": "join", "attendance": "attend", "last_confirmed_on": "confirmed_on",
    "last_confirmed_by": "confirmed_by", "cqc_url": "cqc", "hourly_price_pence": "hourly_price",
    "is_confidential": "confidential",
}  # fmt: skip


@dataclass(frozen=True)
class RowFault:
    """What is wrong with one field of one of the rows that make a service; `place` counts these rows from 0."""

    place: int
    field: str
    problem: str


def field_of(fault: Fault) -> tuple[int, str]:
    """Return the venue (from 0) and the field of a row for a fault of an entry.

    "venues.2.postcode" gives 1 and "venue.postcode", "service.minimum_age" 0 and "service.ages".
    """
    noun, *path = fault.field.split(".")
    if noun == "venues":
        return int(path[0]) - 1, f"venue.{_CAME_FROM.get(path[1], path[1])}"
    if noun == "service" and path[0] == "at":
        if len(path) < 3:
            return 0, "venue.name"
        return int(path[1]) - 1, "at_venue.note" if path[2] == "note" else "at_venue.when"
    if noun == "service" and path[0] == "rules":
        return 0, "at_venue.when"
    return 0, f"{noun}.{_CAME_FROM.get(path[0], path[0])}"


def read_values(noun: str, texts: Mapping[str, str], place: int, faults: list[RowFault]) -> Values:
    """Read the texts of one noun ("venue") of one row into values for its draft; what is wrong is added to `faults`."""
    values: Values = {}
    for name, parse in NOUNS[noun].items():
        text = texts.get(f"{noun}.{name}", "").strip()
        if not text:
            continue
        try:
            values |= parse(text)
        except (facts.PhraseError, RuleError) as error:
            faults.append(RowFault(place, f"{noun}.{name}", str(error)))
    return values
