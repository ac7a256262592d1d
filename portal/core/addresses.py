"""Addresses of this site that came from a visitor, checked before anybody is sent there."""

from urllib.parse import urlsplit

_LONGEST = 2000


def local_path(text: str) -> str | None:
    """Return a path of this site with its query, or None when the text leads anywhere else.

    What browsers make of an address (https://url.spec.whatwg.org/) is wider than its grammar: they read a backslash as
    a slash, leave out tabs and line breaks wherever they stand, and strip control characters and spaces at both ends.
    None of these may stand in it.
    """
    if len(text) > _LONGEST or not text.startswith("/") or text.startswith("//") or "\\" in text:
        return None
    if any(ord(char) <= 32 or 127 <= ord(char) < 160 or 0xD800 <= ord(char) < 0xE000 for char in text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else text
