"""What every answer has: the security policy with its nonce, headers, compression, and pages for errors."""

import gzip
import json
import secrets
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import Flask, Response, current_app, g, request
from flask_wtf import CSRFProtect
from govuk_frontend_jinja import __file__ as govuk_package
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader
from werkzeug.routing import BaseConverter
from werkzeug.sansio.utils import host_is_trusted

from portal.core import wording
from portal.core.settings import Settings

BUILD = Path(__file__).resolve().parents[1] / "static" / "build"
GZIP_FROM = 600
COMPRESSIBLE = ("text/", "application/json", "application/ld+json", "image/svg+xml", "application/javascript")


# Checks the token of every unsafe request; what is exempt proves itself in another way (see docs/decisions/0011).
csrf = CSRFProtect()


class SlugConverter(BaseConverter):
    """Lower-case letters, digits and hyphens in an address; anything else is not there."""

    regex = "[a-z0-9][a-z0-9-]{0,79}"


class ForeignOriginError(Exception):
    """A form was sent from another site, or a request was meant for another host."""


def settings() -> Settings:
    """Return the settings of the running application."""
    found: Settings = current_app.extensions["settings"]
    return found


def csp_nonce() -> str:
    """Return the nonce of this request, made on first use."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def content_policy(nonce: str, tile_url: str = "") -> str:
    """Return the content security policy: nothing is allowed but what is named here.

    `tile_url` is the operator's map tile server; its origin may then send pictures, and nothing else.
    """
    tiles = ""
    if tile_url:
        parts = urlsplit(tile_url)
        tiles = f" {parts.scheme}://{parts.netloc.replace('{s}', '*')}"
    return (
        "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'none'; form-action 'self'; "
        f"frame-ancestors 'none'; img-src 'self' data:{tiles}; manifest-src 'self'; "
        f"script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'"
    )


@cache
def _manifest(_changed: float) -> dict[str, str]:
    found: dict[str, str] = json.loads((BUILD / "manifest.json").read_text())
    return found


def asset(name: str) -> str:
    """Return the address of a built asset. Raises RuntimeError, with the command to run, when it is not built."""
    path = BUILD / "manifest.json"
    try:
        built = _manifest(path.stat().st_mtime)[name]
    except (OSError, KeyError):
        raise RuntimeError(f"{name} is not built. Run: make assets") from None
    return flask.url_for("static", filename=f"build/{built}")


def init_app(app: Flask, chosen: Settings) -> None:
    """Give an application its settings, templates' words, headers and error pages."""
    app.extensions["settings"] = chosen
    app.secret_key = chosen.secret_key
    app.config.update(
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=500_000,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        # A form may stay open all day: its token lives as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
        # `_refuse_foreign_forms` looks at where a form comes from, also without TLS.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.url_map.converters["slug"] = SlugConverter
    app.json.sort_keys = False  # type: ignore[attr-defined]
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.globals.update(settings=chosen, csp_nonce=csp_nonce, asset=asset)
    env.filters.update(
        day_in_words=wording.day_in_words,
        date_in_words=wording.date_in_words,
        time_in_words=wording.time_in_words,
        span_in_words=wording.span_in_words,
        money=wording.money_in_words,
        miles=wording.miles_in_words,
        ago=wording.ago_in_words,
        list_in_words=wording.list_in_words,
        count=wording.count_in_words,
    )
    govuk = FileSystemLoader(Path(govuk_package).parent / "templates")
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(Path(app.root_path) / "templates"), PrefixLoader({"govuk_frontend_jinja": govuk})]
    )
    app.before_request(_refuse_foreign_hosts)
    app.before_request(_refuse_foreign_forms)
    csrf.init_app(app)
    app.after_request(_finish)


def _refuse_foreign_hosts() -> None:
    """Refuse a forged Host, which would otherwise stand in links that people share. This machine may always ask."""
    own = urlsplit(settings().site_url).hostname
    asked = request.host.lower().rstrip(".")
    if own and not host_is_trusted(asked, [own.lower(), "localhost", "127.0.0.1"]):
        raise ForeignOriginError


def public_url(endpoint: str, **values: Any) -> str:
    """Return a whole address that people may share: under the site's own address where that is set."""
    own = settings().site_url
    return own + flask.url_for(endpoint, **values) if own else flask.url_for(endpoint, **values, _external=True)


def _refuse_foreign_forms() -> None:
    """Refuse an unsafe request that another site's page sent (see docs/decisions/0007)."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise ForeignOriginError
        return
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    try:
        is_foreign = origin is not None and urlsplit(origin).netloc != request.host
    except ValueError:  # an address that cannot be one, such as http://[
        is_foreign = True
    if is_foreign:
        raise ForeignOriginError


def _finish(response: Response) -> Response:
    chosen = settings()
    headers = response.headers
    headers["Content-Security-Policy"] = content_policy(csp_nonce(), chosen.tile_url)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "geolocation=(self), camera=(), microphone=(), payment=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint == "static" and response.status_code == 200:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif "Cache-Control" not in headers:
        headers["Cache-Control"] = "private, no-cache"
    return _compress(response)


def _compress(response: Response) -> Response:
    """Compress text answers, since old phones on slow lines feel it. Nothing secret is echoed on public pages."""
    if (
        response.status_code != 200
        or "gzip" not in request.headers.get("Accept-Encoding", "").lower()
        or "Content-Encoding" in response.headers
        or not (response.mimetype or "").startswith(COMPRESSIBLE)
    ):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < GZIP_FROM:
        return response
    response.close()
    response.set_data(gzip.compress(body, compresslevel=5, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response
