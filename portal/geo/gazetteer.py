"""The embedded gazetteer: outward codes of south-east London, Lewisham's postcode sectors, names of places.

It stands in three small tables under `gazetteer/` and needs no database, so that a new site leads somewhere sensible.
"""

import csv
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("gazetteer")

# Words that people write or leave out, and words that they shorten.
_IDLE = frozenset({"the", "london", "rail", "railway", "train"})
_SPELLINGS = {
    "saint": "st", "saints": "st", "pk": "park", "rd": "road", "gdns": "gardens", "sq": "square",
    "stn": "station", "hosp": "hospital", "centre": "center",
}  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """A named position of the gazetteer, in WGS84 degrees."""

    name: str
    latitude: float
    longitude: float

    @property
    def short_name(self) -> str:
        """The first of the names: "Lewisham" of "Lewisham, Ladywell, Hither Green"."""
        return self.name.partition(",")[0]


def fold(name: str) -> str:
    """Return a name as one run of small letters and digits, so that near spellings fall together.

    Accents, apostrophes, spaces, "the" and "London" go; "Saint", "Pk" and their like are written one way:
    "St. John's" and "saint johns, London" both give "stjohns".
    """
    plain = unicodedata.normalize("NFKD", name.casefold().replace("&", " and ").replace("'", "").replace("’", ""))
    spaced = "".join(sign if sign.isalnum() else " " for sign in plain if not unicodedata.combining(sign))
    return "".join(_SPELLINGS.get(word, word) for word in spaced.split() if word not in _IDLE)


def find_outcode(code: str) -> Spot | None:
    """Return the middle of an outward code written properly ("SE13"), or None."""
    return _outcodes().get(code)


def find_sector(code: str) -> Spot | None:
    """Return the middle of a sector written properly ("SE13 6"), or None."""
    return _sectors().get(code)


def find_place(name: str) -> Spot | None:
    """Return the place of that name: exactly (case aside), else by another spelling; None when there is none."""
    return _exact_names().get(name.casefold()) or folded_names().get(fold(name))


@cache
def list_districts() -> tuple[Spot, ...]:
    """Return the places that are parts of a town, not stations or parks; the best known first."""
    return tuple(_spot(row) for row in _rows("places.csv") if row["kind"] == "area")


@cache
def folded_names() -> Mapping[str, Spot]:
    """Return the places by folded name and other spelling; a place's own name comes before another's spelling."""
    found: dict[str, Spot] = {}
    for name, spot in _names():
        found.setdefault(fold(name), spot)
    return found


@cache
def _exact_names() -> Mapping[str, Spot]:
    found: dict[str, Spot] = {}
    for name, spot in _names():
        found.setdefault(name.casefold(), spot)
    return found


@cache
def _names() -> tuple[tuple[str, Spot], ...]:
    own: list[tuple[str, Spot]] = []
    other: list[tuple[str, Spot]] = []
    for row in _rows("places.csv"):
        spot = _spot(row)
        own.append((spot.name, spot))
        other.extend((name.strip(), spot) for name in row["also"].split("|") if name.strip())
    return (*own, *other)


@cache
def _outcodes() -> Mapping[str, Spot]:
    return {row["outcode"]: _spot(row) for row in _rows("outcodes.csv")}


@cache
def _sectors() -> Mapping[str, Spot]:
    return {row["sector"]: _spot(row) for row in _rows("sectors.csv")}


def _spot(row: Mapping[str, str]) -> Spot:
    return Spot(row["name"], float(row["lat"]), float(row["lon"]))


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
