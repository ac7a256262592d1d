"""One e-mail: a text part and an HTML part of the same words, with headers that nobody can add to."""

import re
import uuid
from dataclasses import dataclass
from email import message_from_bytes
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from portal.core import clock
from portal.core.settings import Settings
from portal.core.text import clean
from portal.messages.addresses import plain_address
from portal.messages.channels import NotBuiltError, Parcel
from portal.messages.inbound import reply_address
from portal.messages.models import Channel
from portal.messages.rendering import text_of

_OVER_THE_LINE = compat32.clone(linesep="\r\n")
_SHORT = 60
_PLAIN = re.compile(r"[A-Za-z0-9 '-]+")
_QUOTED = Charset("utf-8")
_QUOTED.body_encoding = QP


@dataclass(frozen=True)
class Sender:
    """Whom e-mail comes from: the address, and the name of the site."""

    address: str
    name: str

    @property
    def host(self) -> str:
        """The host of the address, which also ends every Message-ID."""
        return self.address.rpartition("@")[2]


def sender_of(settings: Settings, site_name: str) -> Sender:
    """Return whom e-mail comes from: PORTAL_MAIL_FROM, or no-reply at the host of the site."""
    host = urlsplit(settings.site_url).hostname or "localhost"
    return Sender(settings.mail_from or f"no-reply@{host}", site_name)


def message_id_header(message_id: uuid.UUID, host: str) -> str:
    """Return the Message-ID of an outbox row: the same at every try, so that a copy is known as one."""
    return f"<{message_id}@{host}>"


def build_email(parcel: Parcel, sender: Sender) -> bytes:
    """Return the e-mail for a parcel as it goes over the line, dated now. Needs an application context.

    Raises NotBuiltError when it cannot be made, or when it would have another header or recipient than it should.
    """
    try:
        email = _build(parcel, sender)
        content = email.as_bytes(policy=_OVER_THE_LINE)
        if message_from_bytes(content).keys() != email.keys():
            raise NotBuiltError("A header too many.")
        return content
    except Exception as error:
        raise NotBuiltError(type(error).__name__) from error


def _build(parcel: Parcel, sender: Sender) -> MIMEMultipart:
    if plain_address(Channel.EMAIL, parcel.address) != parcel.address:
        raise NotBuiltError("The address is not in the form in which it was checked.")
    email = MIMEMultipart("alternative")
    email["From"] = _mailbox(sender.name, sender.address)
    email["To"] = _mailbox(parcel.name, parcel.address)
    email["Subject"] = header_text(parcel.subject)
    email["Date"] = format_datetime(clock.now())
    email["Message-ID"] = message_id_header(parcel.message_id, sender.host)
    reply_to = reply_address(parcel.message_id)
    if reply_to:
        email["Reply-To"] = reply_to
    # Programs that answer by themselves leave these alone (RFC 3834, section 5).
    email["Auto-Submitted"] = "auto-generated"
    email["X-Auto-Response-Suppress"] = "All"
    email.attach(_part("plain", text_of(parcel.body) + "\n"))
    email.attach(_part("html", html_of(parcel.subject, parcel.body)))
    return email


def _part(kind: str, text: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", kind)
    part.set_payload(text, _QUOTED)
    return part


def header_text(text: str) -> str:
    """Return text as it may stand in a header: as it is when it is plain words, else as encoded words (RFC 2047).

    Everything else is encoded, so that nothing in it is read as a line, an address, or as encoded already; the
    standard library's newer way of writing headers decodes what looks encoded, and writes a line break out.
    """
    plain = clean(text)
    if len(plain) <= _SHORT and _PLAIN.fullmatch(plain):
        return plain
    return Header(plain, "utf-8", maxlinelen=_SHORT).encode() if plain else ""


def _mailbox(name: str, address: str) -> str:
    words = header_text(name)
    return f"{words} <{address}>" if words else address


def html_of(subject: str, body: list[dict[str, Any]]) -> str:
    """Return the blocks of a message as a whole page of HTML, everything in it escaped."""
    # Not `render_template`: it would ask who is signed in, and there is nobody here.
    return current_app.jinja_env.get_template("messages/email.html").render(subject=subject, body=body)
