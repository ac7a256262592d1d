"""From the bytes of an e-mail to a reply: who wrote, what, to which of our messages, and whether a machine did."""

import contextlib
import email
import email.policy
import hashlib
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr

from portal.core.text import clean
from portal.messages.inbound import Nature, Reply
from portal.messages.inbound.plain_text import newly_written, text_of_markup
from portal.messages.models import Channel

# More parts than any person's program makes; the rest is not looked at.
MOST_PARTS = 50
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_PLUS = re.compile(r"[^@+]*\+([a-z2-7]{8,64})@", re.IGNORECASE)
_STUMBLES = (RecursionError, ValueError, LookupError, AttributeError, TypeError, AssertionError)


class UnreadableMailError(ValueError):
    """These bytes cannot be read as an e-mail."""


def read_mail(raw: bytes) -> Reply:
    """Return the reply that an e-mail holds. Raises UnreadableMailError when it cannot be read at all.

    The text part is taken, or the HTML part as plain text; what was quoted is cut; attachments are named and
    dropped. A delivery report (RFC 3464) and an automatic answer (RFC 3834) are recognised, and their text is not kept.
    """
    try:
        return _read(email.message_from_bytes(raw, policy=email.policy.compat32), raw)
    except (*_STUMBLES, MessageError) as error:
        # The parser of the standard library trips over some of what hostile mail holds.
        raise UnreadableMailError(type(error).__name__) from error


def unreadable(raw: bytes) -> Reply:
    """Return what is kept of an e-mail that cannot be read: that it came."""
    number = hashlib.sha256(raw).hexdigest()
    return Reply(channel=Channel.EMAIL, provider_id=number, sender="", nature=Nature.UNREADABLE)


def _read(message: Message, raw: bytes) -> Reply:
    sender = parseaddr(_header(message, "From"))[1][:254]
    parts = list(_parts(message))
    nature = _nature(message, parts)
    named = _MESSAGE_ID.search(str(message.get("Message-ID", "")))
    known_by = f"{named.group()}\0{sender.casefold()}".encode("utf-8", "surrogateescape") if named else raw
    answered = _ids(message, "In-Reply-To", "References")
    return Reply(
        channel=Channel.EMAIL,
        provider_id=hashlib.sha256(known_by).hexdigest(),
        sender=clean(sender),
        nature=nature,
        text=newly_written(_text(parts)) if nature is Nature.WRITTEN else "",
        attachments=_attachments(parts),
        answers=(*answered, *_reported_ids(parts)) if nature is Nature.BOUNCE else answered,
        tags=_tags(message),
    )


def _header(message: Message, name: str) -> str:
    """Return a header as text; of words in no known encoding what can be read."""
    pieces = []
    for piece, charset in decode_header(str(message.get(name, ""))[:2_000]):
        pieces.append(_decoded(piece, charset) if isinstance(piece, bytes) else piece)
    return clean("".join(pieces))


def _decoded(content: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8"):
        with contextlib.suppress(LookupError, UnicodeError):
            if name:
                return content.decode(name)
    return content.decode("latin-1")


def _parts(message: Message) -> Iterator[Message]:
    """Yield the parts that hold something, without going into messages that are attached."""
    waiting = [message]
    seen = 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting[:0] = [one for one in part.get_payload() if isinstance(one, Message)]
        else:
            yield part


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return _decoded(payload, part.get_content_charset()) if isinstance(payload, bytes) else ""


def _text(parts: list[Message]) -> str:
    """Return the first text part that says something, else the HTML part as plain text."""
    shown = [part for part in parts if not _is_attached(part)]
    for kind, read in (("text/plain", str), ("text/html", text_of_markup)):
        for part in shown:
            if part.get_content_type() == kind and (text := read(_content(part))).strip():
                return text
    return ""


def _attachments(parts: list[Message]) -> tuple[str, ...]:
    """Return the names of what was attached; the things themselves are dropped."""
    names = []
    for part in parts:
        if _is_attached(part) or part.get_content_maintype() not in {"text", "message"}:
            named = clean(str(part.get_filename() or ""), limit=100)
            names.append(named or part.get_content_type()[:100])
    return tuple(names[:20])


def _nature(message: Message, parts: list[Message]) -> Nature:
    """Say whether a person wrote this, a program answered for them, or a server could not deliver ours."""
    if message.get_content_type() == "multipart/report" and _reports_failure(parts):
        return Nature.BOUNCE
    automatic = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().casefold()
    precedence = str(message.get("Precedence", "")).strip().casefold()
    is_automatic = (
        automatic != "no"  # RFC 3834, section 5
        or message.get_content_type() == "multipart/report"
        or precedence in {"bulk", "junk", "list", "auto_reply"}
        or any(name in message for name in ("X-Autoreply", "X-Autorespond", "List-Id"))
        or str(message.get("Return-Path", "")).strip() == "<>"
    )
    return Nature.AUTOMATIC if is_automatic else Nature.WRITTEN


def _reports_failure(parts: list[Message]) -> bool:
    """Say whether a delivery report gives up for good: `Action: failed` with a status of class 5 (RFC 3464, 3463)."""
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            said = part.as_string()[:20_000]
            failed = re.search(r"^Action:\s*failed\b", said, re.MULTILINE | re.IGNORECASE)
            final = re.search(r"^Status:\s*5\.\d{1,3}\.\d{1,3}\b", said, re.MULTILINE | re.IGNORECASE)
            if failed and final:
                return True
    return False


def _ids(message: Message, *names: str) -> tuple[str, ...]:
    """Return the Message-IDs that headers name, the newest first."""
    found: list[str] = []
    for name in names:
        found.extend(reversed(_MESSAGE_ID.findall(str(message.get(name, ""))[:10_000])))
    return tuple(dict.fromkeys(found))[:20]


def _reported_ids(parts: list[Message]) -> tuple[str, ...]:
    """Return the Message-ID of the message of ours that a delivery report sends back, whole or its headers only."""
    for part in parts:
        if part.get_content_type() == "text/rfc822-headers":
            return _ids(email.message_from_string(_content(part)[:50_000]), "Message-ID")
        if part.get_content_type() == "message/rfc822" and isinstance(part.get_payload(), list):
            inner = part.get_payload(0)
            if isinstance(inner, Message):
                return _ids(inner, "Message-ID")
    return ()


def _tags(message: Message) -> tuple[str, ...]:
    """Return what stands after the plus sign of the addresses that the e-mail went to."""
    fields = [str(value)[:2_000] for name in ("Delivered-To", "X-Original-To", "To", "Cc") for value in
              message.get_all(name, [])[:10]]  # fmt: skip
    found = [_PLUS.match(address) for _name, address in getaddresses(fields)]
    return tuple(dict.fromkeys(match.group(1).lower() for match in found if match))[:10]
