"""What the public told us: one list for moderators, with answers."""

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.queries import name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.editing import RefusedChangeError
from portal.listings.forms.suggestions import AnswerForm
from portal.listings.models import SuggestionKind, SuggestionState
from portal.listings.operations.suggestions import settle_suggestion
from portal.listings.queries.suggestions import get_suggestion, list_suggestions
from portal.listings.views import moderation as blueprint

KINDS = {
    SuggestionKind.WRONG: "Something is wrong",
    SuggestionKind.CLOSED: "It has closed",
    SuggestionKind.ANOTHER: "I know another one",
}
_STATES = {"taken": SuggestionState.TAKEN, "put-aside": SuggestionState.PUT_ASIDE}


@blueprint.get("/suggestions")
@needs(Permission.LISTING_MODERATE)
def suggestions() -> str:
    """Show what is new, oldest first, or what was settled, newest first."""
    state = _STATES.get(request.args.get("state", ""), SuggestionState.NEW)
    return render_template(
        "listings/suggestion_list.html",
        rows=list_suggestions(state),
        state=state.value,
        kinds=KINDS,
        name_of=name_of_actor,
    )


@blueprint.route("/suggestions/<uuid:suggestion_id>", methods=["GET", "POST"])
@needs(Permission.LISTING_MODERATE)
def suggestion(suggestion_id: uuid.UUID) -> ResponseReturnValue:
    """Show one suggestion, and take it or put it aside with an answer."""
    viewer, form = signed_in_user(), AnswerForm()
    told = get_suggestion(suggestion_id, viewer)
    state = SuggestionState.PUT_ASIDE if request.form.get("act") == "put-aside" else SuggestionState.TAKEN
    if form.validate_on_submit():
        reply = form.reply.data or ""
        try:
            settle_suggestion(suggestion_id=suggestion_id, state=state, reply=reply, actor=viewer.actor)
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash("Put aside." if state is SuggestionState.PUT_ASIDE else "Taken. Now change the listing.", "ok")
            return redirect(url_for(".suggestions"), 303)
    return render_template("listings/suggestion.html", told=told, form=form, kinds=KINDS, name_of=name_of_actor)
