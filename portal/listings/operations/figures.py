"""Adding to the figures of services, and dropping those that are old."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portal.core import clock
from portal.core.database import transaction
from portal.listings.models import Figure, Seen

# A little more than the year that groups look back on.
KEPT_FOR = dt.timedelta(days=400)


class Happened(NamedTuple):
    """What is counted: something that happened to a service on a London day; with words for searches."""

    service_id: uuid.UUID
    day: dt.date
    kind: Seen
    words: str = ""


def add_figures(*, actor: str, counts: Mapping[Happened, int]) -> None:  # noqa: ARG001 - nothing to audit
    """Add counts to what is stored, all or nothing. Several processes may do so at once.

    It is not audited: nobody's data and nobody's decision is touched. `actor` is the process that counted.
    """
    rows = [{**happened._asdict(), "count": count} for happened, count in sorted(counts.items(), key=_order)]
    with transaction() as session:
        is_postgresql = session.get_bind().dialect.name == "postgresql"
        statement = (postgresql.insert if is_postgresql else sqlite.insert)(Figure)
        raised = {"count": Figure.count + statement.excluded.count}
        keys = [Figure.service_id, Figure.day, Figure.kind, Figure.words]
        session.execute(statement.on_conflict_do_update(index_elements=keys, set_=raised), rows)


def forget_old_figures(*, actor: str) -> None:  # noqa: ARG001 - nothing to audit
    """Drop what is older than 400 days."""
    with transaction() as session:
        session.execute(sa.delete(Figure).where(Figure.day < clock.today() - KEPT_FOR))


def _order(item: tuple[Happened, int]) -> tuple[str, ...]:
    # The same order in every process, or two of them could wait for each other's rows.
    happened = item[0]
    return str(happened.service_id), happened.day.isoformat(), happened.kind.value, happened.words
