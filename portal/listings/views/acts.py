"""What a group does in one press: places, a cancelled session, away and back, a copy, still right."""

import uuid
from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.signed_in import signed_in_user
from portal.core import clock
from portal.core.access import Permission, needs
from portal.core.editing import RefusedChangeError
from portal.core.wording import day_in_words
from portal.directory.models import Capacity
from portal.listings.content import content_of
from portal.listings.forms.acts import AwayForm, CancelForm
from portal.listings.forms.step import chosen_of
from portal.listings.operations.confirming import confirm_by_editor
from portal.listings.operations.drafts import copy_listing
from portal.listings.operations.places import bring_back, cancel_session, set_places, take_away
from portal.listings.queries.listings import get_listing
from portal.listings.views import listings
from portal.listings.when_words import next_days

_SAID = {
    Capacity.PLACES: "Everybody sees that there are places.",
    Capacity.WAITING_LIST: "Everybody sees that there is a waiting list.",
    Capacity.FULL: "Everybody sees that it is full for now.",
}


@listings.post("/<uuid:listing_id>/places")
@needs(Permission.LISTING_KEEP)
def places(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Say whether somebody new can come."""
    capacity = chosen_of(Capacity, request.form.get("capacity"))
    actor = _actor_for(listing_id)
    if capacity is None:
        flash("Choose whether there are places.", "bad")
        return redirect(url_for(".mine"), 303)
    return _done(lambda: set_places(listing_id=listing_id, capacity=capacity, actor=actor), _SAID[capacity])


@listings.post("/<uuid:listing_id>/confirm")
@needs(Permission.LISTING_KEEP)
def confirm(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Confirm that all of it is right today."""
    actor = _actor_for(listing_id)
    return _done(lambda: confirm_by_editor(listing_id=listing_id, actor=actor), "Thank you. It is confirmed today.")


@listings.post("/<uuid:listing_id>/bring-back")
@needs(Permission.LISTING_KEEP)
def back_again(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Show it again."""
    actor = _actor_for(listing_id)
    return _done(lambda: bring_back(listing_id=listing_id, actor=actor), "It is back. Everybody sees it again.")


@listings.post("/<uuid:listing_id>/copy")
@needs(Permission.LISTING_KEEP)
def copy(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Begin a new listing with the same words."""
    made = copy_listing(listing_id=listing_id, actor=_actor_for(listing_id))
    flash("This is the copy. Give it a name of its own, and change what differs.", "ok")
    return redirect(url_for(".step", listing_id=made.id, name="what"), 303)


@listings.route("/<uuid:listing_id>/away", methods=["GET", "POST"])
@needs(Permission.LISTING_KEEP)
def away(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Take it away, until a day or until it is brought back."""
    found = get_listing(listing_id, signed_in_user())
    name, form = content_of(found.content).name, AwayForm()
    if form.validate_on_submit():
        try:
            take_away(listing_id=listing_id, return_on=form.return_on.data, actor=_actor_for(listing_id))
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            until = form.return_on.data
            flash(
                f"“{name}” shows as closed until {day_in_words(until)}. That day it comes back by itself."
                if until
                else f"“{name}” is taken away. You can bring it back here at any time.",
                "ok",
            )
            return redirect(url_for(".mine"), 303)
    return render_template("listings/away.html", form=form, listing=found, name=name)


@listings.route("/<uuid:listing_id>/cancel", methods=["GET", "POST"])
@needs(Permission.LISTING_KEEP)
def cancel(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Cancel one session, and tell those who asked to be told."""
    found = get_listing(listing_id, signed_in_user())
    content, form = content_of(found.content), CancelForm()
    day = form.day.data if form.validate_on_submit() else None
    if day is not None:
        try:
            cancel_session(listing_id=listing_id, day=day, actor=_actor_for(listing_id))
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"Cancelled on {day_in_words(day)}. Whoever asked to be told gets a message.", "ok")
            return redirect(url_for(".mine"), 303)
    days = next_days(content.when, after=clock.now())
    return render_template("listings/cancel.html", form=form, listing=found, name=content.name, days=days)


def _actor_for(listing_id: uuid.UUID) -> str:
    """Return who acts; the listing is one of theirs, else NotFoundError."""
    user = signed_in_user()
    get_listing(listing_id, user)
    return user.actor


def _done(act: Callable[[], object], said: str) -> ResponseReturnValue:
    try:
        act()
        flash(said, "ok")
    except RefusedChangeError as error:
        flash(error.message, "bad")
    return redirect(url_for(".mine"), 303)
