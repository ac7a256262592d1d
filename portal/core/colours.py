"""The main colour of a site, the shades that follow from it, and whether they can be read."""

import re
from collections.abc import Mapping

# The palette that ships (portal/static/src/scss/_tokens.scss), and what words and links stand on.
DEFAULT_COLOUR = "#6a2353"
GROUNDS = {"white": "#ffffff", "paper": "#faf7f2", "stone": "#f1ebe3", "lamp": "#fff4db"}
LEAST_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3
# How much of the main colour is left in each shade, and what it is mixed with; chosen to give the shipped shades.
_SHADES = {"damson-9": (0.55, 0), "damson-8": (0.76, 0), "damson-7": (1.0, 0), "damson-3": (0.28, 255)}
_PALE = (0.09, 255)
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")


def read_colour(text: str) -> str:
    """Return a colour as "#rrggbb" in small letters. Raises ValueError when it is not six hexadecimal digits."""
    found = _HEX.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a colour")
    return "#" + found.group(1).lower()


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    """Return the relative luminance, 0 to 1. Source: WCAG 2.2, definition of relative luminance."""
    parts = (value / 255 for value in _channels(colour))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21. Source: WCAG 2.2, definition of contrast ratio."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _mixed(colour: str, share: float, with_value: int) -> str:
    mixed = (round(value * share + with_value * (1 - share)) for value in _channels(colour))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def shades_of(colour: str) -> Mapping[str, str]:
    """Return the shades of a main colour by the names of the palette's custom properties."""
    shades = {name: _mixed(colour, *mix) for name, mix in _SHADES.items()}
    return {**shades, "damson-1": _mixed(colour, *_PALE)}


def problem_with_colour(colour: str) -> str:
    """Say what keeps a colour from being the main one, with the figure; "" when nothing does."""
    on_it = contrast("#ffffff", colour)
    if on_it < LEAST_CONTRAST:
        return (
            f"White words on this colour have a contrast of {on_it:.1f}. They need {LEAST_CONTRAST} to be read. "
            "Choose a darker colour."
        )
    grounds = {**GROUNDS, "its own pale shade": shades_of(colour)["damson-1"]}
    ground, least = min(
        ((name, contrast(colour, ground)) for name, ground in grounds.items()), key=lambda pair: pair[1]
    )
    if least < LEAST_CONTRAST:
        return (
            f"Links in this colour on {ground} have a contrast of {least:.1f}. They need {LEAST_CONTRAST} to be read. "
            "Choose a darker colour."
        )
    return ""
