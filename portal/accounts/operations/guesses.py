"""Counting guesses at secrets, so that only a few are checked."""

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from portal.accounts.models import Guess
from portal.core import clock
from portal.core.database import transaction

# Five minutes, and ten seconds more: a check may begin that much later than it was counted.
WINDOW = dt.timedelta(minutes=5, seconds=10)
# The number of the advisory lock under which PostgreSQL counts; SQLite takes its one write lock.
_LOCK = 0x6775_6573_73


def count_guess(
    *,
    buckets: Mapping[str, int],
    actor: str,  # noqa: ARG001 - not audited here: what the guess was for is
) -> dt.timedelta | None:
    """Count one guess in all its buckets, or in none. Returns None when it may be checked, else how long to wait.

    `buckets` says how many each may hold within five minutes. Counting happens under a lock, so that two server
    processes together let no more through. A guess that is refused is not counted: it keeps nobody out for longer.
    """
    with transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        now = clock.now()
        waits = []
        for bucket, most in buckets.items():
            newest = session.scalars(
                sa.select(Guess.guessed_at)
                .where(Guess.bucket == bucket, Guess.guessed_at >= now - WINDOW)
                .order_by(Guess.guessed_at.desc())
                .limit(most)
            ).all()
            if len(newest) >= most:
                waits.append(newest[-1] + WINDOW - now)
        if waits:
            return max(waits)
        session.add_all(Guess(bucket=bucket, guessed_at=now) for bucket in buckets)
    return None


def purge_guesses(*, actor: str) -> int:  # noqa: ARG001 - what runs out by itself is not audited
    """Remove guesses that no longer count, and return how many rows that were."""
    with transaction() as session:
        found = session.execute(sa.delete(Guess).where(Guess.guessed_at < clock.now() - WINDOW))
    return int(found.rowcount)  # type: ignore[attr-defined]
