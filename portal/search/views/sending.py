"""Sending a list to an e-mail address, without an account; and a recipient's way to stop that."""

import datetime as dt
import math

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.browsers import network_of
from portal.core import clock
from portal.core.access import public
from portal.core.database import transaction
from portal.core.web import public_url, settings
from portal.directory.queries import list_services
from portal.messages.addresses import plain_address
from portal.messages.models import Channel
from portal.search.forms import SendForm
from portal.search.operations import refuse_lists, send_list, take_lists_again
from portal.search.sending import ListLetter, SendingKeys, find_refusal, keys_for, letter_for, stop_token
from portal.search.service_page import describe
from portal.search.shortlist import Shortlist, pack, unpack
from portal.search.views import blueprint
from portal.search.views.addresses import may_send
from portal.search.views.shortlist import saved_ids, sheet

ACTOR = "visitor"


@blueprint.post("/shortlist/send")
@public
def send_shortlist() -> ResponseReturnValue:
    """Send a list of published services to one address. The answer is the same whether or not it takes lists."""
    form = SendForm()
    asked = unpack(form.s.data or "")
    if not may_send() or not list_services(asked.ids):
        return redirect(url_for("search.shortlist"), 303)
    if not form.validate():
        return _again(asked, form)
    letter, keys = _letter(form.email.data or "", asked)
    with transaction() as session:
        wait = send_list(session, letter=letter, keys=keys, actor=ACTOR)
    if wait is not None:
        seconds = {"Retry-After": str(max(1, math.ceil(wait.total_seconds())))}
        return _again(asked, form, wait=_in_words(wait)), 429, seconds
    return redirect(url_for("search.shortlist_sent"), 303)


def _again(asked: Shortlist, form: SendForm, wait: str = "") -> str:
    """Show the list again with what was typed: as the visitor's own, or as one that was shared."""
    is_own = asked.ids == saved_ids()
    rest: dict[str, object] = {} if is_own else {"is_whole": asked.is_whole, "text": pack(asked.ids), "is_full": False}
    return sheet(asked.ids, form=form, is_shared=not is_own, wait=wait, **rest)


def _letter(typed: str, asked: Shortlist) -> tuple[ListLetter, SendingKeys]:
    now = clock.now()
    pages = [describe(service, now) for service in list_services(asked.ids)]
    address = plain_address(Channel.EMAIL, typed)
    keys = keys_for(address, network_of(request.remote_addr or ""))
    letter = letter_for(
        address,
        pages,
        list_link=public_url("search.shared_shortlist", s=pack([page.service.id for page in pages])),
        stop_link=public_url("search.stop_lists", token=stop_token(keys.refusal, settings())),
        link_of=lambda service: public_url("search.service", service_id=service.id),
    )
    return letter, keys


def _in_words(wait: dt.timedelta) -> str:
    minutes = math.ceil(wait.total_seconds() / 60)
    return "one minute" if minutes <= 1 else f"{minutes} minutes"


@blueprint.get("/shortlist/sent")
@public
def shortlist_sent() -> str:
    """Say that the list is on its way, to everybody alike."""
    return render_template("search/sent.html")


@blueprint.get("/shortlist/stop/<token>")
@public
def stop_lists(token: str) -> str:
    """Ask whether this address shall get no lists any more. Programs that look at links press nothing."""
    if find_refusal(token, settings()) is None:
        abort(404)
    return render_template("search/stop_lists.html", token=token, done="")


@blueprint.post("/shortlist/stop/<token>")
@public
def stop_lists_now(token: str) -> str:
    """Send no more lists to this address, or send them again."""
    refusal = find_refusal(token, settings())
    if refusal is None:
        abort(404)
    wants_again = request.form.get("act") == "again"
    act = take_lists_again if wants_again else refuse_lists
    with transaction() as session:
        act(session, fingerprint=refusal, actor=ACTOR)
    return render_template("search/stop_lists.html", token=token, done="again" if wants_again else "stopped")
