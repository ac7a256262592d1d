"""How a group's listings stand, in words: what residents see, what is missing, and when it was confirmed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from portal.core import clock
from portal.core.wording import day_in_words
from portal.directory.models import Organisation, Service
from portal.listings.checks import Flaw, missing_in
from portal.listings.content import Content, content_of
from portal.listings.models import Listing, ListingState, Shown
from portal.listings.queries.listings import list_listings, list_services_by_id, list_services_to_adopt
from portal.search.card import Mark
from portal.search.service_words import confirmed_in_words


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One listing as its editors see it in the list of theirs."""

    listing: Listing
    content: Content
    mark: Mark
    pending: str
    missing: Sequence[Flaw]
    confirmed: str

    @property
    def name(self) -> str:
        """The name, or that there is none yet."""
        return self.content.name or "A listing without a name yet"

    @property
    def can_come_back(self) -> bool:
        """Whether its editors may show it again."""
        return self.listing.shown in {Shown.AWAY, Shown.UNPUBLISHED}


@dataclass(frozen=True, kw_only=True)
class GroupListings:
    """A group with its listings, and with what stands in the directory and nobody has taken over yet."""

    organisation: Organisation
    listings: Sequence[Summary]
    to_adopt: Sequence[Service]


def summarise_group(organisation: Organisation) -> GroupListings:
    """Return how all listings of a group stand, by name."""
    found = list_listings(organisation.id)
    services = list_services_by_id([one.service_id for one in found])
    return GroupListings(
        organisation=organisation,
        listings=[summarise(one, services) for one in found],
        to_adopt=list_services_to_adopt(organisation.id),
    )


def summarise(listing: Listing, services: dict[uuid.UUID, Service]) -> Summary:
    """Return how one listing stands; `services` hold its own, if it was ever shown."""
    content = content_of(listing.content)
    service = services.get(listing.service_id)
    is_new = listing.shown is Shown.NOT_YET or service is None
    return Summary(
        listing=listing,
        content=content,
        mark=shown_mark(listing),
        pending="" if is_new else _PENDING[listing.state],
        missing=missing_in(content, listing.organisation),
        confirmed="" if service is None or is_new else confirmed_in_words(service, clock.today()),
    )


def shown_mark(listing: Listing) -> Mark:
    """Return whether residents see a listing, and if not, why."""
    if listing.shown is Shown.NOT_YET:
        return _NOT_YET[listing.state]
    if listing.shown is Shown.AWAY and listing.return_on is not None:
        return Mark(tone="calm", text=f"Closed until {day_in_words(listing.return_on, today=clock.today())}")
    return _SHOWN[listing.shown]


_NOT_YET = {
    ListingState.DRAFT: Mark(tone="info", text="Not published yet"),
    ListingState.WAITING: Mark(tone="soon", text="We are reading it. Then people will see it"),
    ListingState.RETURNED: Mark(tone="bad", text="We sent it back to you"),
    ListingState.PUBLISHED: Mark(tone="info", text="Not published yet"),
}
_SHOWN = {
    Shown.SHOWN: Mark(tone="ok", text="Published"),
    Shown.AWAY: Mark(tone="calm", text="You took it away"),
    Shown.UNPUBLISHED: Mark(tone="bad", text="Taken off: nobody had confirmed it for a long time"),
    Shown.STOPPED: Mark(tone="bad", text="We stopped it. Ring us, and we look at it together"),
}
_PENDING = {
    ListingState.DRAFT: "You have changes that people do not see yet.",
    ListingState.WAITING: "We are reading your changes. Then people will see them.",
    ListingState.RETURNED: "We sent your changes back to you.",
    ListingState.PUBLISHED: "",
}
