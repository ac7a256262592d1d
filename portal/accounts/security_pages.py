"""The pages for signing in, and what holds for each of them: who may, how often, and one transaction for one act.

The views are Flask-Security's, and a few of ours beside them (`views.second_step`). They are registered here one by
one, so that nothing of Flask-Security is reachable that does not stand in this table.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import flask
from flask import Blueprint, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import recovery_codes, tf_plugin, views, webauthn
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import UnsupportedMediaType

from portal.accounts import sessions, throttle
from portal.accounts.one_act import one_act
from portal.accounts.security_notes import note_about
from portal.accounts.views import organisation, second_step
from portal.core import clock
from portal.core.access import Permission, needs, public
from portal.core.addresses import local_path

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BEGUN = "first_step_at"
# Where somebody signed in shows once more who they are; their session gets a new cookie then.
SHOWN_AGAIN = frozenset({"security.verify", "security.wan_verify_response"})
FIRST_STEP_LASTS = 600  # seconds between the password and the code

Page = Callable[..., ResponseReturnValue]
Account = Callable[[], str | None]

blueprint = Blueprint("security", __name__)


def _typed_address() -> str | None:
    return request.form.get("email", "").strip() or None


def _half_signed_in() -> str | None:
    found: str | None = session.get("tf_user_id")
    return found


def _signed_in() -> str | None:
    return str(current_user.id) if current_user.is_authenticated else None


def _nobody() -> None:
    return None


def _drop_foreign_next() -> None:
    """Forget where to go on to, unless it is a path of this site: before any form or view looks at it."""
    for name in ("args", "form"):
        values = getattr(request, name)
        if "next" in values and local_path(values["next"]) is None:
            setattr(
                request, name, ImmutableMultiDict((key, one) for key, one in values.items(multi=True) if key != "next")
            )


def _guarded(view: Page, guess: tuple[str, Account] | None) -> Page:
    """Return a view that counts guesses before it looks at a secret, and whose act is one transaction."""

    @wraps(view)
    def guarded(**values: Any) -> ResponseReturnValue:
        if request.is_json:
            raise UnsupportedMediaType
        _drop_foreign_next()
        if request.method in SAFE:
            return _answer(view, values)
        if guess is not None:
            kind, account = guess
            throttle.guess(kind, account=account(), address=request.remote_addr or "")
        with one_act():
            shown_at = session.get(sessions.VERIFIED)
            answer = _answer(view, values)
            if request.endpoint in SHOWN_AGAIN and session.get(sessions.VERIFIED) != shown_at:
                sessions.renew()
                note_about(current_user._get_current_object(), "account:verify")
            return answer

    return guarded


def _answer(view: Page, values: dict[str, Any]) -> ResponseReturnValue:
    answer = current_app.ensure_sync(view)(**values)
    if "tf_user_id" in session:
        session.setdefault(BEGUN, clock.now().timestamp())
    else:
        session.pop(BEGUN, None)
    return flask.make_response(answer)


def _after_password(view: Page) -> Page:
    """Let only those see a page who gave the right password a moment ago, and nobody who is signed in."""

    @wraps(view)
    def guarded(**values: Any) -> ResponseReturnValue:
        if current_user.is_authenticated:
            return redirect(url_for("security.login"))
        if clock.now().timestamp() - session.get(BEGUN, 0) > FIRST_STEP_LASTS:
            tf_plugin.tf_clean_session()  # type: ignore[no-untyped-call]
        return view(**values)

    return guarded


def _add(path: str, endpoint: str, view: Page, methods: str, *, guess: tuple[str, Account] | None = None) -> None:
    """Register a page that everybody may open."""
    page = public(_guarded(view, guess))
    blueprint.add_url_rule(path, endpoint, page, methods=methods.split())


def _add_own(
    path: str,
    endpoint: str,
    view: Page,
    methods: str,
    *,
    fresh: bool = False,
    guess: tuple[str, Account] | None = None,
) -> None:
    """Register a page for those who are signed in; `fresh` asks who they are once more."""
    page = needs(Permission.ACCOUNT_KEEP, fresh=fresh)(_guarded(view, guess))
    blueprint.add_url_rule(path, endpoint, page, methods=methods.split())


PASSWORD = ("password", _typed_address)
CODE = ("code", _half_signed_in)
AGAIN = ("password", _signed_in)
LETTER = ("letter", _typed_address)
LINK = ("link", _nobody)
PASSKEY = ("passkey", _nobody)

_add("/sign-in", "login", views.login, "GET POST", guess=PASSWORD)
_add("/sign-out", "logout", views.logout, "POST")
_add("/sign-out/done", "signed_out", second_step.signed_out, "GET")

_add("/sign-in/step", "tf_select", _after_password(tf_plugin.tf_select), "GET POST")
_add(
    "/sign-in/code",
    "two_factor_token_validation",
    _after_password(views.two_factor_token_validation),
    "GET POST",
    guess=CODE,
)
_add("/sign-in/recovery-code", "mf_recovery", _after_password(recovery_codes.mf_recovery), "GET POST", guess=CODE)
_add("/sign-in/lost", "two_factor_rescue", _after_password(second_step.lost), "GET")
_add("/sign-in/passkey", "wan_signin", webauthn.webauthn_signin, "GET POST")
_add("/sign-in/passkey/<token>", "wan_signin_response", webauthn.webauthn_signin_response, "POST", guess=PASSKEY)

_add("/sign-in/organisation", "organisation", organisation.begin, "GET")
_add("/sign-in/organisation/back", "organisation_back", organisation.come_back, "GET")

_add("/account/register", "register", views.register, "GET POST", guess=LETTER)
_add("/account/confirm", "send_confirmation", views.send_confirmation, "GET POST", guess=LETTER)
_add("/account/confirm/<token>", "confirm_email", second_step.asking_first(views.confirm_email), "GET POST", guess=LINK)
_add("/account/forgotten", "forgot_password", views.forgot_password, "GET POST", guess=LETTER)
_add("/account/reset/<token>", "reset_password", views.reset_password, "GET POST", guess=LINK)

_add_own("/account/verify", "verify", views.verify, "GET POST", guess=AGAIN)
_add_own("/account/verify/passkey", "wan_verify", webauthn.webauthn_verify, "GET POST")
_add_own(
    "/account/verify/passkey/<token>", "wan_verify_response", webauthn.webauthn_verify_response, "POST", guess=PASSKEY
)
_add_own("/account/password", "change_password", views.change_password, "GET POST", guess=AGAIN)
_add_own("/account/second-step", "two_factor_setup", second_step.set_up, "GET POST", fresh=True)
_add_own("/account/second-step/remove", "remove_second_step", second_step.remove, "GET POST", fresh=True)
_add_own(
    "/account/recovery-codes",
    "mf_recovery_codes",
    second_step.telling_of_codes(recovery_codes.mf_recovery_codes),
    "GET POST",
    fresh=True,
)
_add_own("/account/passkeys", "wan_register", webauthn.webauthn_register, "GET POST", fresh=True)
_add_own("/account/passkeys/<token>", "wan_register_response", webauthn.webauthn_register_response, "POST", fresh=True)
_add_own("/account/passkeys/<int:number>/remove", "remove_passkey", second_step.remove_passkey, "GET POST", fresh=True)
