"""Whether the site is alive and ready, for those who run it."""

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify

from portal.core.access import public
from portal.core.database import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """Say that the process answers."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    """Say that the database answers as well; 503 through the error page when it does not."""
    db.session.execute(sa.text("SELECT 1"))
    return jsonify(status="ready")
