"""What moderators decide about one listing: approve, return, edit, take down, allow, go back."""

import uuid

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.directory.queries import list_all_terms
from portal.listings.content import content_of
from portal.listings.content_in_words import compare, names_of
from portal.listings.forms.moderation import AgainForm, EditForm, ReturnForm, StopForm, VersionForm
from portal.listings.operations import moderation as operations
from portal.listings.queries import moderation as queries
from portal.listings.queries.listings import get_version
from portal.listings.views import moderation as blueprint

MEANWHILE = "The group has changed this since you opened it. Look again: nothing was published."


@blueprint.post("/listings/<uuid:listing_id>/approve")
@needs(Permission.LISTING_MODERATE)
def approve(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Publish what waits, as it was looked at."""
    viewer, form = signed_in_user(), VersionForm()
    actor, name = viewer.actor, content_of(queries.get_listing(listing_id, viewer).content).name
    try:
        operations.approve(listing_id=listing_id, expected=form.read_version, actor=actor)
    except ChangedMeanwhileError:
        flash(MEANWHILE, "soon")
        return redirect(url_for(".listing", listing_id=listing_id), 303)
    except RefusedChangeError as error:
        flash(error.message, "bad")
        return redirect(url_for(".listing", listing_id=listing_id), 303)
    flash(f"“{name}” is published. The group is told.", "ok")
    return redirect(url_for(".queue"), 303)


@blueprint.route("/listings/<uuid:listing_id>/return", methods=["GET", "POST"])
@needs(Permission.LISTING_MODERATE)
def return_listing(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Give a listing back to its group with a reason."""
    viewer = signed_in_user()
    listing, form, there = queries.get_listing(listing_id, viewer), ReturnForm(), None
    content = content_of(listing.content)
    if not form.is_submitted():
        form.version.data = str(listing.version)
    if form.validate_on_submit():
        try:
            operations.return_listing(
                listing_id=listing_id, expected=form.read_version, reason=form.reason.data or "", actor=viewer.actor
            )
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            there = error.now
            form.version.data = str(there.version)
        else:
            flash(f"“{content.name}” is returned. The group is told why.", "ok")
            return redirect(url_for(".queue"), 303)
    return render_template(
        "listings/decision_return.html", listing_id=listing_id, content=content, form=form, there=there
    )


@blueprint.route("/listings/<uuid:listing_id>/edit", methods=["GET", "POST"])
@needs(Permission.LISTING_MODERATE)
def edit(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Change the words of a listing, with a note to the group."""
    viewer = signed_in_user()
    listing = queries.get_listing(listing_id, viewer)
    content, there = content_of(listing.content), None
    form = EditForm(obj=content)
    if not form.is_submitted():
        form.version.data = str(listing.version)
    if form.validate_on_submit():
        values = {name: text or "" for name, text in form.values().items()}
        try:
            operations.edit_words(listing_id=listing_id, expected=form.read_version, actor=viewer.actor, **values)
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            there = content_of(error.now.content)
            form.version.data = str(error.now.version)
        else:
            flash("The words are changed. The group is told.", "ok")
            return redirect(url_for(".listing", listing_id=listing_id), 303)
    return render_template(
        "listings/decision_edit.html", listing_id=listing_id, content=content, form=form, there=there
    )


@blueprint.route("/listings/<uuid:listing_id>/history/<int(max=99999):number>", methods=["GET", "POST"])
@needs(Permission.LISTING_MODERATE)
def version(listing_id: uuid.UUID, number: int) -> ResponseReturnValue:
    """Show an earlier version beside what is there now, and publish it again."""
    viewer, form = signed_in_user(), AgainForm()
    listing, found = queries.get_listing(listing_id, viewer), get_version(listing_id, number)
    rows = compare(listing.content, found.content, names_of(list_all_terms()))
    if not form.is_submitted():
        form.version.data = str(listing.version)
    if form.validate_on_submit():
        try:
            operations.publish_again(
                listing_id=listing_id, number=number, expected=form.read_version, why=form.why.data or "",
                actor=viewer.actor,
            )  # fmt: skip
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            form.refuse(RefusedChangeError("", MEANWHILE))
            form.version.data = str(error.now.version)
        else:
            flash(f"Version {number} is published again. The group is told.", "ok")
            return redirect(url_for(".history", listing_id=listing_id), 303)
    return render_template("listings/decision_version.html", listing_id=listing_id, found=found, rows=rows, form=form)


@blueprint.post("/listings/<uuid:listing_id>/<any('looked', 'allow'):act>")
@needs(Permission.LISTING_MODERATE)
def settle(listing_id: uuid.UUID, act: str) -> ResponseReturnValue:
    """Note that a publication was looked at, or show again what was taken down."""
    viewer = signed_in_user()
    queries.get_listing(listing_id, viewer)
    try:
        if act == "looked":
            operations.note_looked_at(listing_id=listing_id, actor=viewer.actor)
            flash("Noted: you have looked at it.", "ok")
        else:
            operations.allow_again(listing_id=listing_id, actor=viewer.actor)
            flash("Residents see it again. The group is told.", "ok")
    except RefusedChangeError as error:
        flash(error.message, "bad")
    return redirect(url_for(".listing", listing_id=listing_id), 303)


@blueprint.route("/services/<uuid:service_id>/stop", methods=["GET", "POST"])
@needs(Permission.LISTING_MODERATE)
def stop(service_id: uuid.UUID) -> ResponseReturnValue:
    """Take down what residents see, in one press with a reason."""
    form, actor = StopForm(), signed_in_user().actor
    service = queries.get_to_stop(service_id)
    name = service.name
    if form.validate_on_submit():
        try:
            listing = operations.take_down_now(service_id=service_id, reason=form.reason.data or "", actor=actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"“{name}” is taken down. The group and everybody who asked to be told are told.", "ok")
            return redirect(url_for(".listing", listing_id=listing.id), 303)
    return render_template("listings/decision_stop.html", name=name, service_id=service_id, form=form)
