"""Reading postcodes from a table, whoever made it."""

import math
import re
from collections.abc import Mapping, Sequence

from portal.geo import postcodes
from portal.geo.files import RefusedError

# By which names the columns are known, the best first. pcd, pcd7, pcd8 and pcds are the ONS's three spellings.
_COLUMNS: Mapping[str, Sequence[str]] = {
    "postcode": ("pcds", "pcd8", "pcd7", "pcd", "postcode", "post code", "outcode", "sector"),
    "latitude": ("lat", "latitude"),
    "longitude": ("long", "longitude", "lon", "lng"),
    "ended": ("doterm", "terminated", "date of termination"),
}
# The ONS writes 99.999999 where a postcode has no position.
_NO_POSITION = 99.0
# What most rows look like, so that millions of them need no closer look. Nothing in it repeats without a bound.
_PLAIN_UNIT = re.compile(r"[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{2}")


def find_columns(header: Sequence[str]) -> dict[str, int]:
    """Return where the columns of a header in small letters stand; those that are missing are left out."""
    found = {}
    for noun, names in _COLUMNS.items():
        for name in names:
            if name in header:
                found[noun] = header.index(name)
                break
    return found


def has_positions(header: Sequence[str]) -> bool:
    """Say whether a header in small letters names a postcode and its position."""
    return {"postcode", "latitude", "longitude"} <= find_columns(header).keys()


def read_postcode(row: Sequence[str], places: Mapping[str, int]) -> dict[str, object]:
    """Return the columns of a Postcode from one row. Raises RefusedError with the column and what is wrong."""
    if len(row) <= max(places["postcode"], places["latitude"], places["longitude"]):
        raise RefusedError("", f"the row ends after {len(row)} columns")
    written = row[places["postcode"]]
    if _PLAIN_UNIT.fullmatch(written):
        code = written
    else:
        parsed = postcodes.parse_exactly(written)
        if parsed is None:
            raise RefusedError("postcode", f"{written[:20]!r} is not a UK postcode")
        code = parsed.code
    latitude = _read_degrees(row[places["latitude"]], "latitude", 90)
    longitude = _read_degrees(row[places["longitude"]], "longitude", 180)
    if latitude == 0 and longitude == 0:
        raise RefusedError("latitude", f"{code} has the position 0, 0, which is in the sea off Africa")
    ended = places.get("ended")
    is_live = ended is None or ended >= len(row) or not row[ended].strip()
    return {"code": code, "latitude": latitude, "longitude": longitude, "is_live": is_live}


def _read_degrees(written: str, column: str, most: int) -> float:
    try:
        value = float(written)
    except ValueError:
        problem = f"{written[:20]!r} is not a number" if written.strip() else "it is empty"
        raise RefusedError(column, problem) from None
    if column == "latitude" and _NO_POSITION <= value < _NO_POSITION + 1:
        raise RefusedError(column, f"{written[:20]} stands for no position")
    if not math.isfinite(value) or abs(value) > most:
        raise RefusedError(column, f"{written[:20]} is not between -{most} and {most} degrees")
    return value
