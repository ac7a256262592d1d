"""Replies that people send to our messages: which message they answer, and which room takes them."""

import base64
import binascii
import enum
import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.core.sealing import seals
from portal.core.web import settings
from portal.messages.inbound.mailbox_address import find_mailbox
from portal.messages.models import Channel

_PROOF_BYTES = 10


class Nature(enum.Enum):
    """Who wrote what came in."""

    WRITTEN = "written"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came in, before anything is stored.

    `provider_id` is the same whenever the same message comes again; `answers` are the Message-IDs that it refers
    to, the likeliest first; `tags` what stood after the plus sign of the addresses it went to.
    """

    channel: Channel
    provider_id: str
    sender: str
    nature: Nature = Nature.WRITTEN
    text: str = ""
    attachments: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def reply_address(message_id: uuid.UUID) -> str:
    """Return the address that answers to one message go to: the mailbox with a signed tag; "" without a mailbox.

    The tag holds the message's id and 80 bits of a keyed hash, so that nobody can answer what was not sent to them.
    """
    mailbox = find_mailbox(settings())
    if mailbox is None or "@" not in mailbox.user:
        return ""
    name, _, host = mailbox.user.rpartition("@")
    return f"{name}+{_tag(message_id)}@{host}"


def _tag(message_id: uuid.UUID) -> str:
    return base64.b32encode(message_id.bytes + _proof(message_id)).decode().rstrip("=").lower()


def _proof(message_id: uuid.UUID) -> bytes:
    return bytes.fromhex(seals().fingerprint("reply", message_id.hex))[:_PROOF_BYTES]


def find_tagged(tag: str) -> uuid.UUID | None:
    """Return the id of the message that a reply's tag names, or None when it was not made here."""
    try:
        raw = base64.b32decode(tag.upper() + "=" * (-len(tag) % 8))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + _PROOF_BYTES:
        return None
    message_id = uuid.UUID(bytes=raw[:16])
    return message_id if hmac.compare_digest(raw[16:], _proof(message_id)) else None


# Called as `operation(session, reply=…, about=…, actor=…)`: in the transaction that stores the reply, with the row and
# what follows the colon in the cause of the message that it answers. What it needs of the text it copies.
Taker = Callable[..., Any]

_takers: dict[str, Taker] = {}


def take_replies(prefix: str, operation: Taker) -> None:
    """Give replies to messages whose cause begins with `<prefix>:` to an operation of the room that caused them."""
    _takers[prefix] = operation


def find_taker(cause: str) -> tuple[Taker, str] | None:
    """Return the operation that takes replies to messages with this cause, and what the cause is about, or None."""
    prefix, colon, about = cause.partition(":")
    operation = _takers.get(prefix) if colon else None
    return (operation, about) if operation else None
