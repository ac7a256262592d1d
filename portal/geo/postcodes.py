"""Postcodes as people type them: telling a unit, a sector and an outward code apart, and writing them properly.

The shapes and letters are those of Royal Mail's leaflet "Postcode format" (Postcode Address File, after British
Standard 7666): the outward code is A9, A99, AA9, AA99, A9A or AA9A, the inward code 9AA; Q, V and X never stand first
nor I, J and Z second; the last letter of A9A is one of ABCDEFGHJKSTUW and of AA9A one of ABEHMNPRVWXY; the inward
letters are never C, I, K, M, O or V. The third place is wider here: P came later (N1P), and M, N, R, V, X and Y stood
in the west end of London until 2000 (W1M), whose postcodes the ONS directory still lists as terminated. No pattern
here repeats: a text is compared sign by sign with six shapes, so the time taken cannot grow.
"""

import enum
import unicodedata
from dataclasses import dataclass

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = frozenset("0123456789")
_FIRST = _LETTERS - set("QVX")
_SECOND = _LETTERS - set("IJZ")
_THIRD = frozenset("ABCDEFGHJKMNPRSTUVWXY")
_FOURTH = frozenset("ABEHMNPRVWXY")
_NOT_NOUGHT = _DIGITS - {"0"}
_INWARD_LETTERS = _LETTERS - set("CIKMOV")

_OUTWARD_SHAPES: tuple[tuple[frozenset[str], ...], ...] = (
    (_FIRST, _DIGITS),
    (_FIRST, _NOT_NOUGHT, _DIGITS),
    (_FIRST, _SECOND, _DIGITS),
    (_FIRST, _SECOND, _NOT_NOUGHT, _DIGITS),
    (_FIRST, _DIGITS, _THIRD),
    (_FIRST, _SECOND, _DIGITS, _FOURTH),
)
_INWARD_SHAPE = (_DIGITS, _INWARD_LETTERS, _INWARD_LETTERS)
# What people may still mean as one: "SE13 6LV" cannot exist, but it is a postcode, and its neighbours can be offered.
_LOOSE_INWARD_SHAPE = (_DIGITS, _LETTERS, _LETTERS)

# What a finger or an eye mistakes: the letter O for nought, the letters I and L for one. The inward letters never
# hold an O or an I, so that a "1" among them can only be a small L.
_SLIPS = {"O": "0", "0": "O", "I": "1", "1": "IL", "L": "1"}

LONGEST = 16


class Level(enum.Enum):
    """How much of a postcode there is."""

    UNIT = "unit"
    SECTOR = "sector"
    OUTCODE = "outcode"


@dataclass(frozen=True)
class ParsedPostcode:
    """A postcode written properly ("SE13 6LG", "SE13 6" or "SE13") and how much of one it is."""

    code: str
    level: Level

    @property
    def outcode(self) -> str:
        """The outward code: "SE13"."""
        return self.code.partition(" ")[0]

    @property
    def sector(self) -> str:
        """The sector: "SE13 6"; "" when only the outward code is known."""
        outward, _, inward = self.code.partition(" ")
        return f"{outward} {inward[0]}" if inward else ""


def parse(text: str) -> ParsedPostcode | None:
    """Read what somebody typed as a postcode; None when it is none.

    Case, spaces and stray stops do not matter; the letter O for nought and I or L for one are mended where only one of
    the two can stand, provided there are both letters and digits. A unit that lacks its last letter counts as its
    sector. The postcode need not exist, and its last two letters may even be ones that no postcode has.
    """
    if len(text) > LONGEST * 2:
        return None
    plain = unicodedata.normalize("NFKC", text).upper().strip(" .,;-")
    parts = plain.replace("-", " ").replace(".", " ").split()
    compact = "".join(parts)
    signs = set(compact)
    if not 2 <= len(compact) <= 8 or not signs <= _LETTERS | _DIGITS or not signs & _DIGITS or not signs & _LETTERS:
        return None
    sector = _sector(parts[0], parts[1]) if len(parts) == 2 and len(parts[1]) <= 2 else None
    # A space where a sector has it, and nothing to mend: no need to look for a unit in the same signs.
    if sector is not None and sector.startswith(f"{parts[0]} {parts[1][0]}"):
        return ParsedPostcode(sector, Level.SECTOR)
    if (unit := _unit(compact)) is not None:
        return ParsedPostcode(unit, Level.UNIT)
    if sector is not None:
        return ParsedPostcode(sector, Level.SECTOR)
    if (outward := _mend(compact, _OUTWARD_SHAPES)) is not None:
        return ParsedPostcode(outward, Level.OUTCODE)
    for inward in (compact[-1:], compact[-2:]):
        if (sector := _sector(compact[: -len(inward)], inward)) is not None:
            return ParsedPostcode(sector, Level.SECTOR)
    return None


def parse_exactly(text: str) -> ParsedPostcode | None:
    """Read a postcode from a file: spaces do not matter, but nothing is mended, left out or impossible."""
    found = parse(text)
    if found is None or found.code.replace(" ", "") != "".join(text.split()).upper():
        return None
    if found.level is Level.UNIT and not set(found.code[-2:]) <= _INWARD_LETTERS:
        return None
    return found


def find_at_end(text: str) -> ParsedPostcode | None:
    """Return the full postcode that an address ends with ("12 High Street, SE13 6LG"), or None."""
    words = text.replace(",", " ").split()
    for count in (2, 1):
        found = parse(" ".join(words[-count:])) if len(words) > count else None
        if found is not None and found.level is Level.UNIT:
            return found
    return None


def differences(one: str, other: str) -> int:
    """Return how many signs differ between two codes of one length; two neighbours swapped count as one."""
    places = [place for place, (left, right) in enumerate(zip(one, other, strict=True)) if left != right]
    is_swap = (
        len(places) == 2
        and places[1] == places[0] + 1
        and (one[places[0]], one[places[1]]) == (other[places[1]], other[places[0]])
    )
    return 1 if is_swap else len(places)


def _unit(compact: str) -> str | None:
    if not 5 <= len(compact) <= 7:
        return None
    inward = _mend(compact[-3:], (_INWARD_SHAPE,)) or _mend(compact[-3:], (_LOOSE_INWARD_SHAPE,))
    outward = _mend(compact[:-3], _OUTWARD_SHAPES) if inward else None
    return f"{outward} {inward}" if outward else None


def _sector(outward: str, inward: str) -> str | None:
    """Write an outward code and a digit, or a digit and one letter of two, as a sector."""
    code = _mend(outward, _OUTWARD_SHAPES)
    digit = _mend(inward, (_INWARD_SHAPE[: len(inward)],)) if code else None
    return f"{code} {digit[0]}" if digit else None


def _mend(text: str, shapes: tuple[tuple[frozenset[str], ...], ...]) -> str | None:
    """Return the text as the shape that needs fewest mends (the first of equals), or None when it fits none."""
    best: tuple[int, str] | None = None
    for shape in shapes:
        if len(shape) != len(text):
            continue
        mended = [_fit(sign, allowed) for sign, allowed in zip(text, shape, strict=True)]
        if None in mended:
            continue
        code = "".join(sign for sign in mended if sign)
        mends = sum(left != right for left, right in zip(code, text, strict=True))
        if best is None or mends < best[0]:
            best = mends, code
    return best[1] if best else None


def _fit(sign: str, allowed: frozenset[str]) -> str | None:
    if sign in allowed:
        return sign
    return next((other for other in _SLIPS.get(sign, "") if other in allowed), None)
