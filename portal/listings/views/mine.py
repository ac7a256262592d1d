"""The listings of the groups that somebody edits, a new one, and what was saved of one before."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.forms import read_id
from portal.accounts.queries import NotFoundError, name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.listings.access import organisations_of
from portal.listings.content import Content, content_of
from portal.listings.differences import list_differences
from portal.listings.forms.what import NewForm
from portal.listings.interest import interest_in
from portal.listings.operations.drafts import begin_listing, keep_service, set_back
from portal.listings.queries.listings import get_listing, get_version, list_groups, list_versions
from portal.listings.summaries import shown_mark, summarise_group
from portal.listings.views import listings
from portal.listings.views.steps import next_address


@listings.get("")
@needs(Permission.LISTING_KEEP)
def mine() -> str:
    """Show the listings of each group with how they stand, who looked, and what is missing near them."""
    found = [summarise_group(one) for one in list_groups(signed_in_user())]
    return render_template("listings/mine.html", groups=found, interest=interest_in(found))


@listings.route("/new", methods=["GET", "POST"])
@needs(Permission.LISTING_KEEP)
def new() -> ResponseReturnValue:
    """Ask for the name and what it is, and begin a listing."""
    user = signed_in_user()
    groups, form = list_groups(user), NewForm(group=request.args.get("group", ""))
    form.offer(Content())
    form.offer_groups(groups)
    if form.validate_on_submit():
        chosen = read_id(form.group.data) if len(groups) > 1 else groups[0].id if groups else None
        if chosen not in organisations_of(user) or chosen is None:
            raise NotFoundError(chosen)
        try:
            made = begin_listing(organisation_id=chosen, actor=user.actor, content=form.changed(Content()))
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash("It is saved. You can leave at any time and go on later.", "ok")
            return redirect(next_address(made, "what"), 303)
    return render_template("listings/new.html", form=form, groups=groups)


@listings.post("/adopt/<uuid:service_id>")
@needs(Permission.LISTING_KEEP)
def adopt(service_id: uuid.UUID) -> ResponseReturnValue:
    """Begin to keep what stands in the directory for the group already."""
    user = signed_in_user()
    made = keep_service(service_id=service_id, organisation_ids=organisations_of(user), actor=user.actor)
    return redirect(url_for(".listing", listing_id=made.id), 303)


@listings.get("/<uuid:listing_id>/versions")
@needs(Permission.LISTING_KEEP)
def versions(listing_id: uuid.UUID) -> str:
    """Show who saved what and when, each against the one before."""
    listing = get_listing(listing_id, signed_in_user())
    found = list_versions(listing_id)
    contents = [content_of(one.content) for one in found]
    before = [*contents[1:], Content()] if contents else []
    return render_template(
        "listings/versions.html",
        listing=listing,
        name=content_of(listing.content).name,
        mark=shown_mark(listing),
        versions=[
            (one, list_differences(was, now) if number + 1 < len(found) else [])
            for number, (one, now, was) in enumerate(zip(found, contents, before, strict=True))
        ],
        name_of=name_of_actor,
    )


@listings.post("/<uuid:listing_id>/versions/<int(max=99999):number>/back")
@needs(Permission.LISTING_KEEP)
def back_to_version(listing_id: uuid.UUID, number: int) -> ResponseReturnValue:
    """Take an earlier text as the newest; what residents see stays until it is published."""
    user = signed_in_user()
    listing = get_listing(listing_id, user)
    get_version(listing_id, number)
    try:
        set_back(listing_id=listing_id, number=number, expected=listing.version, actor=user.actor)
        flash(f"Version {number} is back. Look at it, then publish it.", "ok")
    except (ChangedMeanwhileError, RefusedChangeError):
        flash("Somebody else saved this listing just now. Look at the list again.", "bad")
        return redirect(url_for(".versions", listing_id=listing_id), 303)
    return redirect(url_for(".listing", listing_id=listing_id), 303)
