"""How often a service was looked at, saved and found."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from portal.core.database import db
from portal.directory.models import Service
from portal.listings.models import Figure, Seen
from portal.search.crisis import speaks_of_crisis

# Fewer searches with the same words are not shown: they could be one person's.
LEAST_SEARCHES = 5
_MOST_WORDS = 20


@dataclass(frozen=True)
class Counts:
    """How often a service was looked at, saved to a shortlist, and reached from a search."""

    viewed: int = 0
    shortlisted: int = 0
    found: int = 0


@dataclass(frozen=True)
class ServiceFigures:
    """The figures of one service: the last 30 and 365 London days, each month of them, the newest first, and words."""

    last_30: Counts = Counts()
    last_365: Counts = Counts()
    months: Sequence[tuple[dt.date, Counts]] = ()
    words: Mapping[str, int] = field(default_factory=dict)

    @property
    def most_viewed(self) -> int:
        """The number of views in the best month."""
        return max((counts.viewed for _month, counts in self.months), default=0)


def read_figures(service_id: uuid.UUID, today: dt.date) -> ServiceFigures:
    """Return the figures of a service up to and with `today`, a London day."""
    first = today - dt.timedelta(days=364)
    of_year = (Figure.service_id == service_id, Figure.day >= first, Figure.day <= today)
    total = sa.func.sum(Figure.count)
    statement = sa.select(Figure.day, Figure.kind, total).where(*of_year).group_by(Figure.day, Figure.kind)
    rows = [(row[0], row[1], int(row[2])) for row in db.session.execute(statement)]
    month = today.replace(day=1)
    months = []
    while month >= first.replace(day=1):
        months.append((month, _sum([row for row in rows if row[0].replace(day=1) == month])))
        month = (month - dt.timedelta(days=1)).replace(day=1)
    by_words = (
        sa.select(Figure.words, total)
        .where(*of_year, Figure.kind == Seen.FOUND, Figure.words != "")
        .group_by(Figure.words)
        .having(total >= LEAST_SEARCHES)
        .order_by(total.desc(), Figure.words)
        .limit(_MOST_WORDS)
    )
    return ServiceFigures(
        last_30=_sum([row for row in rows if (today - row[0]).days < 30]),
        last_365=_sum(rows),
        months=months,
        words={row[0]: int(row[1]) for row in db.session.execute(by_words) if not speaks_of_crisis(row[0])},
    )


def read_counts(service_ids: Collection[uuid.UUID], today: dt.date) -> dict[uuid.UUID, Counts]:
    """Return the figures of several services in the last 30 London days up to and with `today`; none without any."""
    rows = db.session.execute(
        sa.select(Figure.service_id, Figure.kind, sa.func.sum(Figure.count))
        .where(Figure.service_id.in_(service_ids), Figure.day > today - dt.timedelta(days=30), Figure.day <= today)
        .group_by(Figure.service_id, Figure.kind)
    ).all()
    of: dict[uuid.UUID, list[tuple[dt.date, Seen, int]]] = {}
    for service_id, kind, count in rows:
        of.setdefault(service_id, []).append((today, kind, int(count)))
    return {service_id: _sum(found) for service_id, found in of.items()}


def find_organisation_of(service_id: uuid.UUID) -> uuid.UUID | None:
    """Return the id of the group that offers a service, or None."""
    return db.session.scalar(sa.select(Service.organisation_id).where(Service.id == service_id))


def _sum(rows: Sequence[tuple[dt.date, Seen, int]]) -> Counts:
    of = {kind: sum(count for _day, one, count in rows if one is kind) for kind in Seen}
    return Counts(viewed=of[Seen.VIEWED], shortlisted=of[Seen.SHORTLISTED], found=of[Seen.FOUND])
