"""Results grouped by neighbourhood: the map, for everybody who cannot use one."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.geo.areas import AreaIndex, area_index
from portal.geo.models import AreaKind
from portal.search.card import Card
from portal.search.listed import Listed
from portal.search.results import PER_PAGE, Hit

FROM_AFAR = "Online, by telephone or in your home"
ON_ASKING = "The address is given when you ring"
ELSEWHERE = "Further away"
_LAST = (ELSEWHERE, FROM_AFAR, ON_ASKING)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The cards of one neighbourhood, each with its place in the whole result, from 1."""

    name: str
    cards: list[tuple[int, Card]] = field(default_factory=list)


def by_neighbourhood(
    hits: Sequence[Hit], services: Mapping[uuid.UUID, Listed], cards: Sequence[Card], page: int = 1
) -> list[Group]:
    """Return the cards of one page grouped by neighbourhood, in the order in which each is first met.

    What has no venue, and what has one that is not told, stands at the end in groups that name no place.
    """
    areas = area_index()
    by_id = {card.id: card for card in cards}
    groups: dict[str, Group] = {}
    for rank, hit in enumerate(hits, start=(page - 1) * PER_PAGE + 1):
        if hit.service_id in by_id:
            name = _name_for(services[hit.service_id], hit, areas)
            groups.setdefault(name, Group(name=name)).cards.append((rank, by_id[hit.service_id]))
    return sorted(groups.values(), key=lambda group: _LAST.index(group.name) + 1 if group.name in _LAST else 0)


def _name_for(listed: Listed, hit: Hit, areas: AreaIndex) -> str:
    if hit.at_number is None:
        return ON_ASKING if listed.hidden else FROM_AFAR
    if hit.at_number in listed.hidden:
        return ON_ASKING
    venue = listed.venues.get(hit.at_number)
    if venue is None:
        return FROM_AFAR
    if venue.position is None:
        return ELSEWHERE
    covering = areas.covering(*venue.position)
    for kind in (AreaKind.NEIGHBOURHOOD, AreaKind.WARD, AreaKind.BOROUGH):
        for area in covering:
            if area.kind is kind:
                return area.name
    return ELSEWHERE
