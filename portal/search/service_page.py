"""Everything that a service's page, its printed sheet and its calendar file show, in words."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.core.clock import LONDON
from portal.core.wording import (
    date_in_words,
    day_in_words,
    list_in_words,
    money_in_words,
    span_in_words,
)
from portal.directory.languages import language_name
from portal.directory.models import (
    AccessFact,
    Contact,
    Phone,
    Schedule,
    Service,
    ServiceAccess,
    ServiceAtLocation,
    ServiceStatus,
    Taxonomy,
)
from portal.directory.schedule_words import exceptions_in_words, in_words
from portal.directory.schedules import Session, next_sessions, skipped_bank_holidays
from portal.search import service_words as words

DATES_ON_PAGE = 5
# Nothing but an address: a question mark would begin headers, such as a blind copy.
_MAIL = re.compile(r"[A-Za-z0-9.!#$*+/=^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")

# How an access term reads when the answer is no, where "No" before the name would not do.
_NOT_THERE = {
    "bsl": "No British Sign Language (BSL)",
    "changing-place": "No Changing Places toilet",
    "near-bus-stop": "Not near a bus stop",
    "assistance-dogs": "No room for assistance dogs",
    "support-worker": "You cannot bring a support worker",
}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One answer on getting in or taking part: there is one, there is none, and a note."""

    is_there: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class Venue:
    """One venue as shown. A confidential one has a number and times, and nothing that says where it is."""

    number: int
    is_confidential: bool
    name: str = ""
    address: str = ""
    note: str = ""
    getting_there: str = ""
    facts: Sequence[Fact] = ()
    rules: Sequence[str] = ()
    position: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class NextDate:
    """One of the next dates, and at which venue; `venue` is None when it belongs to none or to a confidential one."""

    session: Session
    venue: Venue | None
    is_today: bool

    @property
    def day(self) -> str:
        """Return "Today, Monday 23 November" or "Thursday 26 November"."""
        return f"Today, {day_in_words(self.session.day)}" if self.is_today else day_in_words(self.session.day)

    @property
    def times(self) -> str:
        """Return "10.30am to 1pm", or "" when the times were not said."""
        return span_in_words(self.session.opens_at, self.session.closes_at)


@dataclass(frozen=True, kw_only=True)
class ServicePage:
    """A service in the plain order of its page. Texts are plain text, as people wrote them, never markup."""

    service: Service
    is_closed: bool
    dates: Sequence[NextDate]
    rules: Sequence[str]
    exceptions: Sequence[str]
    venues: Sequence[Venue]
    from_afar: str
    facts: Sequence[Fact]
    cost: str
    prices: Sequence[str]
    budgets: str
    for_whom: Sequence[str]
    languages: str
    joining: str
    phones: Sequence[Phone]
    contacts: Sequence[Contact]
    email: str
    website: str
    confirmed: str
    confirmed_on: str
    is_stale: bool

    @property
    def public_venues(self) -> list[Venue]:
        """Return the venues that may be named."""
        return [venue for venue in self.venues if not venue.is_confidential]

    @property
    def has_confidential_venue(self) -> bool:
        """Say whether some venue's address is given only when people ring."""
        return any(venue.is_confidential for venue in self.venues)


def describe(service: Service, now: dt.datetime, dates: int = DATES_ON_PAGE) -> ServicePage:
    """Return what is shown of a service (as read by `queries.list_services`) at an aware instant."""
    today = now.astimezone(LONDON).date()
    is_closed = service.status is ServiceStatus.TEMPORARILY_CLOSED
    venues = [_venue(service, at) for at in service.locations]
    everywhere = [rule for rule in service.schedules if rule.at_number is None]
    upcoming = [] if is_closed else _next_dates(service, venues, now, dates)
    confirmed_on = service.last_confirmed_on
    return ServicePage(
        service=service,
        is_closed=is_closed,
        dates=upcoming,
        rules=[_rule_in_words(rule) for rule in everywhere],
        exceptions=[] if is_closed else _exceptions(service, now, upcoming),
        venues=venues,
        from_afar=words.from_afar_in_words(service),
        facts=[_fact(link) for link in service.access],
        cost=words.cost_in_words(service),
        prices=_prices(service),
        budgets=_budgets(service),
        for_whom=_for_whom(service),
        languages=list_in_words([language_name(spoken.code) for spoken in service.languages]),
        joining=words.JOINING[service.joining] if service.joining else "",
        phones=service.phones or service.organisation.phones,
        contacts=[one for one in service.contacts or service.organisation.contacts if one.is_public],
        email=service.email or service.organisation.email,
        website=safe_address(service.website) or safe_address(service.organisation.website),
        confirmed=words.confirmed_in_words(service, today),
        confirmed_on=date_in_words(confirmed_on) if confirmed_on else "",
        is_stale=words.is_stale(service, today),
    )


