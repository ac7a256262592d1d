"""What stands on the page of a link: its listings as residents see them, and which are confirmed already."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.core import clock
from portal.core.wording import ago_in_words, date_in_words
from portal.directory.models import Service
from portal.directory.queries import PUBLIC_STATES
from portal.listings.freshness_words import ends_in_words
from portal.listings.models import FreshnessLink, Listing
from portal.listings.queries.freshness import list_of_link
from portal.listings.queries.reaching import has_editors
from portal.search.service_page import ServicePage, describe

# A large organisation may have hundreds; the next ones come when these are done.
AT_ONCE = 30


@dataclass(frozen=True, kw_only=True)
class LinkedListing:
    """One listing of a link. `done` says when and how it was confirmed, "" while it waits."""

    service: Service
    page: ServicePage
    listing_id: uuid.UUID | None
    is_shown: bool
    last_word: str
    done: str


def describe_link(link: FreshnessLink) -> Mapping[str, Any]:
    """Return what the page of a link shows: the group's name, what waits, what is done, and until when it works."""
    now = clock.now()
    found = [_linked(service, listing, str(service.id) in link.used, now) for service, listing in list_of_link(link)]
    waiting = [one for one in found if not one.done]
    return {
        "group": found[0].service.organisation.name if found else "",
        "has_editors": has_editors(link.organisation_id),
        "waiting": waiting[:AT_ONCE],
        "more": max(0, len(waiting) - AT_ONCE),
        "done": [one for one in found if one.done],
        "ends": ends_in_words(link.expires_at),
    }


def _linked(service: Service, listing: Listing | None, is_used: bool, now: dt.datetime) -> LinkedListing:
    return LinkedListing(
        service=service,
        page=describe(service, now, dates=1),
        listing_id=listing.id if listing else None,
        is_shown=service.status in PUBLIC_STATES,
        last_word=date_in_words(service.last_confirmed_on) if service.last_confirmed_on else "",
        done=_done_in_words(service) if is_used else "",
    )


def _done_in_words(service: Service) -> str:
    """Return "Confirmed today, by e-mail link." as of the last word, whoever said it."""
    if service.last_confirmed_on is None:
        return "Confirmed."
    on, by = service.last_confirmed_on, service.last_confirmed_by.partition(":")[0]
    by = by if by.startswith("by ") or not by else f"by {by}"
    ago = ago_in_words((clock.today() - on).days)
    when = ago if ago in {"today", "yesterday"} else f"on {date_in_words(on)}"
    return f"Confirmed {when}{', ' + by if by else ''}."
