"""The gate before every view that is not public: who is signed in, with what, and since when."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, user_logged_in, user_logged_out
from flask_security import logout_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import NotFound

from portal.accounts import sessions
from portal.accounts.kept_forms import keep_what_was_sent
from portal.accounts.models import User
from portal.accounts.operations.refusals import note_refused
from portal.audit.origin import set_origin
from portal.core.access import PERSONAL, Permission
from portal.core.addresses import local_path
from portal.core.web import settings

SIGN_IN, VERIFY, SECOND_STEP = "security.login", "security.verify", "security.two_factor_setup"
FRESH_MINUTES = 5
PERSONAL_MINUTES = 15
UNSTORED = ("/account", "/admin", "/sign-in", "/sign-out", "/my-page")

# Why somebody is asked to sign in, in plain words. Addresses carry the key only, so nobody can put words here.
REASONS = {
    "idle": "You were signed out because nothing was done for a while. It keeps people’s details safe.",
    "long": "You were signed out because 12 hours have passed since you signed in.",
    "owner": "You ended this sign-in from another browser. Sign in again to go on.",
    "changed": "You were signed out. Your password or what you may do here may have changed, or you signed out "
    "elsewhere. Sign in again to go on.",
    "second": "Sign in again with your second step to open that page.",
    "fresh": "This is important, so show us once more that it is you.",
    "personal": "This page shows personal details, so show us once more that it is you.",
}
KEPT = " What you had typed is kept for 30 minutes."


def gate(permission: Permission, fresh: bool) -> ResponseReturnValue | None:
    """Decide about one request: None lets it through, an answer sends it elsewhere.

    Raises NotFound when the permission is missing, so that nobody learns what there is.
    """
    if sessions.current().is_away:
        abort(503)
    if not current_user.is_authenticated:
        ended = sessions.current().ended
        return _send_to(SIGN_IN, ended.value if ended else "")
    if not current_user.may(permission):
        note_refused(actor=current_user.actor, permission=permission)
        raise NotFound
    if not sessions.has_second_factor():
        elsewhere = _ask_for_keys(fresh) if permission is Permission.ACCOUNT_KEEP else _ask_for_more(permission)
        if elsewhere is not None:
            return elsewhere
    if fresh and not sessions.is_verified_within(FRESH_MINUTES):
        return _send_to(VERIFY, "fresh")
    return None


def _ask_for_keys(fresh: bool) -> ResponseReturnValue | None:
    """Let nobody change a second factor, or anything as important, in a session that has not seen it."""
    if not fresh or not current_user.has_second_factor:
        return None
    logout_user()
    return _send_to(SIGN_IN, "second")


def _ask_for_more(permission: Permission) -> ResponseReturnValue | None:
    """Decide about somebody whose session has seen no second factor."""
    if not current_user.is_staff:
        is_due = permission in PERSONAL and not sessions.is_verified_within(PERSONAL_MINUTES)
        return _send_to(VERIFY, "personal") if is_due else None
    if is_second_factor_waived():
        return None
    if current_user.has_second_factor:
        # It was set up after this session began, or the sign-in of an organisation did not ask for one.
        logout_user()
        return _send_to(SIGN_IN, "second")
    return _send_to(SECOND_STEP, "")


def is_second_factor_waived() -> bool:
    """Whether this is a demonstration that only this machine reaches, and this machine asks."""
    chosen = settings()
    is_direct = not {"X-Forwarded-For", "Forwarded"} & set(request.headers.keys())
    hosts = (chosen.bind.rpartition(":")[0].strip("[]"), request.remote_addr or "")
    return chosen.demo and is_direct and all(_is_loopback(host) for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _send_to(endpoint: str, why: str) -> Response:
    """Send somebody on, and back afterwards: to the page, to the form that was kept, or to where it was filled in."""
    kept = keep_what_was_sent() if request.method == "POST" else None
    back = url_for("account.kept_form", form_id=kept) if kept else _page_asked_for()
    values: dict[str, Any] = {"next": back} | ({"why": why} if why else {}) | ({"kept": "1"} if kept else {})
    return redirect(url_for(endpoint, **values), 303)  # type: ignore[return-value]


def _page_asked_for() -> str:
    """Return the path of the page that was asked for, or from which something was sent; always one of this site."""
    if request.method in {"GET", "HEAD"}:
        return local_path(request.full_path.rstrip("?")) or "/account"
    came_from = urlsplit(request.referrer or "")
    is_ours = came_from.netloc == request.host
    return (local_path(came_from.path) if is_ours else None) or "/account"


def reason_in_words() -> str:
    """Return the sentence that says why somebody was sent to this page, or nothing; for templates."""
    sentence = REASONS.get(request.args.get("why", ""), "")
    return sentence + (KEPT if sentence and request.args.get("kept") == "1" else "")


def _token_failed(error: CSRFError) -> ResponseReturnValue:
    """Keep a form whose token is from before its writer signed in again, and offer to send it."""
    is_from_here = request.headers.get("Sec-Fetch-Site") == "same-origin" or request.headers.get("Origin")
    # A foreign `Origin` was refused before the token was looked at.
    if is_from_here and current_user.is_authenticated and (kept := keep_what_was_sent()):
        return redirect(url_for("account.kept_form", form_id=kept), 303)
    return render_template("core/error.html", status=400), error.code or 400


def _say_who() -> None:
    """Tell the audit who asks, and in which session."""
    user = current_user if sessions.current().user_id and current_user.is_authenticated else None
    if user is not None:
        set_origin(request.remote_addr or "", str(sessions.current_id() or ""), actor=user.actor)


def _store_nothing(response: Response) -> Response:
    """Keep pages of somebody signed in, and all pages about signing in, out of every store."""
    if sessions.current().user_id is not None or request.path.startswith(UNSTORED):
        response.headers["Cache-Control"] = "no-store"
    if sessions.current().has_left and request.is_secure:
        # A page that the browser still holds for its Back button goes as well.
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


def init_app(app: Flask) -> None:
    """Set the gate of an application, and what goes with it on every answer."""
    app.extensions["gate"] = gate
    app.before_request(_say_who)
    app.after_request(_store_nothing)
    app.register_error_handler(CSRFError, _token_failed)
    app.jinja_env.globals.update(reason_in_words=reason_in_words, session_state=sessions.current)
    user_logged_in.connect(_begun, app)
    user_logged_out.connect(_left, app)


def _begun(_app: Flask, user: User) -> None:
    sessions.begin_for(user)


def _left(_app: Flask, user: object) -> None:  # noqa: ARG001 - the signal names it
    sessions.leave()
