"""The page that needs no sign-in: a group says that its listings are still right. Opening it changes nothing."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.forms import read_id
from portal.accounts.queries import NotFoundError
from portal.accounts.throttle import guess
from portal.core.access import public
from portal.core.clock import now
from portal.core.editing import RefusedChangeError
from portal.listings.freshness_pages import AT_ONCE, describe_link
from portal.listings.models import FreshnessLink
from portal.listings.operations.confirming import confirm_by_link
from portal.listings.operations.freshness import choose_digests
from portal.listings.queries.freshness import find_link, wants_digests
from portal.listings.views import freshness as blueprint

ACTOR = "public"
_ADDRESS = "/confirm/<string(maxlength=80):token>"


@blueprint.after_request
def keep_links_off_the_disk(response: Response) -> Response:
    """Tell browsers not to store a page whose address is a secret."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get(_ADDRESS)
@public
def confirm(token: str) -> ResponseReturnValue:
    """Show the listings of a link as residents see them. Programs that open links in mail press nothing."""
    link = _find(token)
    if link is None or _has_ended(link):
        return _over(link, token)
    return render_template("listings/confirm.html", token=token, most=AT_ONCE, **describe_link(link))


@blueprint.post(_ADDRESS)
@public
def confirm_listing(token: str) -> ResponseReturnValue:
    """Confirm one listing of a link; once for each."""
    link, service_id = _find(token), read_id(request.form.get("service"))
    if link is None or _has_ended(link):
        return _over(link, token)
    if service_id is None or str(service_id) not in link.services:
        raise NotFoundError(token)
    try:
        confirm_by_link(link_id=link.id, service_id=service_id, actor=ACTOR)
    except RefusedChangeError as error:
        flash(error.message, "bad")
    return redirect(url_for(".confirm", token=token, _anchor=f"at-{service_id}"), 303)


@blueprint.get(f"{_ADDRESS}/stop")
@public
def stop_digests(token: str) -> ResponseReturnValue:
    """Ask whether the group wants no monthly messages any more; also by a link that has ended."""
    link = _find(token)
    if link is None:
        return _over(link, token)
    return render_template("listings/confirm_stop.html", token=token, wants=wants_digests(link.organisation_id))


@blueprint.post(f"{_ADDRESS}/stop")
@public
def stop_digests_now(token: str) -> ResponseReturnValue:
    """Send the group no monthly messages any more, or send them again."""
    link = _find(token)
    if link is None:
        return _over(link, token)
    wants = request.form.get("act") == "again"
    choose_digests(organisation_id=link.organisation_id, wants=wants, actor=ACTOR)
    return redirect(url_for(".stop_digests", token=token), 303)


def _find(token: str) -> FreshnessLink | None:
    """Return the link of an address. One that leads nowhere is a guess, of which only a few are answered."""
    found = find_link(token)
    if found is None:
        guess("freshness", account=None, address=request.remote_addr or "")
    return found


def _has_ended(link: FreshnessLink) -> bool:
    return now() >= link.expires_at


def _over(link: FreshnessLink | None, token: str) -> ResponseReturnValue:
    """Say kindly that a link leads nowhere any more, and what to do."""
    page = render_template("listings/confirm_over.html", link=link, token=token)
    return page, 404 if link is None else 410
