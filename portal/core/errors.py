"""Pages for errors: what happened, what was kept, and what to do."""

import logging

import sqlalchemy as sa
from flask import Flask, render_template
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from portal.core.database import db
from portal.core.web import ForeignOriginError

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Give every error a page with its status, in plain words."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(ForeignOriginError, lambda _error: _page(400))
    app.register_error_handler(sa.exc.OperationalError, _database_away)
    app.register_error_handler(Exception, _unexpected)


def _page(status: int) -> tuple[str, int]:
    # A Host that cannot be one leaves no way to make an address, and so no page.
    if request_ctx.url_adapter is None:
        return "Bad request", status
    return render_template("core/error.html", status=status), status


def _http_error(error: HTTPException) -> HTTPException | tuple[str, int, dict[str, str]]:
    if error.code is None or error.code < 400 or error.response is not None:
        return error
    page, status = _page(error.code)
    # A 405 has to say which methods there are (RFC 9110, section 15.5.6); other errors have such headers as well.
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return page, status, kept


def _database_away(error: Exception) -> tuple[str, int]:
    log.exception("The database did not answer.", exc_info=error)
    db.session.rollback()
    return _page(503)


def _unexpected(error: Exception) -> tuple[str, int]:
    log.exception("An error that nobody expected.", exc_info=error)
    db.session.rollback()
    return _page(500)
