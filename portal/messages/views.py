"""Where providers hand in replies: signed, each once. Without a secret in the settings nothing is here."""

import hashlib
import hmac
import json
import re
from typing import Any

from flask import Blueprint, Response, abort, request

from portal.core import clock
from portal.core.access import public
from portal.core.database import transaction
from portal.core.text import clean
from portal.core.web import csrf, settings
from portal.messages.inbound import Reply
from portal.messages.inbound.mail_reading import UnreadableMailError, read_mail
from portal.messages.inbound.operations import take_in
from portal.messages.inbound.plain_text import LONGEST_REPLY
from portal.messages.models import Channel

blueprint = Blueprint("messages", __name__)

ACTOR = "provider"
SIGNATURE, TIMESTAMP = "X-Portal-Signature", "X-Portal-Timestamp"
VALID_FOR = 5 * 60  # seconds, before and after
LONGEST_SMS_BODY = 20 * 1024
LONGEST_MAIL_BODY = 10 * 1024 * 1024
_ID = re.compile(r"[\x21-\x7e]{1,200}")
_NUMBER = re.compile(r"\+?[0-9]{5,15}", re.ASCII)


@blueprint.post("/messages/inbound/sms")
@public
@csrf.exempt  # type: ignore[untyped-decorator]  # signed instead, see `_refuse_strangers`
def inbound_sms() -> Response:
    """Take in one text message, in the form in which GOV.UK Notify hands them in."""
    _refuse_strangers(LONGEST_SMS_BODY, takes_bearer=True)
    return _keep(_sms_of(request.get_data()))


@blueprint.post("/messages/inbound/email")
@public
@csrf.exempt  # type: ignore[untyped-decorator]  # signed instead, see `_refuse_strangers`
def inbound_email() -> Response:
    """Take in one e-mail, whole, as its bytes (message/rfc822)."""
    _refuse_strangers(LONGEST_MAIL_BODY)
    if request.mimetype != "message/rfc822":
        abort(400)
    try:
        return _keep(read_mail(request.get_data()))
    except UnreadableMailError:
        abort(400)


def _refuse_strangers(longest: int, *, takes_bearer: bool = False) -> None:
    """Let only those on who know the secret: by HMAC-SHA256 over `<timestamp>.<body>`, or, where it is taken, by
    showing the secret itself, which is what GOV.UK Notify does."""
    secret = settings().inbound_secret.encode()
    if not secret:
        abort(404)
    request.max_content_length = longest
    shown = request.headers.get("Authorization", "")
    if takes_bearer and shown:
        scheme, _, token = shown.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), secret):
            abort(403)
        return
    signed_at, signature = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
    # The body is read only when the rest could be right.
    if not re.fullmatch(r"[0-9]{1,12}", signed_at, re.ASCII) or not re.fullmatch(r"sha256=[0-9a-f]{64}", signature):
        abort(403)
    if abs(clock.now().timestamp() - int(signed_at)) > VALID_FOR:
        abort(403)
    expected = hmac.new(secret, signed_at.encode() + b"." + request.get_data(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature, f"sha256={expected}"):
        abort(403)


def _keep(reply: Reply) -> Response:
    """Store a reply unless it is known, and say so: a provider that asks again is told the same."""
    with transaction() as session:
        is_new = take_in(session, reply=reply, actor=ACTOR) is not None
    return Response(json.dumps({"kept": is_new}), mimetype="application/json")


def _sms_of(body: bytes) -> Reply:
    """Read a text message: `id`, `source_number` and `message`, all text. Anything else is 400."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        abort(400)
    wanted = ("id", "source_number", "message")
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in wanted):
        abort(400)
    number, source, message = (str(found[name]) for name in wanted)
    digits = re.sub(r"[\s().-]", "", source)
    if not _ID.fullmatch(number) or not _NUMBER.fullmatch(digits) or len(message) > LONGEST_REPLY:
        abort(400)
    # Notify gives numbers without the plus sign: 447700900123.
    sender = digits if digits.startswith(("+", "0")) else f"+{digits}"
    return Reply(channel=Channel.SMS, provider_id=number, sender=sender, text=clean(message, lines=True))
