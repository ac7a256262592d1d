"""Where sessions are read and written: a row on the server, or a signed cookie that holds the form token only."""

import hashlib
import logging
import secrets
import uuid
from typing import Any, cast

import flask
import sqlalchemy as sa
from flask import Flask, Request, Response, g
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeSerializer

from portal.accounts.browser_state import BrowserState
from portal.accounts.browsers import browser_in_words
from portal.accounts.models import Ending
from portal.accounts.operations import sessions as operations
from portal.accounts.operations.sessions import FORM_TOKEN
from portal.accounts.queries.sessions import SessionRow, find_session
from portal.audit.errors import AuditUnavailableError
from portal.core import clock
from portal.core.database import db
from portal.core.settings import Settings

log = logging.getLogger(__name__)

# What libraries keep of one request. A test holds one application context over several.
_OF_ONE_REQUEST = ("_login_user", "fs_authn_via", "fs_paa", "identity", FORM_TOKEN, "csrf_valid")


class ServerSessions(SessionInterface):
    """Flask's way to our sessions. A mere reader has the form token at most, in a signed cookie of its own."""

    def __init__(self, chosen: Settings) -> None:
        self.is_secure = chosen.site_url.startswith("https:")
        prefix = "__Host-" if self.is_secure else ""
        self.name, self.form_name = f"{prefix}session", f"{prefix}form"
        self._signer = URLSafeSerializer(
            chosen.secret_key, salt="form-token", signer_kwargs={"digest_method": hashlib.sha256}
        )

    def open_session(self, app: Flask, request: Request) -> BrowserState:
        """Return the session that the browser's cookie names, or a light one."""
        for name in _OF_ONE_REQUEST:
            g.pop(name, None)
        if request.path.startswith(f"{app.static_url_path}/"):
            return _away()
        token = request.cookies.get(self.name)
        if not token:
            return BrowserState(self._form_cookie(request))
        try:
            row = find_session(operations.hash_of(token))
        except sa.exc.OperationalError:
            log.exception("The database did not answer when a session was looked up.")
            return _away()
        why = row.why_ended(clock.now()) if row else Ending.CHANGED
        if row is None or why is not None:
            return self._light_after(row, why, request)
        state = BrowserState(row.contents, row)
        if _is_use(request):
            state.note_use()
        return state

    def _light_after(self, row: SessionRow | None, why: Ending | None, request: Request) -> BrowserState:
        state = BrowserState(self._form_cookie(request), ended=why)
        if row is not None:
            state.ended_user_id = row.user_id
            # A form that was still open can be kept for its writer: its token has to fit.
            state.update({name: value for name, value in row.contents.items() if name == FORM_TOKEN})
        return state

    def save_session(self, _app: Flask, session: SessionMixin, response: Response) -> None:
        """Write what the request changed. A session that was ended meanwhile stays ended.

        When that cannot be written, or not audited, the answer becomes the page for it, with status 503.
        """
        state = cast(BrowserState, session)
        if state.is_away:
            return
        if state or state.row:
            response.vary.add("Cookie")
        try:
            self._save(state, response)
        except (sa.exc.OperationalError, AuditUnavailableError):
            log.exception("A session could not be written.")
            db.session.rollback()
            response.headers.remove("Content-Encoding")
            response.headers.remove("Location")
            response.headers.remove("Set-Cookie")
            response.status_code = 503
            response.set_data(flask.render_template("core/error.html", status=503))

    def _save(self, state: BrowserState, response: Response) -> None:
        kept = state.kept
        is_light = state.is_light
        has_left = state.row is not None and state.row.user_id is not None and state.user_id is None
        if state.row is not None and (is_light or has_left):
            user_id = state.row.user_id
            operations.drop_session(actor=_actor(user_id), session_id=state.row.id, user_id=user_id)
            state.row = None
            if is_light:
                self._set_cookie(response, self.name, "")
        if is_light:
            if kept != self._form_cookie(flask.request):
                self._set_cookie(response, self.form_name, str(self._signer.dumps(kept)) if kept else "")
        elif state.row is None or state.is_renewed:
            self._write_new(state, kept, response)
        else:
            _write_changes(state, state.row, kept)

    def _write_new(self, state: BrowserState, kept: dict[str, Any], response: Response) -> None:
        request, row, token = flask.request, state.row, secrets.token_urlsafe(32)
        made = operations.begin_session(
            actor=_actor(state.user_id),
            token=token,
            user_id=state.user_id,
            contents=kept,
            idle_minutes=state.idle_minutes,
            begun_at=row.begun_at if row and not state.is_begun else None,
            instead_of=row.id if row else None,
            must_live=row is not None and row.user_id is not None and not state.is_begun,
            address=request.remote_addr or "",
            browser=browser_in_words(request.user_agent.string),
        )
        if made is not None:
            self._set_cookie(response, self.name, token)
            if self.form_name in request.cookies:
                self._set_cookie(response, self.form_name, "")

    def _set_cookie(self, response: Response, name: str, value: str) -> None:
        """Set a cookie that lives as long as the browser is open, or take it away when the value is empty."""
        response.set_cookie(
            name,
            value,
            max_age=None if value else 0,
            httponly=True,
            samesite="Lax",
            secure=self.is_secure,
            path="/",
        )

    def _form_cookie(self, request: Request) -> dict[str, Any]:
        """Return the form token from its signed cookie; nothing else is believed, and nothing unsigned."""
        try:
            said = self._signer.loads(request.cookies.get(self.form_name, ""))
        except BadSignature:
            return {}
        return {FORM_TOKEN: said[FORM_TOKEN]} if isinstance(said, dict) and FORM_TOKEN in said else {}


def _away() -> BrowserState:
    state = BrowserState({})
    state.is_away = True
    return state


def _is_use(request: Request) -> bool:
    """Whether a request shows that somebody is there: a page was asked for, or something was sent.

    What scripts fetch by themselves, and what a browser fetches ahead, keeps no session alive.
    """
    if "Sec-Purpose" in request.headers or request.path == "/account/stay":
        return False
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        return True
    is_page = request.headers.get("Sec-Fetch-Dest", "document") == "document"
    return is_page and request.headers.get("X-Requested-With") is None


def _actor(user_id: uuid.UUID | None) -> str:
    return f"user:{user_id}" if user_id else "anonymous"


def _write_changes(state: BrowserState, row: SessionRow, kept: dict[str, Any]) -> None:
    """Write what changed, or only that the session is in use. Reading a page writes nothing else."""
    changed = {name: value for name, value in kept.items() if name not in state.before or state.before[name] != value}
    removed = set(state.before) - set(kept)
    actor = _actor(state.user_id)
    if changed or removed:
        operations.store_in_session(
            actor=actor, session_id=row.id, changed=changed, removed=removed, seen=state.is_seen
        )
    elif state.is_seen:
        operations.note_seen(actor=actor, session_id=row.id)
