"""The shortlist: one cookie with ids, or a link that holds them."""

import uuid
from collections.abc import Sequence

import segno
from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.core import clock
from portal.core.access import public
from portal.core.addresses import local_path
from portal.core.web import public_url
from portal.directory.queries import list_old_ids, list_services
from portal.search.forms import SendForm
from portal.search.service_page import ServicePage, describe
from portal.search.shortlist import COOKIE, DAYS, LIMIT, pack, unpack, with_removed, with_saved
from portal.search.views import blueprint
from portal.search.views.addresses import may_send

SECONDS = DAYS * 24 * 60 * 60


@blueprint.after_request
def keep_lists_off_the_disk(response: Response) -> Response:
    """Tell browsers not to store a list, since a telephone may be shared."""
    if request.path.startswith("/shortlist"):
        response.headers["Cache-Control"] = "no-store"
    return response


def saved_ids() -> tuple[uuid.UUID, ...]:
    """Return the ids on the visitor's shortlist."""
    return unpack(request.cookies.get(COOKIE, "")).ids


def _pages(ids: Sequence[uuid.UUID]) -> list[ServicePage]:
    now = clock.now()
    return [describe(service, now) for service in list_services(ids)]


def sheet(ids: Sequence[uuid.UUID], *, form: SendForm | None = None, **context: object) -> str:
    """Show a list the way it prints, with a link that holds it, and a form that sends it."""
    pages = _pages(ids)
    known = [page.service.id for page in pages]
    link = public_url("search.shared_shortlist", s=pack(known)) if known else ""
    if form is None:
        form = SendForm(formdata=None)
    return render_template(
        "search/shortlist.html",
        pages=pages,
        gone=len(ids) - len(known),
        link=link,
        form=form if may_send() else None,
        held=pack(ids),
        qr=segno.make(link, error="l", micro=False).png_data_uri(scale=4, border=2) if link else "",
        today=clock.today(),
        **context,
    )


def _keep(ids: Sequence[uuid.UUID], back: str | None = None) -> AnyResponse:
    """Answer with a way back and a cookie that holds the list, or no cookie when the list is empty."""
    response = redirect(back or url_for("search.shortlist"), 303)
    kept_for = SECONDS if ids else 0
    response.set_cookie(
        COOKIE, pack(ids), max_age=kept_for, httponly=True, samesite="Lax", secure=request.is_secure, path="/"
    )
    return response


def _asked_id() -> uuid.UUID | None:
    try:
        return uuid.UUID(request.form.get("service_id", ""))
    except ValueError:
        return None


@blueprint.get("/shortlist")
@public
def shortlist() -> str:
    """Show the visitor's own list."""
    return sheet(saved_ids(), is_shared=False)


@blueprint.get("/shortlist/shared")
@public
def shared_shortlist() -> Response | str:
    """Show a list that somebody shared by its link, which holds all of it."""
    text = request.args.get("s", "")
    shared = unpack(text)
    is_full = len(with_saved(saved_ids(), shared.ids)) >= LIMIT
    return sheet(shared.ids, is_shared=True, is_whole=shared.is_whole and bool(text), text=text, is_full=is_full)


@blueprint.post("/shortlist/save")
@public
def save_to_shortlist() -> AnyResponse:
    """Put one service on the list, if it is one that is shown, and go back."""
    back = local_path(request.form.get("back", ""))
    asked = _asked_id()
    if asked is None or not list_services([asked]):
        return _keep(saved_ids(), back)
    if asked not in saved_ids() and len(saved_ids()) >= LIMIT:
        return redirect(url_for("search.shortlist", full="1"), 303)
    return _keep(with_saved(saved_ids(), [asked]), back)


@blueprint.post("/shortlist/remove")
@public
def take_off_shortlist() -> AnyResponse:
    """Take one service off the list and go back."""
    back = local_path(request.form.get("back", ""))
    ids, asked = saved_ids(), _asked_id()
    for one in (asked, *list_old_ids(asked)) if asked else ():
        ids = with_removed(ids, one)
    return _keep(ids, back)


@blueprint.post("/shortlist/clear")
@public
def clear_shortlist() -> AnyResponse:
    """Forget the list."""
    return _keep(())


@blueprint.post("/shortlist/keep")
@public
def keep_shared() -> AnyResponse:
    """Add what a shared link holds to the visitor's own list."""
    return _keep(with_saved(saved_ids(), unpack(request.form.get("s", "")).ids))
