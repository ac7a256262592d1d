"""Guides as everybody reads them, with the groups and services that help with the same needs."""

from flask import abort, render_template
from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.access import public
from portal.core.site import site
from portal.directory.models import Taxonomy
from portal.directory.queries import list_terms
from portal.guides.markdown import to_html
from portal.guides.queries import find_public
from portal.guides.shelf import shelf
from portal.search.asking import read_request
from portal.search.cards import cards_for, read_services
from portal.search.crisis import is_urgent
from portal.search.finding import find
from portal.search.views import blueprint
from portal.search.views.addresses import address_with
from portal.search.views.shortlist import saved_ids

MOST_SERVICES = 6


@blueprint.get("/guides")
@public
def guides() -> str:
    """Show all guides."""
    return render_template("search/guides.html", guides=shelf().guides)


@blueprint.get("/guides/<slug:slug>")
@public
def guide(slug: str) -> str:
    """Show one guide, and what there is for its needs."""
    found = find_public(slug) or abort(404)
    terms = [term for term in list_terms(Taxonomy.NEED) if term.slug in found.needs and term.is_offered]
    asked = {"need": [term.slug for term in terms]}
    hits = find(read_request(MultiDict(asked))).hits[:MOST_SERVICES] if terms else []
    return render_template(
        "search/guide.html",
        guide=found,
        html=to_html(found.text),
        today=clock.today(),
        needs=terms,
        cards=cards_for(hits, read_services(hits), now=clock.now(), saved=saved_ids()),
        all_href=address_with("search.results", asked),
        crisis_lines=site().crisis_lines if is_urgent(f"{found.title} {found.words}", found.needs) else (),
    )
