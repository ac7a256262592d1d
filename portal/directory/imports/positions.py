"""Positions for venues that come with a postcode only."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.directory.models import LocationKind
from portal.directory.operations import VenueDraft
from portal.geo import gazetteer
from portal.geo.models import Postcode
from portal.geo.postcodes import ParsedPostcode, parse_exactly

Position = tuple[float, float]
EXACT, SECTOR, OUTCODE = "from the postcode", "from the sector", "from the outward code"
GIVEN, NOWHERE = "given", "none"


class Positions:
    """Looks up postcodes, one query for many: the postcode itself, else its sector, else its outward code."""

    def __init__(self, session: Session, venues: Iterable[VenueDraft]) -> None:
        parsed = [found for venue in venues if needs_position(venue) and (found := parse_exactly(venue.postcode))]
        wanted = {code for found in parsed for code in (found.code, found.sector, found.outcode) if code}
        self._known: dict[str, Position] = {}
        if wanted:
            rows = session.execute(
                sa.select(Postcode.code, Postcode.latitude, Postcode.longitude).where(Postcode.code.in_(wanted))
            )
            self._known = {code: (latitude, longitude) for code, latitude, longitude in rows}

    def place(self, venue: VenueDraft, counts: Counter[str]) -> VenueDraft:
        """Return the venue with a position, if one can be found; count how it was found."""
        if not needs_position(venue):
            counts[GIVEN] += venue.latitude is not None
            return venue
        parsed = parse_exactly(venue.postcode)
        position, how = self._find(parsed) if parsed else (None, NOWHERE)
        counts[how] += 1
        if position is None:
            return venue
        return replace(venue, latitude=position[0], longitude=position[1])

    def _find(self, parsed: ParsedPostcode) -> tuple[Position | None, str]:
        if found := self._known.get(parsed.code):
            return found, EXACT
        if found := self._known.get(parsed.sector):
            return found, SECTOR
        if spot := gazetteer.find_sector(parsed.sector):
            return (spot.latitude, spot.longitude), SECTOR
        if found := self._known.get(parsed.outcode):
            return found, OUTCODE
        if spot := gazetteer.find_outcode(parsed.outcode):
            return (spot.latitude, spot.longitude), OUTCODE
        return None, NOWHERE


def needs_position(venue: VenueDraft) -> bool:
    """Say whether a venue is a place on the ground without a position."""
    return venue.latitude is None and venue.longitude is None and venue.kind is LocationKind.PHYSICAL
