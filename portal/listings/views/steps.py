"""Writing a listing: the list of its steps, the steps that are one form each, the preview, and publishing."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.signed_in import signed_in_user
from portal.core import clock
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.listings.checks import missing_in
from portal.listings.content import content_of
from portal.listings.differences import Difference, list_differences
from portal.listings.forms.cost import CostForm
from portal.listings.forms.joining import JoiningForm
from portal.listings.forms.reaching import ReachingForm, VolunteersForm
from portal.listings.forms.step import StepForm
from portal.listings.forms.what import WhatForm
from portal.listings.forms.who import WhoForm
from portal.listings.hints import hints_for
from portal.listings.models import Listing, ListingState
from portal.listings.operations.drafts import save_content, submit
from portal.listings.operations.previewing import as_published
from portal.listings.queries.groups import missing_checks
from portal.listings.queries.listings import get_listing, list_services_by_id
from portal.listings.step_list import STEPS, list_steps
from portal.listings.summaries import summarise
from portal.listings.views import listings
from portal.search.views.services import parts_of_page

FORMS: dict[str, type[StepForm]] = {
    "what": WhatForm,
    "who": WhoForm,
    "cost": CostForm,
    "joining": JoiningForm,
    "reaching": ReachingForm,
    "volunteers": VolunteersForm,
}
_FORMS = f"<any({', '.join(map(repr, FORMS))}):name>"


def address_of_step(listing_id: uuid.UUID, name: str) -> str:
    """Return the address of one step's page."""
    if name in FORMS:
        return url_for("listings.step", listing_id=listing_id, name=name)
    return url_for(f"listings.{'change_picture' if name == 'picture' else name}", listing_id=listing_id)


def next_address(listing: Listing, done: str) -> str:
    """Return where to go on after a step: to the next one that is needed, else to the list of all of them."""
    missing = [flaw.step for flaw in missing_in(content_of(listing.content), listing.organisation)]
    on = next((name for name in STEPS if name in missing and name != done), None)
    return address_of_step(listing.id, on) if on else url_for("listings.listing", listing_id=listing.id)


@listings.get("/<uuid:listing_id>")
@needs(Permission.LISTING_KEEP)
def listing(listing_id: uuid.UUID) -> str:
    """Show all steps, what is missing, what would read better, and what can be done."""
    found = get_listing(listing_id, signed_in_user())
    summary = summarise(found, list_services_by_id([found.service_id]))
    return render_template(
        "listings/listing.html",
        listing=found,
        summary=summary,
        steps=list_steps(summary.content, summary.missing),
        hints=hints_for(summary.content, found.organisation),
        address_of_step=address_of_step,
        is_to_publish=found.state in {ListingState.DRAFT, ListingState.RETURNED},
    )


@listings.route(f"/<uuid:listing_id>/{_FORMS}", methods=["GET", "POST"])
@needs(Permission.LISTING_KEEP)
def step(listing_id: uuid.UUID, name: str) -> ResponseReturnValue:
    """Show and save one step; what somebody else saved meanwhile is shown beside what was typed."""
    user = signed_in_user()
    found = get_listing(listing_id, user)
    content = content_of(found.content)
    form = FORMS[name](data={"version": found.version, **FORMS[name].shown(content), **_private_of(found)})
    form.offer(content)
    there: list[Difference] = []
    if form.validate_on_submit():
        typed = form.changed(content)
        try:
            saved = save_content(
                listing_id=listing_id, expected=form.read_version, content=typed, actor=user.actor,
                private=form.private(),
            )  # fmt: skip
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            there = _set_beside(form, error.now)
        else:
            flash("Saved.", "ok")
            return redirect(_after(saved, name, form), 303)
    return render_template(
        f"listings/step_{name}.html",
        form=form,
        listing=found,
        listing_name=content.name,
        there=there,
        missing_checks=missing_checks(found.organisation_id, visits_homes=False) if name == "joining" else (),
    )


@listings.get("/<uuid:listing_id>/preview")
@needs(Permission.LISTING_KEEP)
def preview(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Show the page that residents will see, with the way to publish it."""
    found = get_listing(listing_id, signed_in_user())
    missing = missing_in(content_of(found.content), found.organisation)
    version, state = found.version, found.state
    try:
        with as_published(listing_id) as service:
            return render_template(
                "listings/preview.html",
                listing_id=listing_id,
                version=version,
                missing=missing,
                is_to_publish=state in {ListingState.DRAFT, ListingState.RETURNED},
                is_preview=True,
                distances={},
                alike=[],
                address="",
                **parts_of_page(service, clock.now()),
            )
    except RefusedChangeError as error:
        flash(f"There is no preview yet: {error.message}", "bad")
        return redirect(url_for(".listing", listing_id=listing_id), 303)


@listings.post("/<uuid:listing_id>/publish")
@needs(Permission.LISTING_KEEP)
def publish_listing(listing_id: uuid.UUID) -> ResponseReturnValue:
    """Publish, or send to a moderator; pressing twice does it once."""
    user = signed_in_user()
    get_listing(listing_id, user)
    form = StepForm()
    try:
        sent = submit(listing_id=listing_id, expected=form.read_version, actor=user.actor)
    except RefusedChangeError as error:
        flash(error.message, "bad")
        return redirect(url_for(".listing", listing_id=listing_id), 303)
    except ChangedMeanwhileError:
        flash("Somebody saved this listing after you opened the page. Look at it again, then publish.", "bad")
        return redirect(url_for(".preview", listing_id=listing_id), 303)
    return redirect(url_for(".sent", listing_id=sent.id), 303)


@listings.get("/<uuid:listing_id>/sent")
@needs(Permission.LISTING_KEEP)
def sent(listing_id: uuid.UUID) -> str:
    """Say what became of it: published, or that somebody reads it first."""
    found = get_listing(listing_id, signed_in_user())
    return render_template("listings/sent_in.html", listing=found, name=content_of(found.content).name)


def _after(saved: Listing, name: str, form: StepForm) -> str:
    """Return where to go on: to an empty line of this step for who wants to add another, else to the next step."""
    if "add" not in request.form:
        return next_address(saved, name)
    line = form.empty_line(content_of(saved.content))
    return url_for("listings.step", listing_id=saved.id, name=name, _anchor=line or None)


def _set_beside(form: StepForm, now: Listing) -> list[Difference]:
    """Let the form be saved over what somebody else saved, and return what differs between the two."""
    form.version.data = str(now.version)
    form.form_errors.append("Somebody else saved this listing. Look at both below, then save again")
    content = content_of(now.content)
    return list_differences(content, form.changed(content))


def _private_of(found: Listing) -> dict[str, str]:
    return {
        "private_name": found.private_name,
        "private_email": found.private_email,
        "private_phone": found.private_phone,
    }
