"""Listings for tests: a whole content, and listings in any state with the service that goes with it."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

from portal.core.database import db
from portal.directory.models import CostKind, Frequency, Joining, Organisation, Taxonomy
from portal.listings.content import Content, Phone, Venue, When, to_json
from portal.listings.models import Listing, ListingState, Shown
from portal.listings.operations.history import append_version
from portal.listings.publishing import write_rows
from tests.factories import LEWISHAM_LIBRARY, make_term


def make_content(**changes: Any) -> Content:
    """Return a content that can be published, but for `changes`. Its terms are added by `make_listing`."""
    whole = Content(
        name="Warm Welcome Mornings",
        summary="A warm room and someone to talk to.",
        description="Come for a cup of tea. Nobody minds if you only sit.",
        categories=("company",),
        when=(
            When(
                frequency=Frequency.WEEKLY,
                by_day="MO",
                starts_on=dt.date(2026, 1, 5),
                opens_at=dt.time(10, 30),
                closes_at=dt.time(12),
            ),
        ),
        venues=(
            Venue(
                id=uuid.uuid4(),
                name="Ladywell Hall",
                address_1="1 Ladywell Road",
                town="London",
                postcode="SE13 7UZ",
                latitude=LEWISHAM_LIBRARY[0],
                longitude=LEWISHAM_LIBRARY[1],
            ),
        ),
        cost_kind=CostKind.FREE,
        joining=Joining.TURN_UP,
        phones=(Phone(number="020 8555 0101", about="Jo, weekdays"),),
    )
    return dataclasses.replace(whole, **changes)


def make_listing(
    organisation: Organisation,
    content: Content | None = None,
    state: ListingState = ListingState.PUBLISHED,
    shown: Shown = Shown.SHOWN,
    **values: Any,
) -> Listing:
    """Add a listing with its first version, and its service unless it was never shown (flushed, not committed)."""
    content = content or make_content()
    for slug in {*content.categories, "company", "volunteering"}:
        make_term(Taxonomy.CATEGORY, slug)
    listing = Listing(
        organisation=organisation,
        content=to_json(content),
        state=state,
        shown=shown,
        service_id=values.pop("service_id", None) or uuid.uuid4(),
        **values,
    )
    db.session.add(listing)
    db.session.flush()
    listing.organisation_id = organisation.id
    if shown is not Shown.NOT_YET:
        write_rows(db.session(), listing, actor="test")
    append_version(db.session(), listing, act="made", from_state=None, actor="test")
    return listing
