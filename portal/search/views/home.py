"""The start page."""

from flask import render_template, request
from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.access import public
from portal.directory.models import Taxonomy
from portal.directory.queries import list_all_terms
from portal.guides.shelf import shelf
from portal.search.asking import read_request
from portal.search.cards import cards_for, read_services
from portal.search.finding import count_by_category, find
from portal.search.views import blueprint
from portal.search.views.addresses import results_address

ON_TODAY = 4


@blueprint.get("/")
@public
def home() -> str:
    """Ask what would make this week easier; show needs, what is on today, and kinds."""
    today = clock.today()
    where = request.args.get("where", "")
    question = read_request(MultiDict({"where": where, "kind": "activity", "on": today.isoformat(), "sort": "soonest"}))
    found = find(question)
    now = clock.now()
    hits = [hit for hit in found.hits if hit.starts_at and (hit.ends_at is None or hit.ends_at > now)][:ON_TODAY]
    terms = list_all_terms()
    return render_template(
        "search/home.html",
        place=question.place,
        hits=hits,
        today=today,
        cards=cards_for(hits, read_services(hits), now=now),
        total=found.total,
        today_href=results_address(question),
        needs=[term for term in terms[Taxonomy.NEED] if term.on_start_page and term.is_offered],
        categories=terms[Taxonomy.CATEGORY],
        counts=count_by_category(),
        guides=shelf().guides,
    )
