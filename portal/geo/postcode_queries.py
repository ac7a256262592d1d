"""Where a postcode, a sector or an outward code lies: from what was imported, else from the gazetteer."""

import sqlalchemy as sa

from portal.core.database import db
from portal.geo import gazetteer, postcodes
from portal.geo.areas import AreaIndex
from portal.geo.models import AreaKind, Postcode
from portal.geo.place import Place, Precision, UnknownPlace
from portal.geo.postcodes import Level, ParsedPostcode

Position = tuple[float, float]


def locate(asked: str, parsed: ParsedPostcode, areas: AreaIndex) -> Place | UnknownPlace:
    """Return where a postcode lies, as exactly as is known.

    A unit that is not among the imported ones of its sector does not exist: UnknownPlace, with the nearest spelling.
    Where none of its sector were imported, the sector stands for it, else the outward code.
    """
    if parsed.level is Level.UNIT:
        if (position := _find_position(parsed.code)) is not None:
            return _unit(asked, parsed, position, areas)
        if (nearest := _find_nearest_spelling(parsed)) is not None:
            known, position = nearest
            return UnknownPlace(asked=asked, nearest=_unit(asked, known, position, areas))
    place = _find_sector(asked, parsed) or _find_outcode(asked, parsed.outcode, key=parsed.code)
    if place is not None:
        return place
    swapped = _swap_last(parsed.outcode)
    return UnknownPlace(asked=asked, nearest=_find_outcode(asked, swapped, key=swapped))


def _unit(asked: str, unit: ParsedPostcode, position: Position, areas: AreaIndex) -> Place:
    locality = _locality(unit, position, areas)
    return Place(
        asked=asked,
        key=unit.code,
        name=f"{unit.code}, {locality}" if locality else unit.code,
        latitude=position[0],
        longitude=position[1],
        precision=Precision.STREET,
    )


def _locality(unit: ParsedPostcode, position: Position, areas: AreaIndex) -> str:
    """Name the ward; without wards what people call the postcode's district; else the neighbourhood."""
    names = {area.kind: area.name for area in areas.covering(*position)}
    spot = gazetteer.find_outcode(unit.outcode)
    return names.get(AreaKind.WARD) or (spot.short_name if spot else names.get(AreaKind.NEIGHBOURHOOD, ""))


def _find_sector(asked: str, parsed: ParsedPostcode) -> Place | None:
    sector = parsed.sector
    if not sector:
        return None
    spot = gazetteer.find_sector(sector)
    position = _find_position(sector)
    if position is None:
        position = (spot.latitude, spot.longitude) if spot else _middle_of_units(f"{sector}A", f"{sector}[")
    return _around(asked, sector, parsed.code, spot, position, Precision.SECTOR)


def _find_outcode(asked: str, outcode: str, *, key: str) -> Place | None:
    spot = gazetteer.find_outcode(outcode)
    position = _find_position(outcode)
    if position is None:
        position = (spot.latitude, spot.longitude) if spot else _middle_of_units(f"{outcode} 0", f"{outcode} :")
    return _around(asked, outcode, key, spot, position, Precision.OUTCODE)


def _around(
    asked: str, code: str, key: str, spot: gazetteer.Spot | None, position: Position | None, precision: Precision
) -> Place | None:
    if position is None:
        return None
    return Place(
        asked=asked,
        key=key,
        name=f"{code} ({spot.name})" if spot else code,
        latitude=position[0],
        longitude=position[1],
        precision=precision,
    )


def _find_position(code: str) -> Position | None:
    row = db.session.execute(sa.select(Postcode.latitude, Postcode.longitude).where(Postcode.code == code)).first()
    return (row.latitude, row.longitude) if row else None


def _middle_of_units(first: str, after_last: str) -> Position | None:
    """Return the mean position of the live postcodes in a range of the key, or None when there are none.

    The bounds rest on the order of bytes: "[" follows "Z", ":" follows "9".
    """
    row = db.session.execute(
        sa.select(sa.func.avg(Postcode.latitude), sa.func.avg(Postcode.longitude)).where(
            Postcode.code >= first, Postcode.code < after_last, Postcode.is_live
        )
    ).one()
    return None if row[0] is None else (round(row[0], 5), round(row[1], 5))


def _find_nearest_spelling(unit: ParsedPostcode) -> tuple[ParsedPostcode, Position] | None:
    """Return the imported postcode of the same sector that is spelt most alike: fewest letters, then one in use.

    Those that share all but the last letter are asked for first: there are twenty at most, and in use they cannot be
    outdone by others.
    """
    for start in (unit.code[:-1], unit.sector):
        rows = db.session.execute(
            sa.select(Postcode.code, Postcode.latitude, Postcode.longitude, Postcode.is_live).where(
                Postcode.code >= f"{start}A", Postcode.code < f"{start}["
            )
        ).all()
        if any(row.is_live for row in rows) or (rows and start == unit.sector):
            code, latitude, longitude, _ = min(rows, key=lambda row: _strangeness(row.code, row.is_live, unit.code))
            return ParsedPostcode(code, Level.UNIT), (latitude, longitude)
    return None


def _strangeness(code: str, is_live: bool, wanted: str) -> tuple[int, bool, int, str]:
    far = sum(abs(ord(one) - ord(other)) for one, other in zip(code[-2:], wanted[-2:], strict=True))
    return postcodes.differences(code[-2:], wanted[-2:]), not is_live, far, code


def _swap_last(outcode: str) -> str:
    """Return "SE13" for "SE31": the commonest slip with an outward code is two digits swapped."""
    return outcode[:-2] + outcode[:-3:-1]
