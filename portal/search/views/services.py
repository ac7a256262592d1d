"""A service's page and its calendar file."""

import datetime as dt
import uuid
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import Response, abort, redirect, render_template, request, url_for

from portal.core import clock
from portal.core.access import public
from portal.core.site import site
from portal.core.text import slugify
from portal.core.web import public_url
from portal.directory.models import Service
from portal.directory.queries import find_moved, find_service
from portal.geo.distance import miles_between
from portal.geo.maps import venues_map
from portal.geo.place import Place
from portal.search.asking import read_request
from portal.search.calendar_file import calendar_file
from portal.search.cards import cards_for, read_services
from portal.search.finding import similar
from portal.search.log.noting import note_opening
from portal.search.service_page import ServicePage, describe
from portal.search.service_words import closed_mark, places_mark, plate_icon, waiting_in_words
from portal.search.structured import as_script_text, structured
from portal.search.views import blueprint
from portal.search.views.addresses import read_results_address, results_address_of
from portal.search.views.shortlist import saved_ids

DATES_IN_CALENDAR = 12


def service_or_404(service_id: uuid.UUID) -> Service:
    """Return a public service, whole; answers 404 when there is none."""
    return find_service(service_id) or abort(404)


def _lead_to_moved(service_id: uuid.UUID) -> NoReturn:
    kept_id = find_moved(service_id)
    abort(redirect(url_for("search.service", service_id=kept_id), 301) if kept_id else 404)


@blueprint.get("/services/<uuid:service_id>")
@public
def service(service_id: uuid.UUID) -> str:
    """Show everything that is known of a service, in plain order; one that was merged leads to the other."""
    found = find_service(service_id) or _lead_to_moved(service_id)
    now = clock.now()
    alike = similar(service_id)
    asked = read_results_address(request.args.get("from", ""))
    question = read_request(asked) if asked is not None else None
    if question is not None:
        note_opening(question, service_id)
    back_href = results_address_of(asked) if asked is not None else ""
    address = public_url("search.service", service_id=service_id)
    maker = public_url("search.organisation", organisation_id=found.organisation_id)
    shown = parts_of_page(found, now)
    page: ServicePage = shown["page"]
    return render_template(
        "search/service.html",
        **shown,
        back_href=back_href,
        here=_with_way_back(url_for("search.service", service_id=service_id), back_href),
        distances=distances(page, question.place) if question is not None else {},
        alike=cards_for(alike, read_services(alike), now=now),
        is_saved=service_id in saved_ids(),
        address=address,
        structured=as_script_text(structured(page, address, maker)),
    )


def parts_of_page(found: Service, now: dt.datetime) -> dict[str, Any]:
    """Return what the page of a service shows of it at an aware instant; a preview shows the same."""
    page = describe(found, now)
    points = [venue.position for venue in page.public_venues if venue.position]
    return {
        "page": page,
        "service": found,
        "marks": [mark for mark in (closed_mark(found), None if page.is_closed else places_mark(found)) if mark],
        "waiting": waiting_in_words(found),
        "plate_icon": plate_icon(found),
        "today": now.astimezone(clock.LONDON).date(),
        "map": venues_map(points) if points else None,
    }


def _with_way_back(address: str, back: str) -> str:
    return f"{address}?{urlencode({'from': back})}" if back else address


def distances(page: ServicePage, place: Place | None) -> dict[int, float]:
    """Return the miles from a place to each venue that may be named, by the venue's number."""
    if place is None:
        return {}
    here = (place.latitude, place.longitude)
    return {venue.number: miles_between(here, venue.position) for venue in page.public_venues if venue.position}


@blueprint.get("/services/<uuid:service_id>/calendar.ics")
@public
def calendar(service_id: uuid.UUID) -> Response:
    """Answer the next dates as a calendar file."""
    found = service_or_404(service_id)
    now = clock.now()
    page = describe(found, now, DATES_IN_CALENDAR)
    if not page.dates:
        abort(404)
    address = public_url("search.service", service_id=service_id)
    text = calendar_file(page, url=address, now=now, site_name=site().name)
    name = slugify(found.name)[:60] or "dates"
    headers = {"Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(text, content_type="text/calendar; charset=utf-8", headers=headers)
