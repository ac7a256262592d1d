"""Whether a draft may be stored: each fault with the field and what is wrong, in words."""

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.wording import date_in_words
from portal.directory.models import Frequency, Taxonomy, TaxonomyTerm
from portal.directory.operations.drafts import (
    AccessDraft,
    AtVenueDraft,
    CostDraft,
    Draft,
    Form,
    OrganisationDraft,
    RuleDraft,
    ServiceDraft,
    Text,
    VenueDraft,
    parts_of,
    texts_of,
)
from portal.geo.models import Area

# One address, no display name: local part, at, a domain with a dot. Every run is of signs that cannot stand for the
# next one, so that the time taken grows with the length and no faster.
_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{0,62}")
_HOST = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{0,62}\.?")
_PHONE = re.compile(r"[+(]?[0-9][0-9 ().+-]*(?: ?(?:ext|ext\.|x|extension) ?[0-9]{1,6})?", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_WEEKDAY = r"(?:MO|TU|WE|TH|FR|SA|SU)"
_WEEKLY_DAYS = re.compile(rf"{_WEEKDAY}(?:,{_WEEKDAY})*")
_MONTHLY_DAYS = re.compile(rf"(?:-?[1-5])?{_WEEKDAY}(?:,(?:-?[1-5])?{_WEEKDAY})*")
# The fields of a service draft that hold slugs, and the list they are from.
TAXONOMIES = {"categories": Taxonomy.CATEGORY, "needs": Taxonomy.NEED, "audiences": Taxonomy.AUDIENCE}
OLDEST = 120
MOST_PENCE = 10_000_000


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field ("phones.1.number"), as a sentence without the field's name."""

    field: str
    problem: str


class RefusedError(ValueError):
    """A draft cannot be stored; `faults` says why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.problem}" for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class KnownWords:
    """The terms and areas that a draft can name, by slug, with the ids of their rows."""

    terms: dict[tuple[Taxonomy, str], uuid.UUID]
    of_services: frozenset[str]
    areas: dict[str, uuid.UUID]


def read_known_words(session: Session) -> KnownWords:
    """Read the terms and areas that the database holds at this moment."""
    terms = session.execute(
        sa.select(TaxonomyTerm.taxonomy, TaxonomyTerm.slug, TaxonomyTerm.id, TaxonomyTerm.belongs_to_service)
    ).all()
    return KnownWords(
        terms={(taxonomy, slug): term_id for taxonomy, slug, term_id, _ in terms},
        of_services=frozenset(slug for taxonomy, slug, _, own in terms if own and taxonomy is Taxonomy.ACCESS),
        areas={area.slug: area.id for area in session.scalars(sa.select(Area))},
    )


def problem_with(form: Form, value: str) -> str:
    """Say what keeps a text from being an e-mail address, a web address …; "" when nothing does."""
    if form is Form.EMAIL and not _EMAIL.fullmatch(value):
        return "is not an e-mail address"
    if form is Form.URL:
        return _problem_with_url(value)
    if form is Form.PHONE and not (_PHONE.fullmatch(value) and 3 <= sum(map(str.isdigit, value)) <= 21):
        return "is not a telephone number"
    if form is Form.LANGUAGE and not _LANGUAGE.fullmatch(value):
        return "is not a language code such as en or bfi"
    return ""


def _problem_with_url(value: str) -> str:
    if any(char.isspace() or ord(char) < 33 or char in '<>"\\`' for char in value):
        return "is not a web address: it has a space or a sign that cannot stand in one"
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "is not a web address"
    if parts.scheme not in {"http", "https"}:
        return "is not a web address that begins with https:// or http://"
    try:
        plain = host.encode("idna").decode()
    except UnicodeError:
        return "is not a web address"
    if parts.username is not None or not _HOST.fullmatch(plain):
        return "is not a web address with the name of a site"
    return ""


def faults_of_organisation(draft: OrganisationDraft) -> list[Fault]:
    """Return everything that keeps an organisation from being stored."""
    faults = list(_faults_of(draft))
    price = draft.hourly_price_pence
    if price is not None and not 0 <= price <= MOST_PENCE:
        faults.append(Fault("hourly_price_pence", "is not a price that can be"))
    return faults


def faults_of_venue(draft: VenueDraft, known: KnownWords) -> list[Fault]:
    """Return everything that keeps a location from being stored."""
    faults = [*_faults_of(draft), *_faults_of_access(draft.access, known, of_services=False)]
    latitude, longitude = draft.latitude, draft.longitude
    if (latitude is None) != (longitude is None):
        faults.append(Fault("latitude", "and the longitude belong together: only one of them is given"))
    if latitude is not None and not -90 <= latitude <= 90:
        faults.append(Fault("latitude", f"is {latitude:g}, not between -90 and 90"))
    if longitude is not None and not -180 <= longitude <= 180:
        faults.append(Fault("longitude", f"is {longitude:g}, not between -180 and 180"))
    return faults


def faults_of_service(draft: ServiceDraft, known: KnownWords) -> list[Fault]:
    """Return everything that keeps a service from being stored."""
    faults = [*_faults_of(draft), *_faults_of_access(draft.access, known, of_services=True)]
    faults += _faults_of_numbers(draft)
    for name, taxonomy in TAXONOMIES.items():
        slugs: tuple[str, ...] = getattr(draft, name)
        faults += [Fault(name, f"“{slug}” is not in the list") for slug in slugs if (taxonomy, slug) not in known.terms]
        faults += _faults_of_repeats(name, slugs)
    strange = [slug for slug in draft.areas if slug not in known.areas]
    faults += [Fault("areas", f"“{slug}” is not an area that is known") for slug in strange]
    for name, values in (
        ("areas", draft.areas), ("languages", draft.languages), ("at", tuple(at.venue_id for at in draft.at))
    ):  # fmt: skip
        faults += _faults_of_repeats(name, values)
    for code in draft.languages:
        if problem := problem_with(Form.LANGUAGE, code):
            faults.append(Fault("languages", f"“{code[:20]}” {problem}"))
    if draft.last_confirmed_on is not None and draft.last_confirmed_on > clock.today():
        faults.append(Fault("last_confirmed_on", f"{date_in_words(draft.last_confirmed_on)} has not come yet"))
    return faults


def _faults_of_repeats(name: str, values: Sequence[object]) -> list[Fault]:
    return [] if len(set(values)) == len(values) else [Fault(name, "names the same thing twice")]


def _faults_of_numbers(draft: ServiceDraft) -> Iterator[Fault]:
    for name in ("minimum_age", "maximum_age"):
        age = getattr(draft, name)
        if age is not None and not 0 <= age <= OLDEST:
            yield Fault(name, f"is {age}, not between 0 and {OLDEST}")
    if draft.minimum_age is not None and draft.maximum_age is not None and draft.minimum_age > draft.maximum_age:
        yield Fault("maximum_age", f"is {draft.maximum_age}, less than the youngest age {draft.minimum_age}")
    for name, most in (("places_left", 10_000), ("waiting_weeks", 520)):
        number = getattr(draft, name)
        if number is not None and not 0 <= number <= most:
            yield Fault(name, f"is {number}, not between 0 and {most}")


def _faults_of_access(access: Sequence[AccessDraft], known: KnownWords, *, of_services: bool) -> Iterator[Fault]:
    for fact in access:
        if (Taxonomy.ACCESS, fact.term) not in known.terms:
            yield Fault("access", f"“{fact.term}” is not in the list")
        elif (fact.term in known.of_services) is not of_services:
            yield Fault("access", f"“{fact.term}” belongs to the {'venue' if of_services else 'service'}")
    yield from _faults_of_repeats("access", [fact.term for fact in access])


def _faults_of(draft: Draft, at: str = "") -> Iterator[Fault]:
    """Yield the faults that the fields' own rules find, also in the drafts within."""
    for name, rule in texts_of(type(draft)):
        if problem := _problem_with_text(rule, getattr(draft, name)):
            yield Fault(at + name, problem)
    for name in parts_of(type(draft)):
        for number, part in enumerate(getattr(draft, name), start=1):
            if isinstance(part, Draft):
                yield from _faults_of(part, f"{at}{name}.{number}.")
    if isinstance(draft, RuleDraft):
        yield from (Fault(at + fault.field, fault.problem) for fault in _faults_of_rule(draft))
    if isinstance(draft, CostDraft) and draft.amount_pence is not None and not 0 <= draft.amount_pence <= MOST_PENCE:
        yield Fault(f"{at}amount_pence", "is not a price that can be")
    if isinstance(draft, AtVenueDraft) and len(draft.rules) > 100:
        yield Fault(f"{at}rules", f"are {len(draft.rules)}, at most 100 fit")


def _problem_with_text(rule: Text, value: str) -> str:
    if not value:
        return "is missing" if rule.required else ""
    if len(value) > rule.limit:
        return f"has {len(value):,} characters, at most {rule.limit:,} fit"
    return problem_with(rule.form, value) if rule.form else ""


def _faults_of_rule(rule: RuleDraft) -> Iterator[Fault]:
    if not 1 <= rule.interval <= 520:
        yield Fault("interval", f"is {rule.interval}, not between 1 and 520")
    days = _MONTHLY_DAYS if rule.frequency is Frequency.MONTHLY else _WEEKLY_DAYS
    if rule.by_day and (len(rule.by_day) > 60 or not days.fullmatch(rule.by_day)):
        yield Fault("by_day", f"“{rule.by_day[:60]}” does not name days such as MO,TH or 1TU")
    if rule.by_month_day and (len(rule.by_month_day) > 100 or not _are_month_days(rule.by_month_day)):
        yield Fault("by_month_day", f"“{rule.by_month_day[:60]}” does not name days of a month")
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        yield Fault("valid_to", f"{rule.valid_to} is before the first day, {rule.valid_from}")
    if rule.closes_at is not None and (rule.opens_at is None or rule.closes_at == rule.opens_at):
        yield Fault("closes_at", "needs an opening time before it")
    for day in (rule.starts_on, rule.valid_from, rule.valid_to):
        if day is not None and not dt.date(1900, 1, 1) <= day <= dt.date(2200, 1, 1):
            yield Fault("starts_on", f"{day} is not a date that can be")


def _are_month_days(text: str) -> bool:
    parts = [part.removeprefix("-") for part in text.split(",")]
    return all(part.isascii() and part.isdigit() and 1 <= int(part) <= 31 for part in parts)
