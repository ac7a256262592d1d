"""What came of ringing a group whose listings nobody confirms."""

import datetime as dt
import uuid
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Organisation, ServiceStatus
from portal.directory.operations import set_status
from portal.listings import publishing
from portal.listings.models import SHOWN_MOVES, CallOutcome, FreshnessCall, Listing, Shown
from portal.listings.operations.confirming import confirm
from portal.listings.queries.call_list import find_call
from portal.listings.watching import tell_watchers

REST = dt.timedelta(days=7)
WHY_CLOSED = "The group said on the telephone that it has closed."


def note_call(
    *,
    organisation_id: uuid.UUID,
    services: Collection[uuid.UUID],
    outcome: CallOutcome,
    spoke_with: str,
    caller: str,
    actor: str,
) -> int:
    """Note what came of a call about some listings of a group, do it, and return how many listings it was about.

    CONFIRMED confirms them, NO_ANSWER moves them by a week, CLOSED takes them off for good. `caller` is the name of
    who rang. Raises RefusedChangeError when none of them is on the call list any more.
    """
    with transaction() as session:
        session.get(Organisation, organisation_id, with_for_update={"of": Organisation}, populate_existing=True)
        entry = find_call(organisation_id, clock.today())
        chosen = [one.service_id for one in entry.listings if one.service_id in services] if entry else []
        if not chosen:
            raise RefusedChangeError("", "Somebody has done this meanwhile: none of these is on the list any more.")
        for service_id in chosen:
            if outcome is CallOutcome.CONFIRMED:
                confirm(session, service_id=service_id, by=f"by telephone: {caller}", actor=actor)
            elif outcome is CallOutcome.CLOSED:
                _close(session, service_id, actor)
        session.add(
            FreshnessCall(
                organisation_id=organisation_id,
                services=[str(service_id) for service_id in chosen],
                outcome=outcome,
                spoke_with=spoke_with,
                ring_again_on=clock.today() + REST if outcome is CallOutcome.NO_ANSWER else None,
                by=actor,
            )
        )
        after = {"outcome": outcome, "listings": len(chosen)}
        note(session, actor=actor, act="freshness:call", about="organisation", about_id=organisation_id, after=after)
    return len(chosen)


def _close(session: Session, service_id: uuid.UUID, actor: str) -> None:
    which = sa.select(Listing).where(Listing.service_id == service_id)
    listing = session.scalar(which.with_for_update(of=Listing).execution_options(populate_existing=True))
    if listing is None:
        set_status(session, service_id=service_id, status=ServiceStatus.DEFUNCT, actor=actor)
    elif Shown.UNPUBLISHED in SHOWN_MOVES[listing.shown]:
        publishing.hide(session, listing, shown=Shown.UNPUBLISHED, actor=actor, why=WHY_CLOSED)
    tell_watchers(session, service_id=service_id, what="closed", actor=actor)
