"""Moderators note what they saw of a group, and what help they gave it."""

import uuid
from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.queries import name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.core import clock
from portal.core.access import Permission, needs
from portal.core.editing import RefusedChangeError
from portal.core.text import clean
from portal.listings.forms.checks import CheckForm, HelpForm
from portal.listings.operations.checks import end_check as end
from portal.listings.operations.checks import note_check as note_seen
from portal.listings.operations.help import note_help as note_given
from portal.listings.queries import groups
from portal.listings.queries.listings import list_listings
from portal.listings.views import moderation as blueprint


@blueprint.get("/groups")
@needs(Permission.LISTING_MODERATE)
def find_group() -> str:
    """Find a group by its name."""
    words = clean(request.args.get("q", ""), limit=120)
    return render_template("listings/checks_find.html", words=words, found=groups.list_groups_named(words))


@blueprint.get("/groups/<uuid:organisation_id>")
@needs(Permission.LISTING_MODERATE)
def group(organisation_id: uuid.UUID) -> str:
    """Show a group: what was seen of it, the help it was given, its listings, and who keeps it."""
    return _page(organisation_id)


@blueprint.post("/groups/<uuid:organisation_id>/checks")
@needs(Permission.LISTING_MODERATE)
def note_check(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Note that something was seen."""
    form = CheckForm()
    return _note(
        organisation_id,
        form,
        lambda actor: note_seen(organisation_id=organisation_id, seen=form.seen, actor=actor),
        said="Noted, with your name.",
    )


@blueprint.post("/checks/<uuid:check_id>/end")
@needs(Permission.LISTING_MODERATE)
def end_check(check_id: uuid.UUID) -> ResponseReturnValue:
    """End a check: what was seen holds no longer."""
    me = signed_in_user()
    organisation_id = groups.get_check(me, check_id).organisation_id
    try:
        end(check_id=check_id, actor=me.actor)
    except RefusedChangeError as error:
        flash(error.message, "bad")
    else:
        flash("The check is ended. What depends on it has stopped.", "ok")
    return redirect(url_for(".group", organisation_id=organisation_id), 303)


@blueprint.post("/groups/<uuid:organisation_id>/help")
@needs(Permission.LISTING_MODERATE)
def note_help(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Note help that a group was given."""
    form = HelpForm()
    return _note(
        organisation_id,
        form,
        lambda actor: note_given(organisation_id=organisation_id, help_given=form.help_given, actor=actor),
        said="Noted.",
    )


def _note(
    organisation_id: uuid.UUID, form: CheckForm | HelpForm, keep: Callable[[str], object], *, said: str
) -> ResponseReturnValue:
    """Keep what one of the two forms says, and say so; or show the page again with what is to be put right."""
    me = signed_in_user()
    groups.get_group_to_check(me, organisation_id)
    if form.validate():
        try:
            keep(me.actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(said, "ok")
            return redirect(url_for(".group", organisation_id=organisation_id), 303)
    if isinstance(form, CheckForm):
        return _page(organisation_id, check_form=form)
    return _page(organisation_id, help_form=form)


def _page(organisation_id: uuid.UUID, *, check_form: CheckForm | None = None, help_form: HelpForm | None = None) -> str:
    me = signed_in_user()
    found = groups.get_group_to_check(me, organisation_id)
    # A form has no truth of its own: an empty one counts as False.
    to_check = check_form if check_form is not None else CheckForm(formdata=None, seen_on=clock.today())
    to_help = help_form if help_form is not None else HelpForm(formdata=None, given_on=clock.today())
    return render_template(
        "listings/checks_group.html",
        group=found,
        check_form=to_check,
        help_form=to_help,
        checks=groups.list_checks(organisation_id),
        holds=groups.holds,
        missing=groups.missing_checks(organisation_id, visits_homes=False),
        missing_at_homes=groups.missing_checks(organisation_id, visits_homes=True),
        helps=groups.list_help(organisation_id),
        listings=list_listings(organisation_id),
        editors=groups.list_editors_for_moderators(me, organisation_id),
        lead_id=groups.find_lead_id(organisation_id),
        is_known=groups.is_known(organisation_id),
        name_of=name_of_actor,
    )
