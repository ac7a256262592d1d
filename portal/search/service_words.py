"""Facts of a service in the words of the pages: cost, ages, places, how to join, how fresh."""

import datetime as dt
import re
from typing import Protocol

from portal.core.wording import ago_in_words, count_in_words, day_in_words, list_in_words, money_in_words
from portal.directory.models import Attendance, Capacity, CostKind, Joining, Service, ServiceStatus
from portal.search.card import Mark

# A line break before anything but an item of a list.
_WRAPPED = re.compile(r"[ \t]*\n[ \t]*(?![-*•]|\d+[.)])")
# After a year without a word from the group a listing says so (the freshness rule of the field page).
STALE_AFTER = dt.timedelta(days=365)

JOINING = {
    Joining.TURN_UP: "Just turn up.",
    Joining.RING_FIRST: "Ring first.",
    Joining.BOOK: "Book a place first.",
    Joining.REFERRAL: "Somebody needs to put you forward, like your GP. Ring to ask how.",
}
ATTENDANCE = {
    Attendance.ONLINE.value: "online",
    Attendance.TELEPHONE.value: "by telephone",
    Attendance.AT_HOME.value: "in your own home",
}
PLATES = {
    Attendance.TELEPHONE.value: "phone",
    Attendance.ONLINE.value: "screen",
    Attendance.AT_HOME.value: "house",
}
ADDRESS_ON_ASKING = "The address is given when you ring"


class Confirmable(Protocol):
    """What is said of whether a listing is still right: a service, or what a page of results knows of one."""

    @property
    def last_confirmed_on(self) -> dt.date | None:
        """The London day on which it was last confirmed, None for never."""

    @property
    def last_confirmed_by(self) -> str:
        """By whom or in which way."""


def cost_in_words(service: Service) -> str:
    """Return "Free", "Pay what you can", "£2", "£1.50 to £3", that one pays, or "" when nobody said."""
    if service.cost_kind is CostKind.FREE:
        return "Free"
    if service.cost_kind is CostKind.DONATION:
        return "Pay what you can"
    amounts = sorted({cost.amount_pence for cost in service.costs if cost.amount_pence is not None})
    if not amounts:
        return "You pay something. Ring to ask how much" if service.cost_kind is CostKind.PAID else ""
    first, last = money_in_words(amounts[0]), money_in_words(amounts[-1])
    words = first if first == last else f"{first} to {last}"
    return words[:1].upper() + words[1:]


def ages_in_words(service: Service) -> str:
    """Return "60 and over", "16 to 25", "up to 5" or "" for all ages."""
    youngest, oldest = service.minimum_age or None, service.maximum_age
    if youngest is None and oldest is None:
        return ""
    if oldest is None:
        return f"{youngest} and over"
    if youngest is None:
        return f"up to {oldest}"
    return str(youngest) if youngest == oldest else f"{youngest} to {oldest}"


def places_mark(service: Service) -> Mark | None:
    """Return whether somebody new can come, or None when the group has not said."""
    if service.capacity is Capacity.FULL:
        return Mark(tone="calm", text="Full for now")
    if service.capacity is Capacity.WAITING_LIST:
        weeks = service.waiting_weeks
        return Mark(
            tone="soon", text=f"Waiting list, about {count_in_words(weeks, 'week')}" if weeks else "Waiting list"
        )
    if service.capacity is Capacity.PLACES and service.places_left is not None:
        if service.places_left == 0:
            return Mark(tone="calm", text="Full for now")
        return Mark(tone="ok", text=f"{count_in_words(service.places_left, 'place')} left")
    if service.joining is Joining.TURN_UP:
        return Mark(tone="ok", text="Just turn up")
    return Mark(tone="ok", text="There are places") if service.capacity is Capacity.PLACES else None


def closed_mark(service: Service) -> Mark | None:
    """Return the mark of a service that is closed for some time, or None."""
    if service.status is not ServiceStatus.TEMPORARILY_CLOSED:
        return None
    until = f"Closed until {day_in_words(service.closed_until)}" if service.closed_until else "Closed for now"
    return Mark(tone="calm", text=until)


def is_stale(service: Confirmable, today: dt.date) -> bool:
    """Say whether nobody has confirmed the listing for a year, or ever."""
    return service.last_confirmed_on is None or today - service.last_confirmed_on >= STALE_AFTER


def confirmed_in_words(service: Confirmable, today: dt.date) -> str:
    """Return "Confirmed by the group 9 days ago." or "Not confirmed for 13 months: ring first."."""
    confirmed_on = service.last_confirmed_on
    if confirmed_on is None:
        return "Nobody has confirmed this yet: ring first."
    if is_stale(service, today):
        return f"Not confirmed for {ago_in_words((today - confirmed_on).days).removesuffix(' ago')}: ring first."
    return f"Confirmed{_by(service.last_confirmed_by)} {ago_in_words((today - confirmed_on).days)}."


def _by(confirmed_by: str) -> str:
    """Return who confirmed it or by which way. What stands after a colon is for staff: the name of whoever rang."""
    if confirmed_by.startswith("by "):
        return f" {confirmed_by.partition(':')[0]}"
    return f" by {confirmed_by}" if confirmed_by else ""


def from_afar_in_words(service: Service) -> str:
    """Return how one takes part without going to a venue: "By telephone or online", or ""."""
    ways = [ATTENDANCE[way] for way in service.attendance if way in ATTENDANCE]
    words = list_in_words(ways, last="or")
    return words[:1].upper() + words[1:]


def plate_icon(service: Service) -> str:
    """Return the icon that stands for a service without a date: phone, screen, house or door."""
    return (
        next((PLATES[way] for way in service.attendance if way in PLATES), "door") if not service.locations else "door"
    )


def main_phone(service: Service) -> str:
    """Return the number to ring: the service's own, else its organisation's, else ""."""
    phones = service.phones or service.organisation.phones
    return phones[0].number if phones else ""


def waiting_in_words(service: Service) -> str:
    """Return a sentence on places, or "" when the group has not said."""
    mark = places_mark(service)
    if mark is None or mark.text == "Just turn up":
        return ""
    if service.waiting_weeks and mark.tone == "soon":
        return f"There is a waiting list of about {count_in_words(service.waiting_weeks, 'week')}."
    return f"{mark.text}."


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text. Lines that were only wrapped are joined; items of a list keep their lines."""
    found = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        joined = _WRAPPED.sub(" ", block.strip())
        if joined:
            found.append(joined)
    return found
