"""What a group sees of the interest in its listings: who looked, what led them there, and what is missing near it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.core import clock
from portal.directory.models import Taxonomy
from portal.directory.queries import list_all_terms
from portal.listings.queries.figures import LEAST_SEARCHES, Counts, read_counts
from portal.listings.summaries import GroupListings, Summary
from portal.search.log.queries import RECENT_DAYS, Asked, gaps_near, searches_that_led_to, since_days_ago
from portal.search.results_page import Names

# As far as many people walk or take one bus.
NEAR_MILES = 1.0


@dataclass(frozen=True, kw_only=True)
class Interest:
    """The interest in the listings of some groups: the last 30 days for each, the last 90 for what is missing."""

    counts: Mapping[uuid.UUID, Counts]
    led: Mapping[uuid.UUID, Sequence[str]]
    gaps: Mapping[uuid.UUID, Sequence[tuple[str, int]]]
    least: int = LEAST_SEARCHES

    def counts_of(self, listing: Summary) -> Counts:
        """Return how often a listing was looked at and saved."""
        return self.counts.get(listing.listing.service_id, Counts())

    def searches_for(self, listing: Summary) -> Sequence[str]:
        """Return in words what people had looked for who then opened a listing."""
        return self.led.get(listing.listing.service_id, ())

    def gaps_near(self, group: GroupListings) -> Sequence[tuple[str, int]]:
        """Return in words what is missing near a group, with the number of searches."""
        return self.gaps.get(group.organisation.id, ())


def interest_in(groups: Sequence[GroupListings]) -> Interest:
    """Return the interest in the listings of some groups, up to today."""
    today = clock.today()
    ids = [one.listing.service_id for group in groups for one in group.listings]
    gaps = {group.organisation.id: gaps_near(_positions(group), NEAR_MILES) for group in groups}
    led = searches_that_led_to(ids, since_days_ago(RECENT_DAYS))
    names = Names(list_all_terms()) if led or any(gaps.values()) else Names({})
    return Interest(
        counts=read_counts(ids, today),
        led={service_id: [_in_words(one, names) for one in asked] for service_id, asked in led.items()},
        gaps={
            organisation_id: [(_in_words(one, names), one.searches) for one in asked]
            for organisation_id, asked in gaps.items()
        },
    )


def _positions(group: GroupListings) -> set[tuple[float, float]]:
    """Return where a group is to be found. What is confidential has no neighbourhood, here as anywhere."""
    venues = [venue for one in group.listings for venue in one.content.venues if not venue.is_confidential]
    return {
        (venue.latitude, venue.longitude)
        for venue in venues
        if venue.latitude is not None and venue.longitude is not None
    }


def _in_words(asked: Asked, names: Names) -> str:
    return f"“{asked.words}”" if asked.words else names.say(Taxonomy.NEED.value, asked.need)
