"""What anybody may tell us, without an account: this is wrong, it has closed, I know another one."""

import uuid

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import throttle
from portal.core.access import public
from portal.directory.queries import find_service
from portal.listings.forms.suggestions import AnotherForm, WrongForm
from portal.listings.models import SuggestionKind
from portal.listings.operations.suggestions import suggest
from portal.listings.views import suggesting as blueprint

ACTOR = "public"


@blueprint.route("/services/<uuid:service_id>/wrong", methods=["GET", "POST"])
@public
def wrong(service_id: uuid.UUID) -> ResponseReturnValue:
    """Take in that something on a page is wrong, or that a service has closed."""
    service, form = find_service(service_id) or abort(404), WrongForm()
    form.offer()
    name = service.name
    if form.validate_on_submit():
        _count(form.email.data or "")
        kind = SuggestionKind(form.kind.data)
        text, email = form.text.data or "", form.email.data or ""
        suggest(kind=kind, text=text, email=email, service_id=service_id, actor=ACTOR)
        return redirect(url_for(".thanks"), 303)
    return render_template("listings/suggest_wrong.html", name=name, service_id=service_id, form=form)


@blueprint.route("/suggest/another", methods=["GET", "POST"])
@public
def another() -> ResponseReturnValue:
    """Take in that somebody knows a group or a service that is not listed."""
    form = AnotherForm()
    if form.validate_on_submit():
        _count(form.email.data or "")
        suggest(kind=SuggestionKind.ANOTHER, text=form.text.data or "", email=form.email.data or "", actor=ACTOR)
        return redirect(url_for(".thanks"), 303)
    return render_template("listings/suggest_another.html", form=form)


@blueprint.get("/suggest/thanks")
@public
def thanks() -> str:
    """Say what happens next."""
    return render_template("listings/suggest_thanks.html")


def _count(email: str) -> None:
    """Let a few through from each network and for each address, so that nobody fills the list."""
    throttle.guess("suggest", account=email or None, address=request.remote_addr or "")
