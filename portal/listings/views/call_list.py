"""Groups to ring, for moderators, and what came of each call."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.forms import read_id
from portal.accounts.queries import NotFoundError, name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.clock import today
from portal.core.editing import RefusedChangeError
from portal.listings.forms.freshness import OUTCOMES, CallForm
from portal.listings.models import CallOutcome
from portal.listings.operations.calling import note_call
from portal.listings.queries.call_list import GroupToRing, find_call, list_calls, list_recent_calls
from portal.listings.views import moderation

_DONE = {
    CallOutcome.CONFIRMED: "Thank you. It is confirmed by telephone.",
    CallOutcome.NO_ANSWER: "Noted. It is on the list again in a week.",
    CallOutcome.CLOSED: "Noted. Residents do not see it any more.",
}


@moderation.get("/calls")
@needs(Permission.LISTING_MODERATE)
def calls() -> str:
    """List the groups to ring today, those that wait longest first."""
    recent = [(call, group, name_of_actor(call.by)) for call, group in list_recent_calls()]
    return render_template("listings/calls.html", groups=list_calls(today()), recent=recent)


@moderation.get("/calls/<uuid:organisation_id>")
@needs(Permission.LISTING_MODERATE)
def call(organisation_id: uuid.UUID) -> str:
    """Show whom to ring and about what."""
    return _page(_get(organisation_id), CallForm(formdata=None))


@moderation.post("/calls/<uuid:organisation_id>")
@needs(Permission.LISTING_MODERATE)
def note_outcome(organisation_id: uuid.UUID) -> ResponseReturnValue:
    """Note what came of a call."""
    outcome = OUTCOMES.get(request.form.get("outcome", ""))
    entry = find_call(organisation_id, today())
    if entry is None or outcome is None:
        flash("Somebody has done this meanwhile: nothing of this group is on the list any more.", "soon")
        return redirect(url_for(".calls"), 303)
    form, me = CallForm(), signed_in_user()
    if form.check(outcome):
        chosen = {found for one in form.services.data or () if (found := read_id(one)) is not None}
        try:
            note_call(
                organisation_id=organisation_id,
                services=chosen,
                outcome=outcome,
                spoke_with=form.spoke_with.data or "",
                caller=me.name,
                actor=me.actor,
            )
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(_DONE[outcome], "ok")
            return redirect(url_for(".calls"), 303)
    return _page(entry, form)


def _get(organisation_id: uuid.UUID) -> GroupToRing:
    found = find_call(organisation_id, today())
    if found is None:
        raise NotFoundError(organisation_id)
    return found


def _page(entry: GroupToRing, form: CallForm) -> str:
    form.offer(entry.listings)
    spoken = [(call, name_of_actor(call.by)) for call in entry.calls[:5]]
    return render_template("listings/call.html", entry=entry, form=form, spoken=spoken)
