"""Pages of an organisation, a kind of help, and an area."""

import uuid

from flask import abort, render_template
from werkzeug.datastructures import MultiDict

from portal.core import clock
from portal.core.access import public
from portal.core.text import clean
from portal.directory.models import Taxonomy
from portal.directory.queries import find_organisation, find_term, list_all_terms, list_services_of
from portal.geo.queries import find_area
from portal.guides.shelf import shelf
from portal.search.asking import read_request
from portal.search.cards import cards_for, hit_without_question, make_card, read_services
from portal.search.finding import count_by_category, find
from portal.search.service_page import safe_address
from portal.search.views import blueprint
from portal.search.views.addresses import address_with, results_address
from portal.search.views.shortlist import saved_ids

MOST = 10


@blueprint.get("/organisations/<uuid:organisation_id>")
@public
def organisation(organisation_id: uuid.UUID) -> str:
    """Show who an organisation is, how to reach it, and what it offers."""
    found = find_organisation(organisation_id) or abort(404)
    now = clock.now()
    offered = list_services_of(organisation_id)
    return render_template(
        "search/organisation.html",
        organisation=found,
        contacts=[contact for contact in found.contacts if contact.is_public],
        website=safe_address(found.website),
        cqc_url=safe_address(found.cqc_url),
        cards=[make_card(one, hit_without_question(one, now), now=now, saved=saved_ids()) for one in offered],
    )


@blueprint.get("/needs")
@public
def needs() -> str:
    """Show every need and every kind of help, each with a link."""
    terms = list_all_terms()
    return render_template(
        "search/needs.html",
        needs=[term for term in terms[Taxonomy.NEED] if term.is_offered],
        categories=terms[Taxonomy.CATEGORY],
        counts=count_by_category(),
        guides=shelf().guides,
    )


@blueprint.get("/categories/<slug:slug>")
@public
def category(slug: str) -> str:
    """Show one kind of help: what is on next there."""
    term = find_term(Taxonomy.CATEGORY, clean(slug, limit=60)) or abort(404)
    asked = {"category": [term.slug]}
    return _listed(asked, asked, title=term.shown_as, text=term.description, note="")


@blueprint.get("/areas/<slug:slug>")
@public
def area(slug: str) -> str:
    """Show what is on in and around one area."""
    found = find_area(clean(slug, limit=80)) or abort(404)
    place = {"where": [found.slug]}
    title = f"What is on in and around {found.name}"
    return _listed({**place, "kind": ["activity"]}, place, title=title, text="", note=found.note)


def _listed(asked: dict[str, list[str]], wider: dict[str, list[str]], **context: str) -> str:
    """Show the soonest of what a question finds, with ways to all of it and to a wider question."""
    question = read_request(MultiDict({**asked, "sort": ["soonest"]}))
    found = find(question)
    hits = found.hits[:MOST]
    return render_template(
        "search/listed.html",
        cards=cards_for(hits, read_services(hits), now=clock.now(), saved=saved_ids()),
        total=found.total,
        soonest_href=results_address(question),
        results_href=address_with("search.results", wider),
        map_href=address_with("search.results", {**wider, "view": ["map"]}),
        **context,
    )
