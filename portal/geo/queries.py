"""Reading places, postcodes and areas."""

import difflib
import uuid

import sqlalchemy as sa

from portal.core import text as texts
from portal.core.database import db
from portal.core.web import settings
from portal.geo import gazetteer, geocoder, postcode_queries, postcodes
from portal.geo.areas import AreaIndex, KnownArea, area_index
from portal.geo.models import Area, AreaKind
from portal.geo.place import Place, Precision, UnknownPlace

LONGEST = 100
LONGEST_GUESSED = 40
# Positions that are asked for lie here: the United Kingdom with some sea (south, west, north, east).
BOUNDS = (49.0, -9.0, 61.5, 3.0)
_NUMBER_SIGNS = frozenset("0123456789.+-")
# How alike a misspelt name must be to be offered: 1 is the same (difflib's ratio). Found by trying: this lets
# "Lewishma" and "Brokly" through and keeps "Leeds" from becoming Lee.
_ALIKE = 0.78


def find_place(text: str) -> Place | UnknownPlace | None:
    """Return the place that somebody typed; UnknownPlace, with a guess if there is one; None for a blank.

    Tried in this order: a position "51.456,-0.012", a postcode or a part of one, the name of an area, the name of a
    place, then a name or a postcode within an address, and at last the geocoder if the operator named one.
    """
    asked = texts.clean(text, limit=LONGEST)
    if not asked:
        return None
    if (position := _read_position(asked)) is not None:
        return _near_you(*position)
    parsed = postcodes.parse(asked)
    areas = area_index()
    if parsed is not None:
        found: Place | UnknownPlace = postcode_queries.locate(asked, parsed, areas)
    else:
        found = _named(asked, asked, areas) or _within_address(asked, areas) or UnknownPlace(asked=asked)
    if isinstance(found, Place):
        return found
    if settings().geocoder and (place := geocoder.find(settings().geocoder, asked, BOUNDS)) is not None:
        return place
    return found if parsed is not None or found.nearest is not None else _guess(asked, areas)


def find_known_place(text: str, areas: AreaIndex, *, is_bare: bool = False) -> Place | None:
    """Return the place that a text surely names: a postcode that is known, or a name in one of its spellings.

    Nothing is guessed, and no geocoder is asked. With `is_bare` only districts and areas count, not stations, parks
    and buildings, and no area that somebody drew: what stands among other words is easily the name of something else.
    """
    parsed = postcodes.parse_exactly(text)
    if parsed is not None:
        found = postcode_queries.locate(text, parsed, areas)
        return found if isinstance(found, Place) else None
    area = areas.find(text)
    if area is not None and area.position is not None and not (is_bare and area.kind is AreaKind.DRAWN):
        return _whole_area(text, area, areas)
    spot = gazetteer.find_place(text)
    if spot is None or (is_bare and spot not in gazetteer.list_districts()):
        return None
    return _middle_of_place(text, spot)


def list_areas(kind: AreaKind | None = None) -> list[Area]:
    """Return all areas, or those of one kind, by name."""
    query = sa.select(Area).order_by(Area.name, Area.slug)
    return list(db.session.scalars(query if kind is None else query.where(Area.kind == kind)))


def find_area(slug: str) -> Area | None:
    """Return the area of that slug, or None, whatever stands in the address."""
    if slug != texts.slugify(slug):
        return None
    return db.session.scalar(sa.select(Area).where(Area.slug == slug))


def areas_covering(latitude: float, longitude: float) -> set[uuid.UUID]:
    """Return the ids of the areas whose outline holds the position (WGS84 degrees), its edge included."""
    return {area.id for area in area_index().covering(latitude, longitude)}


def ward_or_neighbourhood_of(latitude: float, longitude: float) -> str:
    """Return the name of the ward at the position, else of the neighbourhood, else ""."""
    covering = area_index().covering(latitude, longitude)
    for kind in (AreaKind.WARD, AreaKind.NEIGHBOURHOOD):
        for area in covering:
            if area.kind is kind:
                return area.name
    return ""


def _read_position(asked: str) -> tuple[float, float] | None:
    parts = [part.strip() for part in asked.split(",")]
    if len(parts) != 2 or not all(part and set(part) <= _NUMBER_SIGNS for part in parts):
        return None
    try:
        return float(parts[0]), float(parts[1])
    except ValueError:
        return None


def _near_you(latitude: float, longitude: float) -> Place | UnknownPlace:
    """Round to three decimals, about 100 metres, before anything else can see or keep the position."""
    latitude, longitude = round(latitude, 3) + 0.0, round(longitude, 3) + 0.0
    key = f"{latitude:.3f},{longitude:.3f}"
    south, west, north, east = BOUNDS
    if not (south <= latitude <= north and west <= longitude <= east):
        return UnknownPlace(asked=key)
    return Place(
        asked=key,
        key=key,
        name="where you are",
        latitude=latitude,
        longitude=longitude,
        precision=Precision.NEAR_YOU,
    )


def _named(asked: str, name: str, areas: AreaIndex) -> Place | None:
    area = areas.find(name)
    if area is not None and area.position is not None:
        return _whole_area(asked, area, areas)
    spot = gazetteer.find_place(name)
    return _middle_of_place(asked, spot) if spot else None


def _within_address(asked: str, areas: AreaIndex) -> Place | UnknownPlace | None:
    """Find "12 High Street, SE13 6LG", "Catford SE6" or "Brockley, Lewisham"."""
    if (unit := postcodes.find_at_end(asked)) is not None:
        return postcode_queries.locate(asked, unit, areas)
    before, _, last = asked.replace(",", " ").rpartition(" ")
    outcode = postcodes.parse(last) if before else None
    if outcode is not None:
        return _named(asked, before, areas) or postcode_queries.locate(asked, outcode, areas)
    parts = [part.strip() for part in asked.split(",")]
    return next((place for part in parts if part and (place := _named(asked, part, areas))), None)


def _guess(asked: str, areas: AreaIndex) -> UnknownPlace:
    """Offer the one name that looks most like what was typed, if any looks like it."""
    folded = gazetteer.fold(asked)
    if not 3 <= len(folded) <= LONGEST_GUESSED:
        return UnknownPlace(asked=asked)
    known = {name: area for name, area in areas.by_folded_name.items() if area.position is not None}
    spots = gazetteer.folded_names()
    close = difflib.get_close_matches(folded, [*known, *spots], n=1, cutoff=_ALIKE)
    if not close:
        return UnknownPlace(asked=asked)
    area = known.get(close[0])
    nearest = _whole_area(asked, area, areas) if area else _middle_of_place(asked, spots[close[0]])
    return UnknownPlace(asked=asked, nearest=nearest)


def _whole_area(asked: str, area: KnownArea, areas: AreaIndex) -> Place | None:
    if area.position is None:
        return None
    return Place(
        asked=asked,
        key=area.name if areas.find(area.name) == area else area.slug,
        name=area.name,
        latitude=area.position[0],
        longitude=area.position[1],
        precision=Precision.AREA,
        area_slug=area.slug,
    )


def _middle_of_place(asked: str, spot: gazetteer.Spot) -> Place:
    return Place(
        asked=asked,
        key=spot.name,
        name=spot.name,
        latitude=spot.latitude,
        longitude=spot.longitude,
        precision=Precision.PLACE,
    )
