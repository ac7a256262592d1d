"""How an index differs from the directory."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.core.database import db
from portal.search.index.folder import DamagedIndexError
from portal.search.postgres import keeping


@dataclass(frozen=True)
class Difference:
    """How the index differs from the directory: services that it lacks, has too much, or has in an old version."""

    missing: Sequence[uuid.UUID]
    extra: Sequence[uuid.UUID]
    stale: Sequence[uuid.UUID]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.stale)


def difference(wanted: Mapping[uuid.UUID, str], held: Mapping[uuid.UUID, str]) -> Difference:
    """Compare short prints of services as they should be with those that an index holds."""
    return Difference(
        missing=sorted(wanted.keys() - held.keys()),
        extra=sorted(held.keys() - wanted.keys()),
        stale=sorted(key for key in wanted.keys() & held.keys() if wanted[key] != held[key]),
    )


def difference_in_postgres() -> Difference:
    """Compare the directory with the tables in PostgreSQL. Raises DamagedIndexError when they were never filled."""
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        if keeping.find_progress(connection) is None:
            raise DamagedIndexError("the tables have not been filled")
        return difference(keeping.wanted_digests(connection), keeping.held_digests(connection))
