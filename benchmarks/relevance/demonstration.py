"""What the files of the demonstration say of its services, read past the search: keys, and what must not be shown."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from benchmarks.relevance.judged import MOMENT
from portal.directory.models import ServiceStatus
from seeds.loader import FOLDER
from seeds.reading import read_seeds

SHOWN = (ServiceStatus.ACTIVE, ServiceStatus.TEMPORARILY_CLOSED)


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """Keys of services by their id; those that have closed, and those that are held at confidential places only."""

    key_of: Mapping[uuid.UUID, str]
    closed: frozenset[uuid.UUID]
    hidden: frozenset[uuid.UUID]


@cache
def demonstration() -> Demonstration:
    """Return what the files say. Raises ValueError when they have faults."""
    seeds = read_seeds(FOLDER, MOMENT.date())
    if seeds.faults:
        raise ValueError(f"The demonstration has faults: {seeds.faults[0]}")
    confidential = {venue.id for venue in seeds.venues.values() if venue.is_confidential}
    return Demonstration(
        key_of={draft.id: seeds.places[draft.id][1] for draft in seeds.services},
        closed=frozenset(draft.id for draft in seeds.services if draft.status not in SHOWN),
        hidden=frozenset(
            draft.id for draft in seeds.services if draft.at and all(at.venue_id in confidential for at in draft.at)
        ),
    )
