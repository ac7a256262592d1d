"""Where: postcodes anywhere, "near" and "in" with a name, a name at the end, and how far."""

import re

from portal.core.wording import miles_in_words
from portal.geo.place import Place, Precision
from portal.search.constants import LEAST_RADIUS, MOST_RADIUS
from portal.search.understanding.shapes import NEAR_ME, Known, Reading, Value
from portal.search.understanding.typed import KEPT, Typed

MILES_IN_A_KILOMETRE = 0.621371
# Ten minutes on foot at three miles an hour.
WALKING_DISTANCE = 0.5
_MINUTES_TO_A_MILE = 20
_LONGEST_NAME = 5
_BEFORE_NAME = ("near", "in", "around", "by", "at", "round", "near to", "close to", "next to", "nearby to")
# Before these a name says what something is, not where it should be.
_NOT_A_PLACE = frozenset({"of", "to", "from", "and", "for", "with", "the", "my"})
# Part of an address, and given names as well: alone at the end they stay words.
_GIVEN_NAMES = frozenset({"lee", "evelyn"})
_DIRECTIONS = frozenset({"north", "south", "east", "west", "central", "london", "the"})
_OUTWARD = re.compile(r"[a-z]{1,2}\d[a-z\d]?")
_INWARD = re.compile(r"\d[a-z]{2}")
_UNIT = re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}")
# Look like outward codes and are something else.
_NO_POSTCODE = frozenset({"co2", "u3a", "a1", "b12", "b6", "k2", "ks1", "ks2", "ks3", "ks4", "ps4", "ps5", "mp3"})


def read_postcode(typed: Typed, at: int, known: Known) -> Reading | None:
    """Read a postcode that is known, with a "near" before it: "se6", "SE13 6LG", "near se136lg"."""
    start = at + _before_name(typed, at)
    keys = typed.keys[start : start + 2]
    if not keys or keys[0] in _NO_POSTCODE:
        return None
    for count in range(len(keys), 0, -1):
        text = " ".join(keys[:count])
        is_unit = _UNIT.fullmatch(text) if count == 1 else _OUTWARD.fullmatch(keys[0]) and _INWARD.fullmatch(keys[1])
        is_sure = is_unit or (count == 1 and _OUTWARD.fullmatch(text))
        if not is_sure or not typed.ends_free(start + count):
            continue
        place = known.find_place(text, False)
        if place is not None:
            return Reading(start + count, (_near(place),))
    return None


def read_near_name(typed: Typed, at: int, known: Known, *, follows_radius: bool) -> Reading | None:
    """Read "in Catford", "near Lewisham station", and "of Catford" after "within a mile"."""
    skip = _before_name(typed, at) or (1 if follows_radius and typed.keys[at] in {"of", "from"} else 0)
    start = at + skip
    for count in range(min(_LONGEST_NAME, len(typed.keys) - start) if skip else 0, 0, -1):
        place = _named(typed, start, start + count, known, is_bare=False)
        if place is not None:
            return Reading(start + count, (_near(place),))
    return None


def read_name_at_end(typed: Typed, start: int, end: int, known: Known) -> tuple[int, Value] | None:
    """Read the name of a district or an area with which a run of words ends; gives its first word and the value.

    What stands before it must not belong to it: "friends of Blythe Hill" and "Sing Lewisham" are names of groups.
    """
    for first in range(max(start, end - _LONGEST_NAME), end):
        if not typed.begins_free(first) or (end - first == 1 and typed.keys[first] in _GIVEN_NAMES):
            continue
        before = typed.words[first - 1].key if first else ""
        if before in _NOT_A_PLACE:
            continue
        place = _named(typed, first, end, known, is_bare=True)
        if place is None:
            continue
        together = [word.key for word in typed.words[max(0, first - 2) : end]]
        return None if before and known.is_phrase(together) else (first, _near(place))
    return None


def _before_name(typed: Typed, at: int) -> int:
    """Return how many words there are that lead up to a name."""
    pair = " ".join(typed.keys[at : at + 2])
    return 2 if pair in _BEFORE_NAME else 1 if typed.keys[at] in _BEFORE_NAME else 0


def _named(typed: Typed, start: int, end: int, known: Known, *, is_bare: bool) -> Place | None:
    keys = typed.keys[start:end]
    if KEPT in keys or _DIRECTIONS.issuperset(keys) or not typed.ends_free(end):
        return None
    return known.find_place(typed.text(start, end), is_bare)


def _near(place: Place) -> Value:
    is_named = place.precision in {Precision.PLACE, Precision.AREA}
    return Value("where", place.key, f"near {place.name if is_named else place.key}", place)


def _radius(miles: float) -> list[Value | None]:
    within = round(min(MOST_RADIUS, max(LEAST_RADIUS, miles)), 1)
    said = "half a mile" if within == WALKING_DISTANCE else miles_in_words(within)
    return [Value("radius", f"{within:g}", f"within {said}")]


def _how_far(match: re.Match[str], _known: Known) -> list[Value | None]:
    number = match["number"]
    count = 0.5 if number.startswith("half") else 1.0 if number in {"a", "one"} else float(number)
    return _radius(count * (MILES_IN_A_KILOMETRE if match["unit"].startswith("k") else 1))


def _on_foot(match: re.Match[str], _known: Known) -> list[Value | None]:
    minutes = match.groupdict().get("minutes")
    return _radius(int(minutes) / _MINUTES_TO_A_MILE if minutes else WALKING_DISTANCE)


def _near_me(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [Value(NEAR_ME, "", "")]


_MILES = r"(?P<number>half an?|an?|one|\d{1,3}(?:\.\d{1,2})?) ?(?P<unit>miles?|km|kms|kilomet(?:re|er)s?)"
RULES = (
    (rf"(?:within|up to|less than|under|no more than) {_MILES}(?: away)?", _how_far),
    (rf"(?:(?:within|in) )?(?:an? )?{_MILES} radius", _how_far),
    (r"(?:(?:within|in) )?(?:easy )?walking distance", _on_foot),
    (r"(?:within )?(?:an? )?(?P<minutes>\d{1,2})[ -]?(?:mins?|minutes?)(?: s)?[ -]walk(?:ing distance)?", _on_foot),
    (r"near(?: to)? (?:me|us|here|my home|home|where i live)", _near_me),
    (
        r"(?:nearby|close by|near by|around (?:me|here)|round (?:me|here)|close to (?:me|home)|in my area|local to me)",
        _near_me,
    ),
)
