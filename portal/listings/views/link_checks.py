"""Web addresses that do not answer any more, for moderators."""

from flask import render_template

from portal.core.access import Permission, needs
from portal.core.web import settings
from portal.listings.queries.link_checks import list_dead_links
from portal.listings.views import moderation


@moderation.get("/links")
@needs(Permission.LISTING_MODERATE)
def links() -> str:
    """List the addresses that failed three times in a row. Nothing is taken off for it."""
    return render_template("listings/links.html", dead=list_dead_links(), is_on=settings().link_checks)
