"""Pages that help: urgent numbers, about this site, the order of results, accessibility."""

from flask import render_template

from portal.core.access import public
from portal.search import order_rules
from portal.search.shortlist import DAYS, LIMIT
from portal.search.views import blueprint


@blueprint.get("/help-now")
@public
def help_now() -> str:
    """Show whom to ring when it cannot wait, and how to hide that one was here."""
    return render_template("search/help_now.html")


@blueprint.get("/about")
@public
def about() -> str:
    """Say what this site is and what it keeps."""
    return render_template("search/about.html", days=DAYS, limit=LIMIT)


@blueprint.get("/why-this-order")
@public
def why_this_order() -> str:
    """Say by which rules results are put in order, with the figures that are in use."""
    return render_template("search/why_this_order.html", rules=order_rules)


@blueprint.get("/accessibility")
@public
def accessibility() -> str:
    """Say how usable this site is for everybody, and what is not yet."""
    return render_template("search/accessibility.html")
