"""Who can be listed, what is checked, what is not listed, and how to object."""

from flask import render_template

from portal.core.access import public
from portal.listings.views import suggesting as blueprint


@blueprint.get("/inclusion")
@public
def inclusion() -> str:
    """Show the inclusion policy."""
    return render_template("listings/inclusion.html")