def safe_address(text: str) -> str:
    """Return a web address that may become a link: http or https with a host and no control characters; else ""."""
    text = text.strip()
    if not text.isprintable() or " " in text:
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc else ""


def mail_href(text: str) -> str:
    """Return a mailto: link for one plain e-mail address; "" for anything else, which is then shown as text only."""
    return f"mailto:{text}" if _MAIL.fullmatch(text) else ""


def _venue(service: Service, at: ServiceAtLocation) -> Venue:
    rules = [_rule_in_words(rule) for rule in service.schedules if rule.at_number == at.number]
    location = at.location
    if location.is_confidential:
        return Venue(number=at.number, is_confidential=True, rules=rules)
    has_position = location.latitude is not None and location.longitude is not None
    return Venue(
        number=at.number,
        is_confidential=False,
        name=location.name,
        address=location.address,
        note=at.note,
        getting_there=location.getting_there,
        facts=[_fact(fact) for fact in location.access_facts],
        rules=rules,
        position=(location.latitude or 0.0, location.longitude or 0.0) if has_position else None,
    )


def _fact(answer: AccessFact | ServiceAccess) -> Fact:
    text = answer.term.shown_as
    if not answer.is_there:
        text = _NOT_THERE.get(answer.term.slug) or f"No {_lower_first(text)}"
    return Fact(is_there=answer.is_there, text=f"{text}: {answer.note}" if answer.note else text)


def _rule_in_words(rule: Schedule) -> str:
    return f"{in_words(rule)}. {rule.note}".strip() if rule.note else f"{in_words(rule)}."


def _next_dates(service: Service, venues: Sequence[Venue], now: dt.datetime, limit: int) -> list[NextDate]:
    """Merge the next sessions of each venue, and of none, each with the venue it belongs to."""
    today = now.astimezone(LONDON).date()
    only = venues[0] if len(venues) == 1 else None
    places: list[tuple[int | None, Venue | None]] = [(None, only), *((venue.number, venue) for venue in venues)]
    found: set[tuple[Session, int | None]] = set()
    shown = {number: None if venue is None or venue.is_confidential else venue for number, venue in places}
    if only is not None:
        shown[only.number] = shown[None]
    for number, _venue_there in places:
        rules = [rule for rule in service.schedules if rule.at_number == number]
        key = only.number if number is None and only is not None else number
        found.update((session, key) for session in next_sessions(rules, now, limit))
    ordered = sorted(found, key=lambda one: (one[0].starts_at, one[0].ends_at, one[1] or 0))[:limit]
    return [
        NextDate(session=session, venue=shown[number], is_today=session.day == today) for session, number in ordered
    ]


def _exceptions(service: Service, now: dt.datetime, upcoming: Sequence[NextDate]) -> list[str]:
    """Return the days on which it falls out, from now to a month beyond the last date that is shown."""
    today = now.astimezone(LONDON).date()
    horizon = (upcoming[-1].session.day if upcoming else today) + dt.timedelta(days=31)
    sentences = [
        f"Not on {day_in_words(day, today=today)}: bank holiday."
        for day in skipped_bank_holidays(service.schedules, now, horizon)
    ]
    left_out = [day for rule in service.schedules for day in exceptions_in_words(rule, today_iso=today.isoformat())]
    if left_out:
        sentences.append(f"Not on {list_in_words(list(dict.fromkeys(left_out)))}.")
    return sentences


def _prices(service: Service) -> list[str]:
    """Return each price with its words: "£1.50 on benefits or a pension"."""
    lines = []
    for cost in service.costs:
        amount = "" if cost.amount_pence is None else money_in_words(cost.amount_pence)
        line = f"{amount} {cost.about}".strip()
        lines.append(f"{line[:1].upper()}{line[1:]}")
    return [line for line in lines if line and line != words.cost_in_words(service)]


def _budgets(service: Service) -> str:
    """Return a sentence on paying from money that a council or the NHS gives for care, or ""."""
    if service.takes_direct_payments and service.takes_personal_budgets:
        return "You can pay from direct payments or a personal budget."
    if service.takes_direct_payments:
        return "You can pay from direct payments."
    return "You can pay from a personal budget." if service.takes_personal_budgets else ""


def _for_whom(service: Service) -> list[str]:
    """Return sentences on who it is for: audiences, ages, and the areas in which people live."""
    audiences = [_lower_first(term.shown_as) for term in service.terms_of(Taxonomy.AUDIENCE)]
    ages = words.ages_in_words(service)
    sentences = [f"For {list_in_words(audiences)}." if audiences else "For everyone."]
    if ages:
        sentences = [*(sentences if audiences else []), f"Age {ages}."]
    areas = sorted(link.area.name for link in service.areas)
    if areas:
        sentences.append(f"For people who live in {list_in_words(areas)}.")
    return sentences


def _lower_first(text: str) -> str:
    return text if text[:2].isupper() else f"{text[:1].lower()}{text[1:]}"
