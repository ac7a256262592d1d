"""Which areas cover the places of one question and of those that are asked on its behalf."""

import uuid

from portal.geo.place import Place
from portal.geo.queries import areas_covering


class Coverings:
    """The areas around places, each looked for once."""

    def __init__(self) -> None:
        self._known: dict[tuple[float, float], frozenset[uuid.UUID]] = {}

    def of(self, place: Place | None) -> frozenset[uuid.UUID]:
        """Return the ids of the areas that cover a place, none without a place. Needs an application context."""
        if place is None:
            return frozenset()
        here = place.latitude, place.longitude
        if here not in self._known:
            self._known[here] = frozenset(areas_covering(*here))
        return self._known[here]
