"""Moderators edit the words of crisis, which put urgent help above every result."""

import uuid

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.signed_in import signed_in_user
from portal.core.access import Permission, needs
from portal.core.editing import ChangedMeanwhileError, RefusedChangeError
from portal.core.text import clean
from portal.search.views import blueprint
from portal.search.views.words import change_kept
from portal.search.words import operations, queries
from portal.search.words.forms import CrisisForm, CrisisRemovalForm
from portal.search.words.models import CrisisPhrase


@blueprint.get("/moderation/crisis-words")
@needs(Permission.WORDS_CHANGE)
def crisis_words() -> str:
    """Show the words of crisis, all or those that were looked for, a page at a time."""
    asked = clean(request.args.get("q", ""), limit=100)
    found = queries.list_crisis(asked, request.args.get("page", 1, type=int))
    return render_template(
        "search/words_crisis.html",
        found=found,
        words=asked,
        removed=() if asked else queries.list_removed(CrisisPhrase),
        page_address=lambda page: url_for(".crisis_words", q=asked or None, page=page),
    )


@blueprint.route("/moderation/crisis-words/new", methods=["GET", "POST"])
@needs(Permission.WORDS_CHANGE)
def new_crisis_phrase() -> ResponseReturnValue:
    """Add a phrase of crisis."""
    form = CrisisForm()
    if form.validate_on_submit():
        try:
            operations.add_crisis_phrase(actor=signed_in_user().actor, **_typed(form))
        except RefusedChangeError as error:
            form.refuse(error)
        else:
            flash(f"“{form.said.data}” is in the list. It puts urgent help above the results now.", "ok")
            return redirect(url_for(".crisis_words"), 303)
    return render_template("search/words_crisis_phrase.html", form=form, row=None, there=None)


@blueprint.route("/moderation/crisis-words/<uuid:phrase_id>", methods=["GET", "POST"])
@needs(Permission.WORDS_CHANGE)
def change_crisis_phrase(phrase_id: uuid.UUID) -> ResponseReturnValue:
    """Change a phrase of crisis."""
    found, there = queries.find_crisis_phrase(phrase_id) or abort(404), None
    form = CrisisForm(obj=found)
    if form.validate_on_submit():
        try:
            change_kept(
                operations.change_crisis_phrase, phrase_id=phrase_id, expected=form.read_version, **_typed(form)
            )
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            there = error.now
            form.version.data = str(there.version)
        else:
            flash(f"“{form.said.data}” is changed.", "ok")
            return redirect(url_for(".crisis_words"), 303)
    return render_template("search/words_crisis_phrase.html", form=form, row=found, there=there)


@blueprint.route("/moderation/crisis-words/<uuid:phrase_id>/remove", methods=["GET", "POST"])
@needs(Permission.WORDS_CHANGE)
def remove_crisis_phrase(phrase_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for the reason, and take one phrase of crisis away."""
    found = queries.find_crisis_phrase(phrase_id) or abort(404)
    form, said = CrisisRemovalForm(obj=found), found.said
    if form.validate_on_submit():
        try:
            change_kept(
                operations.remove_crisis_phrase,
                phrase_id=phrase_id,
                expected=form.read_version,
                why=form.why.data or "",
            )
        except RefusedChangeError as error:
            form.refuse(error)
        except ChangedMeanwhileError as error:
            form.version.data = str(error.now.version)
            flash("Somebody else changed it meanwhile. Look at it, and say again whether it goes.", "soon")
        else:
            flash(f"“{said}” is taken away. It does not put urgent help above the results any more.", "ok")
            return redirect(url_for(".crisis_words"), 303)
    return render_template("search/words_crisis_remove.html", form=form, row=found)


def _typed(form: CrisisForm) -> dict[str, str]:
    return {"said": form.said.data or "", "remark": form.note.data or ""}
