"""Who asked to be told about a service, by the links that they hold."""

import sqlalchemy as sa

from portal.core.database import db
from portal.listings.models import Watch
from portal.listings.watching import hash_of


def find_watch_to_confirm(token: str) -> Watch | None:
    """Return the watch whose link to confirm holds this secret text, confirmed or not, or None."""
    return db.session.scalar(sa.select(Watch).where(Watch.token_hash == hash_of(token)))


def find_watch_to_stop(token: str) -> Watch | None:
    """Return the watch whose link to stop holds this secret text, or None: then nobody is told any more."""
    return db.session.scalar(sa.select(Watch).where(Watch.stop_hash == hash_of(token)))
