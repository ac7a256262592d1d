"""The shortlist: ids of services in one cookie, or in a link that can be shared. Nothing is kept on the server."""

import base64
import binascii
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

COOKIE = "shortlist"
DAYS = 90
LIMIT = 30
_ID_BYTES = 16
# Longer than any list that we write; the rest is not looked at.
_LONGEST_TEXT = 4 * _ID_BYTES * LIMIT


@dataclass(frozen=True, kw_only=True)
class Shortlist:
    """Ids in the order in which they were saved, and whether the text they came from was whole."""

    ids: tuple[uuid.UUID, ...] = ()
    is_whole: bool = True


def pack(ids: Sequence[uuid.UUID]) -> str:
    """Return ids as one short text that fits into a cookie or a link: base64url of their bytes, without padding."""
    return base64.urlsafe_b64encode(b"".join(one.bytes for one in ids)).rstrip(b"=").decode()


def unpack(text: str) -> Shortlist:
    """Read what `pack` wrote. Never raises: of a damaged text, the ids at its start that can still be read are kept."""
    text = text[:_LONGEST_TEXT].strip().rstrip("=")
    usable = text[: len(text) - 1] if len(text) % 4 == 1 else text
    try:
        raw = base64.b64decode(usable.encode("ascii") + b"=" * (-len(usable) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return Shortlist(is_whole=False)
    whole = len(raw) - len(raw) % _ID_BYTES
    ids = [uuid.UUID(bytes=raw[start : start + _ID_BYTES]) for start in range(0, whole, _ID_BYTES)]
    kept = tuple(dict.fromkeys(ids))[:LIMIT]
    return Shortlist(ids=kept, is_whole=whole == len(raw) and usable == text and len(kept) == len(ids))


def with_saved(ids: Sequence[uuid.UUID], new: Sequence[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    """Return the list with new ids at its end, without doubles, cut to the 30 that were saved first."""
    return tuple(dict.fromkeys((*ids, *new)))[:LIMIT]


def with_removed(ids: Sequence[uuid.UUID], gone: uuid.UUID) -> tuple[uuid.UUID, ...]:
    """Return the list without one id."""
    return tuple(one for one in ids if one != gone)
