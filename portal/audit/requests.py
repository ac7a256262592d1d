"""The audit within a request: where it comes from, what it showed, and the page when it cannot be written."""

import logging

from flask import Flask, Response, make_response, render_template, request

from portal.audit import readings
from portal.audit.errors import AuditUnavailableError
from portal.audit.origin import forget_origin, set_origin
from portal.core.database import db

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Gather what each request shows, and write it before the answer leaves.

    Has to come before the rooms that load personal records, so that it begins first and ends last.
    """
    app.before_request(_begin)
    app.after_request(_write)
    app.teardown_request(_end)
    app.register_error_handler(AuditUnavailableError, _unavailable)


def _begin() -> None:
    set_origin(request.remote_addr or "", "")
    readings.begin()


def _write(response: Response) -> Response:
    try:
        readings.write()
    except AuditUnavailableError as error:
        response.close()
        return _unavailable(error)
    return response


def _end(_error: BaseException | None) -> None:
    readings.forget()
    forget_origin()


def _unavailable(error: AuditUnavailableError) -> Response:
    log.error("The audit could not be written: %s", type(error.__cause__).__name__, exc_info=error)
    db.session.rollback()
    return make_response(render_template("audit/unavailable.html"), 503, {"Cache-Control": "no-store"})
