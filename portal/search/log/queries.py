"""What people look for, where little is found, and what led them on. What fewer than five searches said is not told."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db, reading
from portal.geo.areas import area_index
from portal.geo.distance import miles_between
from portal.geo.models import AreaKind
from portal.search.crisis import is_urgent, speaks_of_crisis
from portal.search.finding import known_words
from portal.search.log.models import LoggedOpening, LoggedSearch
from portal.search.log.reducing import phrases_in
from portal.search.text.synonyms import Synonyms
from portal.search.wordlists import read_synonyms

# Fewer searches for the same could be one person's.
LEAST_SEARCHES = 5
# So few services found count as little.
LITTLE = 3
GAP_DAYS, RECENT_DAYS = 90, 30
MOST_GAPS, MOST_THAT_LED = 6, 5


@dataclass(frozen=True)
class Asked:
    """What was looked for, and how many searches did: words that stand in the directory, or else a need (a slug)."""

    words: str
    need: str
    searches: int


def since_days_ago(days: int) -> dt.date:
    """Return the first of so many London days of which today is the last."""
    return clock.today() - dt.timedelta(days=days - 1)


def gaps_near(positions: Iterable[tuple[float, float]], miles: float) -> Sequence[Asked]:
    """Return what was looked for around any of some positions (WGS84 degrees) and little was found of, most first.

    Around a position are the neighbourhood and the borough that it lies in, and the neighbourhoods whose middle is
    within so many miles.
    """
    slugs: set[str] = set()
    areas = area_index()
    for here in positions:
        around = {
            area.slug for area in areas.covering(*here) if area.kind in {AreaKind.NEIGHBOURHOOD, AreaKind.BOROUGH}
        }
        slugs |= around | {
            area.slug
            for area in areas.areas
            if area.kind is AreaKind.NEIGHBOURHOOD and area.position and miles_between(here, area.position) <= miles
        }
    return gaps_in(slugs)


def gaps_in(areas: Collection[str]) -> Sequence[Asked]:
    """Return what was looked for in areas (slugs) in the last 90 days and little was found of, most first.

    It has to be at least five searches that found fewer than three services, and at least half of all for the same:
    otherwise other filters were too narrow, not the directory. Searches whose words were not all known do not count,
    since nobody can tell what they lacked.
    """
    if not areas:
        return []
    since = since_days_ago(GAP_DAYS)
    with_little = sa.func.sum(sa.case((LoggedSearch.found < LITTLE, 1), else_=0))
    rows = db.session.execute(
        sa.select(LoggedSearch.words, LoggedSearch.needs, sa.func.count(), with_little)
        .where(LoggedSearch.day >= since, LoggedSearch.area.in_(areas), LoggedSearch.left_out == 0)
        .where(sa.or_(LoggedSearch.words != "", LoggedSearch.needs != ""))
        .group_by(LoggedSearch.words, LoggedSearch.needs)
    ).all()
    names = _Names(row[0] for row in rows)
    everything: Counter[tuple[str, str]] = Counter()
    little: Counter[tuple[str, str]] = Counter()
    for words, needs, count, lacking in rows:
        for key in names.of(words, needs):
            everything[key] += count
            little[key] += int(lacking)
    gaps = Counter({key: count for key, count in little.items() if 2 * count >= everything[key]})
    return _told(gaps)[:MOST_GAPS]


def searches_that_led_to(service_ids: Collection[uuid.UUID], since: dt.date) -> dict[uuid.UUID, Sequence[Asked]]:
    """Return what people had looked for who then opened a service, by the service's id, most first, at most five each.

    `since` is the first London day that counts. A service that no five searches for the same led to is not there.
    """
    rows = db.session.execute(
        sa.select(LoggedOpening.service_id, LoggedOpening.words, LoggedOpening.needs, sa.func.count())
        .where(LoggedOpening.service_id.in_(service_ids), LoggedOpening.day >= since)
        .where(sa.or_(LoggedOpening.words != "", LoggedOpening.needs != ""))
        .group_by(LoggedOpening.service_id, LoggedOpening.words, LoggedOpening.needs)
    ).all()
    names = _Names(row[1] for row in rows)
    counts: dict[uuid.UUID, Counter[tuple[str, str]]] = {}
    for service_id, words, needs, count in rows:
        for key in names.of(words, needs):
            counts.setdefault(service_id, Counter())[key] += count
    found = {service_id: _told(of_it)[:MOST_THAT_LED] for service_id, of_it in counts.items()}
    return {service_id: asked for service_id, asked in found.items() if asked}


def recent_searches(limit: int) -> list[str]:
    """Return the words of searches of the last 30 days, most frequent first, slang as it was typed.

    For those who keep the list of words people use, and for nobody else: slang is never shown back.
    """
    since, times = since_days_ago(RECENT_DAYS), sa.func.count()
    found = db.session.scalars(
        sa.select(LoggedSearch.words)
        .where(LoggedSearch.day >= since, LoggedSearch.words != "")
        .group_by(LoggedSearch.words)
        .having(times >= LEAST_SEARCHES)
        .order_by(times.desc(), LoggedSearch.words)
        .limit(limit)
    )
    return [words for words in found if not speaks_of_crisis(words)]


class _Names:
    """Says under which words or needs a search is told. What only the list of words people use knows becomes needs."""

    def __init__(self, texts: Iterable[str]) -> None:
        words = {word for text in texts for word in text.split()}
        self._in_directory = known_words(words) if words else frozenset()
        self._synonyms = Synonyms({})
        if words - self._in_directory:
            with reading() as connection:
                self._synonyms = read_synonyms(connection)

    def of(self, words: str, needs: str) -> list[tuple[str, str]]:
        """Return (words, "") for words that may be shown, else ("", need) for each need that was chosen or meant.

        Of what has become a crisis since it was logged nothing is told.
        """
        if is_urgent(words, needs.split()):
            return []
        said = words.split()
        if said and self._in_directory.issuperset(said):
            return [(words, "")]
        found = dict.fromkeys(needs.split())
        for phrase, _is_listed in phrases_in(said, self._synonyms):
            meant = self._synonyms.find(phrase)
            found |= dict.fromkeys(meant.needs if meant else ())
        return [("", need) for need in found]


def _told(counts: Counter[tuple[str, str]]) -> list[Asked]:
    """Return what at least five searches said, the most frequent first."""
    told = [Asked(words, need, count) for (words, need), count in counts.items() if count >= LEAST_SEARCHES]
    return sorted(told, key=lambda one: (-one.searches, one.words, one.need))
