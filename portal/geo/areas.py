"""The outlines of all areas, remembered by each process and read again when the table has changed."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import shapely
import sqlalchemy as sa
from numpy.typing import NDArray
from shapely.geometry import mapping, shape

from portal.core.database import db
from portal.geo import gazetteer
from portal.geo.models import Area, AreaKind

# Which of several areas of one name is meant: the largest first.
_RANK = {AreaKind.BOROUGH: 0, AreaKind.NEIGHBOURHOOD: 1, AreaKind.WARD: 2, AreaKind.DRAWN: 3}

Fingerprint = tuple[Any, ...]


@dataclass(frozen=True)
class KnownArea:
    """An area as remembered; the position is a point well inside its outline, None for an area without one."""

    id: uuid.UUID
    slug: str
    name: str
    kind: AreaKind
    position: tuple[float, float] | None


@dataclass(frozen=True)
class BaseMap:
    """What a map without tiles shows: outlines as GeoJSON geometries, simplified, and the box around them all.

    There is not a word in it: names never reach folium. `bounds` are south, west, north, east in degrees.
    """

    boroughs: Sequence[Mapping[str, Any]]
    neighbourhoods: Sequence[Mapping[str, Any]]
    bounds: tuple[float, float, float, float] | None


class AreaIndex:
    """All areas at one moment. Ask `area_index()` for it, once for each piece of work."""

    def __init__(self, areas: Sequence[Area]) -> None:
        outlines = [shape(area.outline) if area.outline else shapely.Polygon() for area in areas]
        self._outlines: NDArray[np.object_] = np.array(outlines, dtype=object)
        shapely.prepare(self._outlines)
        self.areas = tuple(
            KnownArea(area.id, area.slug, area.name, area.kind, _middle(outline))
            for area, outline in zip(areas, outlines, strict=True)
        )

    def covering(self, latitude: float, longitude: float) -> list[KnownArea]:
        """Return the areas whose outline holds the position (WGS84 degrees), its edge included; larger kinds first."""
        if not self.areas:
            return []
        inside = shapely.covers(self._outlines, shapely.Point(longitude, latitude))
        return [self.areas[number] for number in np.flatnonzero(inside)]

    def find(self, text: str) -> KnownArea | None:
        """Return the area of that name or slug, case and near spellings aside; None when there is none."""
        return self._by_name.get(text.casefold()) or self.by_folded_name.get(gazetteer.fold(text))

    @cached_property
    def base_map(self) -> BaseMap:
        """The outlines of boroughs and neighbourhoods, drawn with as few points as look right."""
        shown = {
            kind: [
                outline
                for area, outline in zip(self.areas, self._outlines, strict=True)
                if area.kind is kind and not outline.is_empty
            ]
            for kind in (AreaKind.BOROUGH, AreaKind.NEIGHBOURHOOD)
        }
        everything = [outline for outlines in shown.values() for outline in outlines]
        west, south, east, north = shapely.total_bounds(everything) if everything else (0, 0, 0, 0)
        return BaseMap(
            boroughs=[_drawn(outline) for outline in shown[AreaKind.BOROUGH]],
            neighbourhoods=[_drawn(outline) for outline in shown[AreaKind.NEIGHBOURHOOD]],
            bounds=(float(south), float(west), float(north), float(east)) if everything else None,
        )

    @cached_property
    def by_folded_name(self) -> Mapping[str, KnownArea]:
        """The areas by folded name; of several with one name the largest kind."""
        found: dict[str, KnownArea] = {}
        for area in self.areas:
            found.setdefault(gazetteer.fold(area.name), area)
        found.pop("", None)
        return found

    @cached_property
    def _by_name(self) -> Mapping[str, KnownArea]:
        found: dict[str, KnownArea] = {}
        for area in self.areas:
            found.setdefault(area.name.casefold(), area)
        for area in self.areas:
            found.setdefault(area.slug, area)
        return found


# Asked by every page, so it is put together once.
_TABLE = Area.__table__
_FINGERPRINT = sa.select(sa.func.count(), sa.func.sum(_TABLE.c.version), sa.func.max(_TABLE.c.updated_at)).select_from(
    _TABLE
)
_remembered: WeakKeyDictionary[sa.Engine, tuple[Fingerprint, AreaIndex]] = WeakKeyDictionary()


def area_index() -> AreaIndex:
    """Return the areas as they are now.

    One small question to the database tells whether the remembered outlines are behind, whichever process changed
    them: rows counted, the sum of their version counters and the last change. All changes go through the ORM, which
    keeps both.
    """
    fingerprint = tuple(db.session.connection().execute(_FINGERPRINT).one())
    known = _remembered.get(db.engine)
    if known is None or known[0] != fingerprint:
        areas = sorted(db.session.scalars(sa.select(Area)), key=lambda area: (_RANK[area.kind], area.name, area.slug))
        known = fingerprint, AreaIndex(areas)
        _remembered[db.engine] = known
    return known[1]


def _middle(outline: Any) -> tuple[float, float] | None:
    if outline.is_empty:
        return None
    point = outline.representative_point()
    return round(point.y, 5), round(point.x, 5)


def _drawn(outline: Any) -> Mapping[str, Any]:
    """Return the outline to about ten metres, with five decimals."""
    simple = outline.simplify(0.0001)
    rounded = shapely.transform(simple, lambda corners: np.round(corners, 5))
    found: Mapping[str, Any] = json.loads(json.dumps(mapping(rounded)))
    return found
