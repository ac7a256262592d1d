"""Cleaning of what people typed, before anything else looks at it."""

import re
import unicodedata

# Marks that change the direction of what follows, and others that are invisible; they serve only to deceive.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_SPACE = re.compile(r"\s+")


def clean(text: str, *, limit: int | None = None, lines: bool = False) -> str:
    """Return text fit to be stored, searched and shown.

    Control characters, lone surrogates and marks that turn the direction of writing are dropped; white
    space is folded (line breaks stay with `lines`); the rest is composed (NFC) and cut to `limit` characters.
    """
    if text.isascii() and text.isprintable() and "  " not in text:  # nearly all cells of nearly all imports
        text = text.strip()
        return text if limit is None else text[:limit].rstrip()
    if limit is not None:
        text = text[: limit * 4]
    text = text.encode("utf-8", "ignore").decode("utf-8", "ignore")
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    if lines:
        rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        text = "\n".join(_fold(row) for row in rows).strip()
        text = re.sub(r"\n{3,}", "\n\n", text)
    else:
        text = _fold(text)
    return text if limit is None else text[:limit].rstrip()


def _fold(row: str) -> str:
    row = _SPACE.sub(" ", row)
    row = "".join(char for char in row if unicodedata.category(char) not in {"Cc", "Cs", "Co", "Cn"})
    return _SPACE.sub(" ", row).strip()


def slugify(text: str) -> str:
    """Return lower-case letters, digits and hyphens made from a name; "" when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
