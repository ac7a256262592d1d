"""A group sees how often its listing was looked at."""

import uuid

from flask import render_template

from portal.accounts.signed_in import signed_in_user
from portal.core import clock
from portal.core.access import Permission, needs
from portal.listings.content import content_of
from portal.listings.queries.figures import LEAST_SEARCHES, read_figures
from portal.listings.queries.listings import get_listing
from portal.listings.views import listings


@listings.get("/<uuid:listing_id>/figures")
@needs(Permission.LISTING_KEEP)
def figures(listing_id: uuid.UUID) -> str:
    """Show the figures of the last 30 days and the last year, and the words that led there."""
    listing = get_listing(listing_id, signed_in_user())
    return render_template(
        "listings/figures.html",
        listing=listing,
        name=content_of(listing.content).name,
        figures=read_figures(listing.service_id, clock.today()),
        least=LEAST_SEARCHES,
    )
