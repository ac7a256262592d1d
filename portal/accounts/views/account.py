"""A user's own pages: the start of the account, where one is signed in, and forms that were kept."""

import datetime as dt
import uuid
from typing import Any

from flask import Blueprint, Response, abort, flash, has_request_context, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from portal.accounts import sessions
from portal.accounts.invitation_words import instant_in_words
from portal.accounts.operations import sessions as operations
from portal.accounts.queries.sessions import LONGEST, find_kept_form, list_live_sessions
from portal.core import clock
from portal.core.access import Permission, needs

blueprint = Blueprint("account", __name__, url_prefix="/account")
blueprint.add_app_template_filter(instant_in_words, "instant_in_words")
WARNED = dt.timedelta(minutes=2)


@blueprint.app_context_processor
def idle_in_templates() -> dict[str, Any]:
    """Give every page of somebody signed in the seconds until the session ends, for the warning before it."""
    if not has_request_context() or sessions.current().ends_at is None or not current_user.is_authenticated:
        return {"idle": None}
    return {"idle": {"seconds": _seconds_left(), "can_stay": _can_stay(), "user": str(current_user.id)}}


def _seconds_left() -> int:
    ends_at = sessions.current().ends_at
    return max(0, int((ends_at - clock.now()).total_seconds())) if ends_at else 0


def _can_stay() -> bool:
    """Whether using the session makes it last longer: not when the 12 hours are what ends it."""
    row = sessions.current().row
    return row is not None and row.begun_at + LONGEST > clock.now() + WARNED


def _time_left() -> Response:
    return jsonify(seconds=_seconds_left(), can_stay=_can_stay(), user=str(current_user.id), token=generate_csrf())


@blueprint.get("")
@needs(Permission.ACCOUNT_KEEP)
def start() -> str:
    """Show what there is to see and to change about the own account."""
    return render_template(
        "accounts/account.html",
        user=current_user,
        may_look_after=current_user.may(Permission.ADMIN_OPEN),
        may_see_team=current_user.may(Permission.TEAM_READ),
    )


@blueprint.get("/sessions")
@needs(Permission.ACCOUNT_KEEP)
def list_sessions() -> str:
    """Show where the user is signed in, this browser first."""
    here = sessions.current_id()
    found = sorted(list_live_sessions(current_user.id), key=lambda row: row.id != here)
    idle_minutes = sessions.current().idle_minutes
    return render_template("accounts/sessions.html", sessions=found, here=here, idle_minutes=idle_minutes)


@blueprint.post("/sessions/<uuid:session_id>/end")
@needs(Permission.ACCOUNT_KEEP)
def end_session(session_id: uuid.UUID) -> ResponseReturnValue:
    """Sign one browser out."""
    if not operations.end_session(actor=current_user.actor, user_id=current_user.id, session_id=session_id):
        abort(404)
    flash("That browser is signed out.", "ok")
    return redirect(url_for("account.list_sessions"), 303)


@blueprint.post("/sessions/end-others")
@needs(Permission.ACCOUNT_KEEP)
def end_other_sessions() -> ResponseReturnValue:
    """Sign every browser out but this one."""
    operations.end_other_sessions(actor=current_user.actor, user_id=current_user.id, but=sessions.current_id())
    flash("All other browsers are signed out.", "ok")
    return redirect(url_for("account.list_sessions"), 303)


@blueprint.get("/stay")
@needs(Permission.ACCOUNT_KEEP)
def time_left() -> Response:
    """Tell the script how long the session lasts; asking does not make it last longer."""
    return _time_left()


@blueprint.post("/stay")
@needs(Permission.ACCOUNT_KEEP)
def stay() -> Response:
    """Keep the session alive, because the user said so."""
    sessions.current().is_seen = True
    return _time_left()


@blueprint.get("/kept/<uuid:form_id>")
@needs(Permission.ACCOUNT_KEEP)
def kept_form(form_id: uuid.UUID) -> str:
    """Show a form that could not be taken when it was sent, and offer to send it again."""
    form = find_kept_form(form_id, current_user.id)
    if form is None:
        abort(404)
    return render_template("accounts/kept_form.html", form=form)


@blueprint.post("/kept/<uuid:form_id>")
@needs(Permission.ACCOUNT_KEEP)
def drop_kept_form(form_id: uuid.UUID) -> ResponseReturnValue:
    """Throw a kept form away."""
    operations.drop_kept_form(actor=current_user.actor, user_id=current_user.id, form_id=form_id)
    flash("It is thrown away.", "ok")
    return redirect(url_for("account.start"), 303)
