"""Results as a list and as a map, and what their script asks for."""

import dataclasses
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from flask import Response, abort, jsonify, make_response, render_template, request, url_for

from portal.core import clock
from portal.core.access import public
from portal.core.site import site
from portal.directory.queries import find_at_location, list_for_cards
from portal.geo.maps import results_map
from portal.search import results_page
from portal.search.asking import read_request, to_args, without
from portal.search.cards import cards_for, hit_at, make_card, read_services
from portal.search.crisis import is_urgent
from portal.search.finding import find, list_pins, matching_words, rescue, suggest
from portal.search.guides import guides_for
from portal.search.known_names import known_names
from portal.search.log.noting import note_search
from portal.search.neighbourhoods import by_neighbourhood
from portal.search.results import SearchRequest, Suggestion
from portal.search.understanding.applying import as_chosen, only_chosen, taken_back
from portal.search.views import blueprint
from portal.search.views.addresses import address_with, results_address
from portal.search.views.beside import offers, reasons
from portal.search.views.shortlist import saved_ids

if TYPE_CHECKING:
    from portal.geo.drawing import DirectoryMap

SCALE = 100_000
MOST_PINS = 1000
# What the form of the filters sends on unseen: all that it does not ask for itself.
KEPT_BY_FILTERS = ("q", "words", "where", "view")
HINTS = {
    "service": "",
    "guide": "advice to read",
    "need": "I need help with this",
    "category": "a kind of help",
    "place": "near here",
}


@blueprint.get("/services")
@public
def results() -> str:
    """Show what was found, as a list or as a map."""
    question = read_request(request.args)
    found = find(question)
    note_search(question, found.total)
    services = read_services(found.hits)
    marked = matching_words(question)
    cards = cards_for(found.hits, services, now=clock.now(), marked=marked, saved=saved_ids())
    names = known_names(found.facets.get("language", ()))
    context = _around(question, names)
    if question.view == "map" and found.total:
        context["groups_on_map"] = by_neighbourhood(found.hits, services, cards, question.page)
        context["map"] = _map(question)
    if not found.total:
        context |= _rescued(question)
    groups = results_page.groups_of(found, names)
    return render_template(
        "search/results.html",
        found=found,
        cards=cards,
        headline=results_page.headline(found, is_asked=bool(context["asked"])),
        groups=groups,
        linked_problems=results_page.linked(context["problems"], groups, question),
        **offers(found, names),
        **reasons(found),
        **context,
    )


def _around(question: SearchRequest, names: results_page.Names) -> dict[str, Any]:
    """Return the parts of the page that depend on the question alone."""
    nearest = question.unknown_place.nearest if question.unknown_place else None
    asked, here = to_args(question), results_address(question)
    by_hand = as_chosen(question)
    return {
        "question": question,
        "names": names,
        "asked": results_page.asked_in_words(question, names),
        "chips": _chips(question, by_hand, names),
        "taken": [(one, results_address(taken_back(question, one.words))) for one in results_page.taken_for(question)],
        "place_hint": results_page.hint_about_place(question),
        "by_hand": by_hand,
        "kept_by_filters": {name: values for name, values in to_args(by_hand).items() if name in KEPT_BY_FILTERS},
        "kept": {name: values for name, values in asked.items() if name != "page"},
        "problems": results_page.problems_of(question),
        "guess": nearest,
        "guess_href": address_with("search.results", {**asked, "where": [nearest.key]}) if nearest else "",
        "exactness": results_page.place_in_words(question),
        "chosen": results_page.count_chosen(question),
        "radii": results_page.radius_choices(question.radius),
        "sorts": results_page.sort_choices(question),
        "list_href": results_address(dataclasses.replace(question, view="list")),
        "map_href": results_address(dataclasses.replace(question, view="map", page=1)),
        "here": here,
        "came_from": {"from": here} if asked else {},
        "page_href": lambda page: results_address(dataclasses.replace(question, page=page)),
        "guides": guides_for(question),
        "crisis_lines": site().crisis_lines if is_urgent(question.q, question.needs) else (),
    }


def _chips(
    question: SearchRequest, by_hand: SearchRequest, names: results_page.Names
) -> list[tuple[results_page.Part, str]]:
    """Return what was chosen, each with the address without it; for the words, what was read out of them stays."""
    chosen = dataclasses.replace(only_chosen(question), rest=question.rest)
    return [
        (part, results_address(without(by_hand if part.filter == "q" else question, part.filter, part.value)))
        for part in results_page.parts_of(chosen, names)
    ]


def _map(question: SearchRequest) -> "DirectoryMap":
    asked = {name: values for name, values in to_args(question).items() if name not in {"page", "view"}}
    return results_map(
        pins_url=address_with("search.pins", asked),
        card_url=url_for("search.pin_card", number=0).removesuffix("0"),
        place=question.place,
        radius=question.radius,
    )


def _rescued(question: SearchRequest) -> dict[str, Any]:
    """Return what to offer when nothing was found."""
    offered = rescue(question)
    marked = matching_words(question)
    services = read_services(offered.beyond)
    return {
        "drops": [(drop, results_address(drop.request)) for drop in offered.drops],
        "beyond": cards_for(offered.beyond, services, now=clock.now(), marked=marked, saved=saved_ids()),
        "related": offered.related_needs,
    }


@blueprint.get("/services/pins.json")
@public
def pins() -> Response:
    """Answer the map's pins as columns: short numbers and positions, as differences (see docs/decisions)."""
    found = list_pins(read_request(request.args), limit=MOST_PINS)
    latitudes = [round(degrees * SCALE) for degrees in found.latitudes]
    longitudes = [round(degrees * SCALE) for degrees in found.longitudes]
    response = jsonify(
        n=list(found.numbers), a=differences(latitudes), o=differences(longitudes), r=list(found.ranks), scale=SCALE
    )
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def differences(values: Sequence[int]) -> list[int]:
    """Return the first value and then each one's difference from the one before, which are short to write."""
    return [*values[:1], *(after - before for before, after in pairwise(values))]


@blueprint.get("/services/pins/<int(max=2147483647):number>")
@public
def pin_card(number: int) -> Response:
    """Answer the card that opens over a pin."""
    at = find_at_location(number)
    service = next(iter(list_for_cards([at.service_id])), None) if at else None
    card = make_card(service, hit_at(service, number, clock.now()), now=clock.now()) if service else None
    if card is None or card.pin is None:
        abort(404)
    response = make_response(render_template("search/pin_card.html", card=card))
    response.headers["X-Fragment"] = "1"
    return response


@blueprint.get("/suggest", endpoint="suggest")
@public
def suggestions() -> Response:
    """Answer suggestions while somebody types, each with the address it leads to."""
    found = suggest(request.args.get("q", ""), limit=8)
    return jsonify(suggestions=[{"text": one.text, "hint": HINTS[one.kind], "href": _leads_to(one)} for one in found])


def _leads_to(suggestion: Suggestion) -> str:
    target = suggestion.target
    if suggestion.kind == "service":
        return url_for("search.service", service_id=target)
    if suggestion.kind == "category":
        return url_for("search.category", slug=target)
    if suggestion.kind == "guide":
        return url_for("search.guide", slug=target)
    return address_with("search.results", {"where" if suggestion.kind == "place" else "need": [target]})
