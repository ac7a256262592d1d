"""What this site promises about privacy and cookies."""

from flask import render_template

from portal.core.access import public
from portal.core.site import site, statement_blocks
from portal.search.views import blueprint


@blueprint.get("/privacy")
@public
def privacy() -> str:
    """Show the privacy statement."""
    found = statement_blocks(site().privacy)
    return render_template("search/statement.html", name="privacy", title="Your privacy", blocks=found)


@blueprint.get("/cookies")
@public
def cookies() -> str:
    """Show the cookie statement."""
    found = statement_blocks(site().cookies)
    return render_template("search/statement.html", name="cookies", title="Cookies", blocks=found)
