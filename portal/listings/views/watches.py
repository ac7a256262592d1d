"""Asking to be told when places open or a listing changes: without an account, and with a way to stop."""

import uuid

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import throttle
from portal.core.access import public
from portal.core.web import public_url
from portal.directory.queries import find_service
from portal.listings.forms.watches import WatchForm
from portal.listings.operations import watches as operations
from portal.listings.queries.watches import find_watch_to_confirm, find_watch_to_stop
from portal.listings.views import watching as blueprint
from portal.search.views.addresses import may_send

ACTOR = "public"


@blueprint.route("/services/<uuid:service_id>/tell-me", methods=["GET", "POST"])
@public
def tell_me(service_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for an address, and send it a link. The answer is the same whether or not we knew it."""
    service, form = find_service(service_id) or abort(404), WatchForm()
    name = service.name
    if form.validate_on_submit():
        address = form.email.data or ""
        throttle.guess("tell-me", account=address, address=request.remote_addr or "")
        if may_send():
            operations.ask_to_be_told(
                service_id=service_id,
                email=address,
                link=lambda token: public_url("watching.confirm", token=token),
                actor=ACTOR,
            )
        return redirect(url_for(".asked", service_id=service_id), 303)
    return render_template("listings/watch_ask.html", form=form, name=name, service_id=service_id)


@blueprint.get("/services/<uuid:service_id>/tell-me/sent")
@public
def asked(service_id: uuid.UUID) -> str:
    """Say what happens next, to everybody alike."""
    service = find_service(service_id) or abort(404)
    return render_template("listings/watch_asked.html", service=service)


@blueprint.route("/services/tell-me/confirm/<string(maxlength=80):token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> ResponseReturnValue:
    """Show what a link confirms; the button confirms it. Programs that look at links press nothing."""
    watch = find_watch_to_confirm(token)
    if watch is None:
        return _over("This link has ended")
    service, is_done = find_service(watch.service_id), watch.confirmed_at is not None
    if request.method == "POST":
        is_done = operations.confirm_watch(watch_id=watch.id, actor=ACTOR)
        return redirect(url_for(".confirm", token=token), 303) if is_done else _over("This link has ended")
    return render_template("listings/watch_confirm.html", token=token, service=service, is_done=is_done)


@blueprint.route("/services/tell-me/stop/<string(maxlength=80):token>", methods=["GET", "POST"])
@public
def stop(token: str) -> ResponseReturnValue:
    """Ask whether to stop; the button stops and wipes the address."""
    watch = find_watch_to_stop(token)
    if watch is None:
        return _over("We do not tell you about this")
    if request.method == "POST":
        operations.stop_watch(watch_id=watch.id, actor=ACTOR)
        return redirect(url_for(".stopped"), 303)
    return render_template("listings/watch_stop.html", token=token, service=find_service(watch.service_id))


@blueprint.get("/services/tell-me/stopped")
@public
def stopped() -> str:
    """Say that nothing more comes."""
    return render_template("listings/watch_over.html", heading="We will not tell you any more", is_stopped=True)


def _over(heading: str) -> ResponseReturnValue:
    return render_template("listings/watch_over.html", heading=heading, is_stopped=False), 404
