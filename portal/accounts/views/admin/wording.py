"""The wording of messages: reading, looking at a change first, storing it, and going back to the text that ships."""

from dataclasses import replace

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.outbox_forms import WordingForm
from portal.accounts.queries import name_of_actor
from portal.accounts.signed_in import signed_in_user
from portal.accounts.site_forms import VersionedForm
from portal.accounts.views.admin import blueprint
from portal.core.access import Permission, needs
from portal.core.database import transaction
from portal.messages import operations, queries
from portal.messages.models import Channel
from portal.messages.rendering import Rendered, example_of
from portal.messages.wording import OF_THE_SITE, Wording, WordingError, WordingRefusedError, faults_of, shipped

_WAYS = (("text", Channel.EMAIL), ("sms", Channel.SMS), ("letter", Channel.LETTER))


@blueprint.get("/wording")
@needs(Permission.WORDING_CHANGE)
def wordings() -> str:
    """Show every kind of message, when it is sent, and whether its wording was changed here."""
    return render_template("admin/wordings.html", wordings=queries.list_wordings())


@blueprint.route("/wording/<slug:key>", methods=["GET", "POST"])
@needs(Permission.WORDING_CHANGE)
def wording(key: str) -> ResponseReturnValue:
    """Change what one kind of message says. "Look at it first" shows it without storing anything."""
    now = _get(key)
    form = WordingForm.of(now)
    if not form.validate_on_submit():
        return _page(now, form)
    if "look" in request.form:
        return _page(now, form, previews=_previews(now, form))
    try:
        with transaction() as session:
            texts, actor = form.texts(), signed_in_user().actor
            operations.change_wording(session, key=key, based_on=form.read_version, actor=actor, **texts)
    except WordingRefusedError as error:
        form.refuse_texts(error)
        return _page(now, form)
    except operations.StaleWordingError:
        return _meanwhile(key, form)
    flash("The wording is changed. Messages from now on say this.", "ok")
    return redirect(url_for(".wording", key=key), 303)


@blueprint.post("/wording/<slug:key>/reset")
@needs(Permission.WORDING_CHANGE)
def reset_wording(key: str) -> ResponseReturnValue:
    """Go back to the text that ships."""
    _get(key)
    try:
        with transaction() as session:
            based_on = VersionedForm().read_version
            operations.reset_wording(session, key=key, based_on=based_on, actor=signed_in_user().actor)
    except operations.StaleWordingError:
        flash("Somebody else changed the wording meanwhile. Look at it and try again.", "soon")
    else:
        flash("The text that ships is back. The one it took the place of is kept below.", "ok")
    return redirect(url_for(".wording", key=key), 303)


def _get(key: str) -> Wording:
    try:
        return queries.wording_of(key)
    except WordingError:
        abort(404)


def _previews(now: Wording, form: WordingForm) -> list[tuple[Channel, Rendered]]:
    """Return how the message would read by each way, with examples; none when something has to be put right."""
    wanted = replace(now, **form.texts())
    faults = faults_of(wanted)
    if faults:
        form.refuse_texts(WordingRefusedError(faults))
        return []
    return [(way, example_of(wanted, way)) for name, way in _WAYS if getattr(wanted, name)]


def _meanwhile(key: str, form: WordingForm) -> str:
    """Show the text that somebody else stored beside the one that was typed; saving again takes the typed one."""
    there = _get(key)
    form.version.data = str(there.version)
    return _page(there, form, there=there)


def _page(
    now: Wording,
    form: WordingForm,
    *,
    previews: list[tuple[Channel, Rendered]] | None = None,
    there: Wording | None = None,
) -> str:
    return render_template(
        "admin/wording.html",
        wording=now,
        form=form,
        previews=previews or [],
        there=there,
        shipped=shipped()[now.key],
        versions=queries.list_changes(now.key),
        of_the_site=OF_THE_SITE,
        name_of=name_of_actor,
    )
