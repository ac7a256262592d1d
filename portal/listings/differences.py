"""Two contents side by side: each field that differs, as both say it in words."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from portal.core.wording import list_in_words, money_in_words
from portal.directory.languages import language_name
from portal.directory.models import Schedule, Taxonomy
from portal.directory.queries import list_all_terms
from portal.directory.schedule_words import exceptions_in_words, in_words
from portal.geo.queries import list_areas
from portal.listings.checks import STEP_OF
from portal.listings.content import Access, Content, Phone, Price, Venue, Volunteering, When
from portal.listings.drafting import rule_draft

LABELS = {
    "kind": "What sort", "name": "Name", "summary": "In one sentence", "description": "More about it",
    "categories": "Under", "needs": "It helps with", "audiences": "Who it is for", "minimum_age": "Youngest age",
    "maximum_age": "Oldest age", "languages": "Languages", "areas": "For people who live in",
    "attendance": "How people take part", "when": "When", "when_note": "More on when", "venues": "Where",
    "access": "Taking part", "cost_kind": "Cost", "prices": "Prices", "cost_note": "More on the cost",
    "takes_direct_payments": "Takes direct payments", "takes_personal_budgets": "Takes personal budgets",
    "joining": "How to begin", "how_to_join": "More on joining", "capacity": "Places",
    "places_left": "How many places are left", "waiting_weeks": "How many weeks to wait", "sending": "Sending people",
    "introduction_email": "Introductions go to the address", "introduction_phone": "Introductions go to the number",
    "picture": "Picture", "picture_words": "What is in the picture", "contact_name": "Ask for",
    "phones": "Telephone", "email": "E-mail", "website": "Website", "volunteering": "Volunteers wanted",
}  # fmt: skip
_LISTS = {
    "categories": Taxonomy.CATEGORY,
    "needs": Taxonomy.NEED,
    "audiences": Taxonomy.AUDIENCE,
    "access": Taxonomy.ACCESS,
}


@dataclass(frozen=True)
class Difference:
    """One field that differs, in words; "" when one side says nothing."""

    field: str
    label: str
    before: str
    after: str

    @property
    def step(self) -> str:
        """The step of writing that asks for it."""
        return STEP_OF[self.field]


def list_differences(before: Content, after: Content) -> list[Difference]:
    """Return what differs between two contents, in the order of the fields. All of it is plain text."""
    changed = [one.name for one in fields(Content) if getattr(before, one.name) != getattr(after, one.name)]
    if not changed:
        return []
    names = _names()
    return [
        Difference(
            name, LABELS[name], _words(name, getattr(before, name), names), _words(name, getattr(after, name), names)
        )
        for name in changed
    ]


def _names() -> dict[str, str]:
    """Return the names of all terms and areas, by their list and slug."""
    lists = list_all_terms()
    terms = {f"{field}:{term.slug}": term.shown_as for field, kind in _LISTS.items() for term in lists[kind]}
    return terms | {f"areas:{area.slug}": area.name for area in list_areas()}


def _words(name: str, value: Any, names: dict[str, str]) -> str:
    if value is None or value == "" or value == ():
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    special = _SPECIAL.get(name)
    if special is not None:
        return special(value, names)
    if isinstance(value, tuple):
        return list_in_words([_one(name, each, names) for each in value])
    return _one(name, value, names)


def _one(name: str, value: Any, names: dict[str, str]) -> str:
    return str(getattr(value, "value", None) or names.get(f"{name}:{value}", str(value)))


def _when(rules: tuple[When, ...], _names: dict[str, str]) -> str:
    lines = []
    for when in rules:
        draft = rule_draft(when)
        rule = Schedule(
            starts_on=draft.starts_on, frequency=draft.frequency, interval=draft.interval, by_day=draft.by_day,
            valid_to=draft.valid_to, opens_at=draft.opens_at, closes_at=draft.closes_at,
            except_on=[day.isoformat() for day in draft.except_on], also_on=[day.isoformat() for day in draft.also_on],
            not_on_bank_holidays=draft.not_on_bank_holidays, term_time_only=draft.term_time_only,
        )  # fmt: skip
        left_out = exceptions_in_words(rule, today_iso="")
        lines.append(in_words(rule) + (f", not on {list_in_words(left_out)}" if left_out else ""))
    return "; ".join(lines)


def _venues(venues: tuple[Venue, ...], names: dict[str, str]) -> str:
    lines = []
    for venue in venues:
        parts = [venue.name, venue.address_1, venue.address_2, venue.town, venue.postcode]
        line = ", ".join(part for part in parts if part)
        if venue.is_confidential:
            line += " (its address is kept to yourselves)"
        if venue.latitude is not None and venue.longitude is not None:
            line += f", at {venue.latitude:.5f}, {venue.longitude:.5f}"
        more = [venue.getting_there, venue.note, _access(venue.access, names)]
        lines.append(". ".join(part for part in (line, *more) if part))
    return "; ".join(lines)


def _access(answers: tuple[Access, ...], names: dict[str, str]) -> str:
    lines = []
    for one in answers:
        name = names.get(f"access:{one.term}", one.term)
        lines.append(f"{name}: {'yes' if one.is_there else 'no'}{f', {one.note}' if one.note else ''}")
    return ", ".join(lines)


def _prices(prices: tuple[Price, ...], _names: dict[str, str]) -> str:
    return "; ".join(
        f"{'' if price.pence is None else money_in_words(price.pence)} {price.about}".strip() for price in prices
    )


def _phones(phones: tuple[Phone, ...], _names: dict[str, str]) -> str:
    return "; ".join(f"{phone.number} {phone.about}".strip() for phone in phones)


def _volunteers(offer: Volunteering, _names: dict[str, str]) -> str:
    return ". ".join(part for part in (offer.name, offer.what, offer.how_often, offer.contact) if part) or "yes"


def _languages(codes: tuple[str, ...], _names: dict[str, str]) -> str:
    return list_in_words([language_name(code) for code in codes])


def _picture(_value: object, _names: dict[str, str]) -> str:
    return "a picture"


_SPECIAL: dict[str, Callable[[Any, dict[str, str]], str]] = {
    "when": _when,
    "venues": _venues,
    "access": _access,
    "prices": _prices,
    "phones": _phones,
    "volunteering": _volunteers,
    "languages": _languages,
    "picture": _picture,
}
