"""Reading the outlines of areas from GeoJSON, whoever made it."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape

from portal.core import text as texts
from portal.geo.files import GeoFileError, RefusedError
from portal.geo.models import AreaKind

# Six decimals of a degree are about ten centimetres.
DECIMALS = 6
# How the ONS names its columns: WD22NM and WD22CD for a ward, LAD22NM for its borough beside them.
_ONS_COLUMN = re.compile(r"([A-Z]{2,5})[0-9]{2}(NM|CD)")
_ONS_PREFIXES = {AreaKind.WARD: ("WD",), AreaKind.BOROUGH: ("LAD", "LTLA", "CTYUA", "UTLA", "BUA")}
_NAMES = ("name", "title", "label", "ward_name", "ward")
_CODES = ("code", "gss_code", "ward_code", "gss")


@dataclass(frozen=True)
class FoundArea:
    """One area as a file gives it, cleaned; the outline is valid GeoJSON, or None where the file has none."""

    name: str
    code: str | None
    slug: str
    kind: AreaKind
    note: str
    outline: dict[str, Any] | None


def read_features(path: Path) -> list[Any]:
    """Return the features of a GeoJSON file. Raises GeoFileError with a plain sentence when it is none."""
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise GeoFileError(f"{path} cannot be opened: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise GeoFileError(f"{path} is not GeoJSON: it is not even JSON ({type(error).__name__}).") from error
    kind = found.get("type") if isinstance(found, dict) else None
    if kind == "Feature":
        return [found]
    if kind == "FeatureCollection" and isinstance(found.get("features"), list):
        features: list[Any] = found["features"]
        return features
    raise GeoFileError(
        f"{path} is not GeoJSON of areas: it needs a Feature or a FeatureCollection, each with a name and an outline."
    )


def read_area(feature: Any, kind: AreaKind) -> FoundArea:
    """Read one feature; its own property "kind" comes before `kind`.

    Raises RefusedError when it cannot be stored, and GeoFileError when the whole file must be in other
    coordinates than longitude and latitude.
    """
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise RefusedError("properties", "there are none, so the area has no name")
    kind = _read_kind(properties, kind)
    name = _find(properties, _NAMES, "NM", kind)[:120]
    if not name:
        raise RefusedError("name", "the area has no name")
    code = _find(properties, _CODES, "CD", kind)
    if len(code) > 12:
        raise RefusedError("code", f"{code[:20]!r} is longer than 12 signs")
    return FoundArea(
        name=name,
        code=code or None,
        slug=texts.slugify(_text(properties.get("slug")) or name)[:70].strip("-"),
        kind=kind,
        note=_text(properties.get("note"))[:300],
        outline=_read_outline(feature.get("geometry"), name),
    )


def _read_kind(properties: Mapping[str, Any], default: AreaKind) -> AreaKind:
    """Return the property "kind" where it is one of ours; other makers mean other things by the word."""
    written = properties.get("kind")
    return next((kind for kind in AreaKind if kind.value == written), default)


def _find(properties: Mapping[str, Any], plain: tuple[str, ...], ending: str, kind: AreaKind) -> str:
    """Return the first filled property: by a plain name, else the ONS's column for this kind, else any of the ONS's."""
    lower = {str(key).lower(): value for key, value in properties.items()}
    ons: dict[str, Any] = {}
    for key, value in properties.items():
        match = _ONS_COLUMN.fullmatch(str(key).upper())
        if match and match[2] == ending:
            ons.setdefault(match[1], value)
    wanted = [lower.get(name) for name in plain]
    wanted += [ons[prefix] for prefix in _ONS_PREFIXES.get(kind, ()) if prefix in ons]
    wanted += ons.values()
    return next((text for value in wanted if (text := _text(value))), "")


def _text(value: Any) -> str:
    return texts.clean(str(value), limit=300) if isinstance(value, str | int) else ""


def _read_outline(geometry: Any, name: str) -> dict[str, Any] | None:
    if geometry is None:
        return None
    if not isinstance(geometry, dict) or geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        raise RefusedError("geometry", "an outline is a Polygon or a MultiPolygon, and this is neither")
    try:
        _check_positions(geometry.get("coordinates"), name)
        outline = shapely.make_valid(shapely.force_2d(shape(geometry)))
        outline = shapely.set_precision(outline, 10**-DECIMALS)
    except (ShapelyError, ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError):
        raise RefusedError("geometry", "its coordinates are not those of an outline") from None
    parts = [part for part in shapely.get_parts(shapely.get_parts(outline)) if part.geom_type == "Polygon"]
    if not parts:
        raise RefusedError("geometry", "its outline encloses nothing")
    whole = shapely.transform(parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts), _round)
    found: dict[str, Any] = json.loads(json.dumps(mapping(whole)))
    return found


def _round(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(corners, DECIMALS)


def _check_positions(coordinates: Any, name: str) -> None:
    for longitude, latitude in _positions(coordinates):
        if not (math.isfinite(longitude) and math.isfinite(latitude)):
            raise ValueError
        if abs(longitude) > 180 or abs(latitude) > 90:
            raise GeoFileError(
                f"{name} has a corner at {longitude:g}, {latitude:g}, which is no longitude and latitude in degrees. "
                "The file is probably in British National Grid: save it again as WGS 84 (EPSG:4326)."
            )


def _positions(coordinates: Any) -> Iterator[tuple[float, float]]:
    """Yield longitude and latitude of every corner of a Polygon's or MultiPolygon's coordinates."""
    if not isinstance(coordinates, list):
        raise TypeError
    if coordinates and isinstance(coordinates[0], list):
        for part in coordinates:
            yield from _positions(part)
    elif coordinates:
        yield float(coordinates[0]), float(coordinates[1])
