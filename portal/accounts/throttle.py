"""Guesses at secrets: only a few are checked. The rest get 429, and cost nobody anything."""

import datetime as dt
import hashlib
import logging
import math
import secrets

from flask import Flask, Response, after_this_request, current_app, g, render_template, request
from flask_login import user_logged_in
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.accounts.browsers import network_of
from portal.accounts.models import User
from portal.accounts.operations.guesses import count_guess
from portal.core.sealing import fingerprint_of_address, seals
from portal.core.web import settings

log = logging.getLogger(__name__)

MOST_GUESSES = 10
MOST_ON_SITE = 600
DEVICE_DAYS = 90
_ACTOR = "site:guesses"


class TooManyGuessesError(Exception):
    """Enough guesses were checked within five minutes; `wait` says how long until the next one may be."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__(f"Too many guesses; wait {wait}.")
        self.wait = wait

    @property
    def seconds(self) -> int:
        """How long to wait, in whole seconds, at least one."""
        return max(1, math.ceil(self.wait.total_seconds()))

    @property
    def in_words(self) -> str:
        """How long to wait, as it is said on the page."""
        minutes = math.ceil(self.seconds / 60)
        return "one minute" if minutes == 1 else f"{minutes} minutes"


def guess(kind: str, *, account: str | None, address: str) -> None:
    """Count one guess before its secret is looked at. Raises TooManyGuessesError when it must not be checked.

    `kind` is what is guessed at ("password", "code", "reset"), `account` the e-mail address as it was typed or a
    user's id, whether or not there is such an account, `address` where the request comes from. Ten in five minutes
    are let through for each account and for each address, 600 for the whole site. A browser that has signed in to
    the account before counts for itself alone, so that a stranger's guesses never keep its owner out. Call it
    before anything is changed: it ends an open transaction.
    """
    wait = count_guess(buckets=_buckets(kind, account, address), actor=_ACTOR)
    if wait is not None:
        raise TooManyGuessesError(wait)


def _buckets(kind: str, account: str | None, address: str) -> dict[str, int]:
    def name(what: str, which: str) -> str:
        return seals().fingerprint("guess", f"{kind}\0{what}\0{which}")

    device = known_device(account) if account else None
    if device:
        return {name("device", device): MOST_GUESSES}
    buckets = {name("address", network_of(address)): MOST_GUESSES, name("site", ""): MOST_ON_SITE}
    if account:
        buckets[name("account", _account_key(account))] = MOST_GUESSES
    return buckets


def _account_key(account: str) -> str:
    """Return the fingerprint of an address however it is written, or of a user's id."""
    return fingerprint_of_address(account)


def _cookie_name(account_key: str) -> str:
    prefix = "__Host-" if settings().site_url.startswith("https:") else ""
    return f"{prefix}device-{account_key[:12]}"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        str(current_app.secret_key), salt="known-device", signer_kwargs={"digest_method": hashlib.sha256}
    )


def known_device(account: str) -> str | None:
    """Return the number of the browser that asks, if it has signed in to this account within 90 days, else None."""
    key = _account_key(account)
    try:
        said = _signer().loads(request.cookies.get(_cookie_name(key), ""), max_age=DEVICE_DAYS * 86_400)
    except BadSignature:
        return None
    is_ours = isinstance(said, list) and len(said) == 2 and said[0] == key
    return str(said[1]) if is_ours else None


def remember_device(_app: Flask, user: User) -> None:
    """Give the browser that signed in a cookie for the address and for the id of its account."""
    g.device_of = (user.email, str(user.id))
    after_this_request(_set_device_cookies)


def _set_device_cookies(response: Response) -> Response:
    for account in g.pop("device_of", ()):
        key = _account_key(account)
        response.set_cookie(
            _cookie_name(key),
            str(_signer().dumps([key, known_device(account) or secrets.token_urlsafe(16)])),
            max_age=DEVICE_DAYS * 86_400,
            httponly=True,
            samesite="Lax",
            secure=settings().site_url.startswith("https:"),
            path="/",
        )
    return response


def _too_many(error: TooManyGuessesError) -> tuple[str, int, dict[str, str]]:
    log.warning("Too many guesses at %s: one more was not looked at.", request.endpoint)
    page = render_template("accounts/too_many.html", wait=error.in_words)
    return page, 429, {"Retry-After": str(error.seconds), "Cache-Control": "no-store"}


def init_app(app: Flask) -> None:
    """Answer guesses that are too many, and remember browsers that signed in."""
    app.register_error_handler(TooManyGuessesError, _too_many)
    user_logged_in.connect(remember_device, app)
