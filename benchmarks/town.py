"""Where made-up things are: centres of a town with their density, venues scattered around them, and areas."""

import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks import words
from portal.core.settings import ROOT
from portal.directory.models import LocationKind
from portal.geo.models import AreaKind

CONFIDENTIAL_SHARE = 0.015
# Neighbours are known by name only, as in a real installation that has no outline for them.
NEIGHBOURS = ("Southwark", "Greenwich", "Bromley")
_KM_PER_DEGREE = 111.2  # of latitude


@dataclass(frozen=True)
class Centre:
    """The middle of a part of town (WGS84 degrees), how far it spreads in km, and how much there is, as a weight."""

    name: str
    outcode: str
    latitude: float
    longitude: float
    spread: float
    weight: int


CENTRES = (
    Centre("Lewisham", "SE13", 51.462, -0.012, 0.6, 12), Centre("Ladywell", "SE13", 51.456, -0.020, 0.4, 4),
    Centre("Catford", "SE6", 51.445, -0.020, 0.7, 10), Centre("Deptford", "SE8", 51.478, -0.026, 0.6, 10),
    Centre("New Cross", "SE14", 51.476, -0.036, 0.6, 7), Centre("Brockley", "SE4", 51.464, -0.036, 0.6, 6),
    Centre("Evelyn", "SE8", 51.485, -0.035, 0.4, 3), Centre("Telegraph Hill", "SE14", 51.470, -0.045, 0.4, 3),
    Centre("Blackheath", "SE3", 51.466, 0.009, 0.6, 4), Centre("Lee", "SE12", 51.450, 0.012, 0.7, 5),
    Centre("Hither Green", "SE13", 51.452, -0.001, 0.5, 4), Centre("Downham", "BR1", 51.426, 0.003, 0.8, 6),
    Centre("Grove Park", "SE12", 51.431, 0.021, 0.6, 3), Centre("Bellingham", "SE6", 51.432, -0.020, 0.5, 4),
    Centre("Sydenham", "SE26", 51.428, -0.053, 0.7, 6), Centre("Forest Hill", "SE23", 51.440, -0.054, 0.6, 6),
    Centre("Honor Oak", "SE23", 51.448, -0.050, 0.5, 3), Centre("Crofton Park", "SE4", 51.455, -0.037, 0.4, 3),
    Centre("Peckham", "SE15", 51.473, -0.069, 0.8, 5), Centre("Nunhead", "SE15", 51.464, -0.056, 0.5, 2),
    Centre("Greenwich", "SE10", 51.480, -0.009, 0.7, 4), Centre("Woolwich", "SE18", 51.490, 0.065, 0.9, 3),
    Centre("Eltham", "SE9", 51.451, 0.053, 0.9, 3), Centre("Bromley", "BR1", 51.404, 0.015, 1.1, 3),
    Centre("Beckenham", "BR3", 51.409, -0.026, 0.9, 2), Centre("Penge", "SE20", 51.415, -0.055, 0.5, 2),
    Centre("Camberwell", "SE5", 51.474, -0.093, 0.7, 2), Centre("East Dulwich", "SE22", 51.458, -0.076, 0.6, 2),
)  # fmt: skip

# How likely a hall has said anything about each answer on getting in, and how likely it is yes.
ACCESS = {
    "step-free": (0.85, 0.8),
    "accessible-toilet": (0.8, 0.7),
    "lift": (0.4, 0.35),
    "blue-badge-parking": (0.5, 0.5),
    "hearing-loop": (0.5, 0.3),
    "quiet-space": (0.35, 0.5),
    "assistance-dogs": (0.4, 0.9),
    "changing-place": (0.2, 0.1),
    "near-bus-stop": (0.6, 0.9),
}


def make_id(rng: Random) -> uuid.UUID:
    """Return an id that the seed determines."""
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def draw_centre(rng: Random) -> Centre:
    """Return a centre, the busy ones more often."""
    return rng.choices(CENTRES, [centre.weight for centre in CENTRES])[0]


def scatter(rng: Random, centre: Centre) -> tuple[float, float]:
    """Return a position near a centre in degrees: dense in the middle, thinning out, one in six anywhere around it."""
    spread = centre.spread * (2.5 if rng.random() < 1 / 6 else 1.0)
    north, east = rng.gauss(0, spread), rng.gauss(0, spread)
    longitude = centre.longitude + east / (_KM_PER_DEGREE * math.cos(math.radians(centre.latitude)))
    return round(centre.latitude + north / _KM_PER_DEGREE, 5), round(longitude, 5)


def make_postcode(rng: Random, centre: Centre) -> str:
    """Return a postcode in the centre's outward code; whether it exists is chance."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    return f"{centre.outcode} {rng.randint(1, 6)}{rng.choice(letters)}{rng.choice(letters)}"


def make_street(rng: Random, rare: list[str]) -> str:
    """Return the name of a street."""
    return f"{words.draw_skewed(rng, rare)} {rng.choice(words.STREETS)}"


def make_location(rng: Random, rare: list[str]) -> dict[str, Any]:
    """Return one venue as a row of the table `location`."""
    centre = draw_centre(rng)
    latitude, longitude = scatter(rng, centre)
    street = make_street(rng, rare)
    name = rng.choice((centre.name, words.draw_skewed(rng, rare), words.draw_skewed(rng, rare)))
    getting_there = rng.choice(words.GETTING_THERE).format(bus=rng.randint(21, 484), street=street)
    return {
        "id": make_id(rng),
        "name": rng.choice(words.VENUES).format(name),
        "kind": LocationKind.PHYSICAL,
        "address_1": f"{rng.randint(1, 260)} {street}",
        "town": "London",
        "postcode": make_postcode(rng, centre),
        "latitude": latitude,
        "longitude": longitude,
        "is_confidential": rng.random() < CONFIDENTIAL_SHARE,
        "getting_there": getting_there if rng.random() < 0.5 else "",
    }


def make_access(rng: Random, location_id: uuid.UUID, terms: Mapping[str, uuid.UUID]) -> list[dict[str, Any]]:
    """Return the answers on getting in that one venue has given, as rows of `access_fact`; `terms` is slug to id."""
    said = [slug for slug, (likely, _yes) in ACCESS.items() if rng.random() < likely]
    return [
        {
            "location_id": location_id,
            "term_id": terms[slug],
            "is_there": rng.random() < ACCESS[slug][1],
            "note": "ask at the desk" if rng.random() < 0.1 else "",
            "position": position,
        }
        for position, slug in enumerate(said)
    ]


def make_areas(rng: Random) -> list[dict[str, Any]]:
    """Return the demonstration's neighbourhoods and borough, and the neighbours by name, as rows of `area`."""
    features = json.loads((ROOT / "seeds" / "areas.geojson").read_text(encoding="utf-8"))["features"]
    rows = []
    for feature in features:
        said = feature["properties"]
        common = {"slug": said["slug"], "name": said["name"], "kind": AreaKind(said["kind"]), "note": said["note"]}
        rows.append({"id": make_id(rng), **common, "outline": feature["geometry"]})
    for name in NEIGHBOURS:
        common = {"slug": name.lower(), "name": name, "kind": AreaKind.BOROUGH, "note": ""}
        rows.append({"id": make_id(rng), **common, "outline": None})
    return rows
