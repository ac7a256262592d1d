"""The step of a listing that says where: how people take part, the places, and for each its pin and getting in."""

import uuid
from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.queries import NotFoundError
from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.models import Attendance, Taxonomy
from portal.directory.queries import list_terms
from portal.geo.maps import pin_map
from portal.listings.checks import MOST_VENUES
from portal.listings.content import Content, Venue, content_of
from portal.listings.forms.where import ACCESS_HELP, AccessAnswers, VenueForm, WhereForm
from portal.listings.models import Listing
from portal.listings.operations.drafts import save_content
from portal.listings.queries.groups import list_editors
from portal.listings.queries.listings import get_listing, list_listings
from portal.listings.venue_positions import Way, moved, new_venue, read_position
from portal.listings.views import listings
from portal.listings.views.steps import next_address

_WAYS = {way.name.lower(): way for way in Way}


@listings.get("/<uuid:listing_id>/where")
@needs(Permission.LISTING_KEEP)
def where(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Show how people take part and the places, and offer those of the group's other listings."""
    listing = get_listing(listing_id, signed_in_user())
    content, form = content_of(listing.content), WhereForm()
    form.offer()
    form.version.data = str(listing.version)
    form.attendance.data = [way.value for way in content.attendance]
    return _where_page(listing, content, form)


@listings.post("/<uuid:listing_id>/where")
@needs(Permission.LISTING_KEEP)
def change_where(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Save how people take part; add a place by its postcode, add one of another listing, or take one out."""
    listing = get_listing(listing_id, signed_in_user())
    content, form = content_of(listing.content), WhereForm()
    form.offer()
    if not form.validate():
        return _where_page(listing, content, form)
    act, _, about = request.form.get("act", "on").partition(":")
    changed, added = replace(content, attendance=form.ways()), None
    if act == "again":
        added = next((venue for key, venue in _others(listing) if key == about), None)
        added = replace(added, id=uuid.uuid4()) if added else None
    elif act == "remove":
        changed = _without(changed, about)
    elif form.postcode.data:
        found = form.look_up()
        if found is None:
            return _where_page(listing, content, form)
        # The second click of a double one finds the place that the first has made.
        added = next((one for one in content.venues if _is_new_at(one, found.postcode)), None) or new_venue(found)
    if added is not None and added not in content.venues:
        changed = _with(changed, added)
    on = "" if act == "on" else url_for(".where", listing_id=listing_id)
    if added is not None and act != "again":
        on = url_for(".venue", listing_id=listing_id, venue_id=added.id)
    return _saved(listing, changed, form, on) or _where_page(listing, changed, form)


@listings.route("/<uuid:listing_id>/where/<uuid:venue_id>", methods=["GET", "POST"])
@needs(Permission.LISTING_KEEP)
def venue(listing_id: uuid.UUID, venue_id: uuid.UUID) -> ResponseReturnValue:
    """Change one place: address, pin, who may see it, and getting in. A press on a way moves the pin and saves."""
    listing = get_listing(listing_id, signed_in_user())
    content, form = content_of(listing.content), VenueForm()
    venue = next((one for one in content.venues if one.id == venue_id), None)
    if venue is None:
        raise NotFoundError(venue_id)
    is_typed = form.is_submitted()
    terms = [term for term in list_terms(Taxonomy.ACCESS) if term.is_offered and not term.belongs_to_service]
    answers = AccessAnswers(terms, venue.access, request.form.to_dict() if is_typed else None)
    if not is_typed:
        form.version.data = str(listing.version)
        form.show(venue)
        return _venue_page(listing, content, venue, form, answers)
    act = request.form.get("act", "save")
    _move_pin(form, act)
    typed = None if answers.faults() else form.read_venue(venue, answers.read())
    if typed is not None:
        venues = tuple(typed if one.id == venue_id else one for one in content.venues)
        here = url_for(".venue", listing_id=listing_id, venue_id=venue_id, _anchor="pin")
        on = here if act in _WAYS else ""
        answer = _saved(listing, replace(content, venues=venues), form, on, venue=typed)
        if answer is not None:
            return answer
    return _venue_page(listing, content, venue, form, answers)


def _move_pin(form: VenueForm, act: str) -> None:
    position = read_position(form.latitude.data, form.longitude.data)
    if act in _WAYS and position is not None:
        latitude, longitude = moved(position, _WAYS[act])
        form.latitude.data, form.longitude.data = str(latitude), str(longitude)


def _saved(
    listing: Listing, changed: Content, form: WhereForm | VenueForm, on: str, venue: Venue | None = None
) -> ResponseReturnValue | None:
    """Save and go to the address `on`, "" for the next step; None when that failed, with what to do in the form."""
    listing_id = listing.id
    try:
        saved = save_content(
            listing_id=listing_id, expected=form.read_version, content=changed, actor=signed_in_user().actor
        )
    except RefusedChangeError as error:
        form.form_errors.append(error.message)
        return None
    except ChangedMeanwhileError as error:
        there = content_of(error.now.content)
        form.version.data = str(error.now.version)
        form.there = next((one for one in there.venues if venue is not None and one.id == venue.id), None)
        form.form_errors.append("Somebody else saved this listing while you were typing. Look at both, then save again")
        return None
    flash("Saved.", "ok")
    return redirect(on or next_address(saved, "where"), 303)


def _with(content: Content, added: Venue) -> Content:
    """Return the content with a place more; a place means that people can come."""
    ways = content.attendance
    if Attendance.IN_PERSON not in ways:
        ways = (Attendance.IN_PERSON, *ways)
    return replace(content, venues=(*content.venues, added), attendance=ways)


def _without(content: Content, venue_id: str) -> Content:
    """Return the content without a place; rules that held there hold everywhere."""
    gone = {one.id for one in content.venues if str(one.id) == venue_id}
    rules = tuple(replace(rule, venue=None) if rule.venue in gone else rule for rule in content.when)
    return replace(content, venues=tuple(one for one in content.venues if one.id not in gone), when=rules)


def _others(listing: Listing) -> list[tuple[str, Venue]]:
    """Return the places of the group's other listings that are not in this one, each once, with a key."""
    own = {_alike(one) for one in content_of(listing.content).venues}
    found: dict[tuple[str, str], Venue] = {}
    for other in list_listings(listing.organisation_id):
        for venue in content_of(other.content).venues:
            if _alike(venue) not in own and (venue.name or venue.address_1):
                found.setdefault(_alike(venue), venue)
    return [(str(venue.id), venue) for venue in list(found.values())[:MOST_VENUES]]


def _is_new_at(venue: Venue, postcode: str) -> bool:
    return venue.postcode == postcode and not (venue.name or venue.address_1)


def _alike(venue: Venue) -> tuple[str, str]:
    return (venue.name or venue.address_1).casefold(), venue.postcode


def _where_page(listing: Listing, content: Content, form: WhereForm) -> str:
    return render_template("listings/where.html", listing=listing, content=content, form=form, others=_others(listing))


def _venue_page(listing: Listing, content: Content, venue: Venue, form: VenueForm, answers: AccessAnswers) -> str:
    position = read_position(form.latitude.data, form.longitude.data)
    return render_template(
        "listings/venue.html",
        listing=listing,
        content=content,
        venue=venue,
        form=form,
        answers=answers,
        access_help=ACCESS_HELP,
        editors=[held.user.name for held in list_editors(signed_in_user(), listing.organisation_id)],
        map=pin_map(position) if position else None,
        faults=[*form.faults(), *answers.faults()],
    )
