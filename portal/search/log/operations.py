"""Adding to the log of searches, and erasing what is old or must not be there."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta

from portal.core import clock
from portal.core.database import transaction
from portal.search.crisis import speaks_of_crisis
from portal.search.log.models import LoggedOpening, LoggedSearch

# Two years can be compared, with a month to do it in.
KEPT_MONTHS = 25


def add_searches(
    *,
    actor: str,  # noqa: ARG001 - nothing to audit
    searches: Sequence[Mapping[str, Any]],
    openings: Sequence[Mapping[str, Any]],
) -> None:
    """Add rows to the log, all or nothing.

    It is not audited: nobody's data and nobody's decision is touched. `actor` is the process that noticed them.
    """
    with transaction() as session:
        if searches:
            session.execute(sa.insert(LoggedSearch), [dict(row) for row in searches])
        if openings:
            session.execute(sa.insert(LoggedOpening), [dict(row) for row in openings])


def forget_old_searches(*, actor: str) -> None:  # noqa: ARG001 - nothing to audit
    """Erase what is older than 25 months, and what holds words of crisis that were put into the list since."""
    before = clock.today() - relativedelta(months=KEPT_MONTHS)
    with transaction() as session:
        for table in (LoggedSearch, LoggedOpening):
            session.execute(sa.delete(table).where(table.day < before))
            for words in session.scalars(sa.select(table.words).distinct()).all():
                if speaks_of_crisis(words):
                    session.execute(sa.delete(table).where(table.words == words))
