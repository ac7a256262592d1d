"""A listing as residents will see it: written for a moment, and taken back."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from portal.core.database import db
from portal.directory.models import Service
from portal.directory.queries import get_service
from portal.listings.models import Shown
from portal.listings.operations.drafts import locked
from portal.listings.publishing import write_rows


@contextmanager
def as_published(listing_id: uuid.UUID) -> Iterator[Service]:
    """Yield the service that publishing a listing now would make. When the block ends, nothing of it has happened.

    Raises RefusedChangeError when it cannot be published at all, NotFoundError when there is no such listing.
    """
    session = db.session()
    session.rollback()
    session.connection(execution_options={"sqlite_write": True})
    try:
        listing = locked(session, listing_id)
        listing.shown = Shown.SHOWN
        write_rows(session, listing, actor="preview")
        session.expire_all()
        yield get_service(listing.service_id)
    finally:
        session.rollback()
