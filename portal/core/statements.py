"""The statements about privacy and cookies: the texts that ship, and how plain text becomes headings and lists."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.core.settings import Settings


class Kind(enum.Enum):
    """What a block of a statement is."""

    HEADING = "heading"
    LIST = "list"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True)
class Block:
    """A heading or a paragraph with one line, or a list with its items."""

    kind: Kind
    lines: tuple[str, ...]


def blocks(text: str, places: Mapping[str, str]) -> Sequence[Block]:
    """Read a statement: a line with "# " is a heading, lines with "- " are a list, an empty line ends a paragraph.

    `places` are put where the text names them in braces, like {phone}; other braces stay as they are.
    """
    found: list[Block] = []
    is_open = False
    for raw in text.replace("\r\n", "\n").split("\n"):
        line = raw.strip()
        for name, value in places.items():
            line = line.replace("{" + name + "}", value)
        if line.startswith("# "):
            found.append(Block(Kind.HEADING, (line[2:].strip(),)))
            is_open = False
        elif line.startswith("- "):
            item = line[2:].strip()
            if is_open and found[-1].kind is Kind.LIST:
                found[-1] = Block(Kind.LIST, (*found[-1].lines, item))
            else:
                found.append(Block(Kind.LIST, (item,)))
            is_open = True
        elif line:
            _continue(found, line, is_open)
            is_open = True
        else:
            is_open = False
    return found


def _continue(found: list[Block], line: str, is_open: bool) -> None:
    """Add a line to the paragraph or the item that is open, or begin a paragraph."""
    if is_open and found:
        last = found[-1]
        found[-1] = Block(last.kind, (*last.lines[:-1], f"{last.lines[-1]} {line}"))
    else:
        found.append(Block(Kind.PARAGRAPH, (line,)))


def default_privacy(settings: Settings) -> str:
    """Return the privacy statement that ships: what this software does, as it is set up here."""
    tiles = (
        "- The pictures of the map come from another company. It can see the address of your device and where on the "
        "map you looked."
        if settings.tile_url
        else "- Our pages load nothing from other companies. Nobody follows you from here."
    )
    geocoder = (
        "\n- If we do not know a place that you typed, we ask another service. It sees the place, not you."
        if settings.geocoder
        else ""
    )
    return _shipped("privacy.txt").replace("{outside}", tiles + geocoder)


def default_cookies(settings: Settings) -> str:
    """Return the cookie statement that ships: every cookie that this software can set, and for how long."""
    outside = (
        "The pictures of the map come from another company. We do not know what it keeps."
        if settings.tile_url
        else "Nobody but us sets a cookie here, because our pages load nothing from other companies."
    )
    return _shipped("cookies.txt").replace("{outside}", outside)


def _shipped(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip()
