"""Making one service of two, and remembering that two are not one."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounts.queries import NotFoundError
from portal.audit.operations import note
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import MovedService, Service, ServiceStatus
from portal.directory.queries import PUBLIC_STATES
from portal.listings.models import NotTheSame, Watch
from portal.listings.operations.impartial import refuse_own_group
from portal.listings.operations.moderation import stop
from portal.listings.telling_groups import tell_group
from portal.search.sending import published


def merge_services(*, kept_id: uuid.UUID, gone_id: uuid.UUID, actor: str) -> None:
    """Keep one service in place of two: the other is shown no more, and its address leads to the one that is kept.

    Its organisation stays, its group is told, and whoever watched it watches the one that is kept. "Allow again" on
    the listing of the other undoes it, but for the watches. Raises NotFoundError when one of them is not shown,
    RefusedChangeError for a service and itself, and when the actor's own group would take the place of another.
    """
    if kept_id == gone_id:
        raise RefusedChangeError("", "These are one and the same already.")
    with transaction() as session:
        both = sa.select(Service).where(Service.id.in_((kept_id, gone_id))).order_by(Service.id)
        rows = {row.id: row for row in session.scalars(both.with_for_update(of=Service))}
        if len(rows) < 2 or any(row.status not in PUBLIC_STATES for row in rows.values()):
            raise NotFoundError(gone_id)
        kept, gone = rows[kept_id], rows[gone_id]
        if kept.organisation_id != gone.organisation_id:
            refuse_own_group(session, organisation_id=kept.organisation_id, actor=actor)
        listing = stop(session, service_id=gone_id, reason=f"It is the same as {kept.name}.", actor=actor)
        gone.status = ServiceStatus.DEFUNCT
        session.execute(sa.update(MovedService).where(MovedService.service_id == gone_id).values(service_id=kept_id))
        session.add(MovedService(old_id=gone_id, service_id=kept_id, moved_by=actor))
        _move_watches(session, gone_id, kept_id)
        note(session, actor=actor, act="service:merge", about="service", about_id=gone_id, after={"kept": str(kept_id)})
        if listing is not None:
            tell_group(
                session,
                listing,
                wording="listing-merged",
                actor=actor,
                page=f"/services/{kept_id}",
                kept=published(kept.name, "name"),
            )


def _move_watches(session: Session, gone_id: uuid.UUID, kept_id: uuid.UUID) -> None:
    """Let whoever watches the one watch the other; nobody is told twice of the same."""
    there = {watch.email_fingerprint: watch for watch in session.scalars(_watches(kept_id))}
    for watch in session.scalars(_watches(gone_id)).all():
        same = there.get(watch.email_fingerprint)
        if same is None:
            watch.service_id = kept_id
            continue
        same.confirmed_at = same.confirmed_at or watch.confirmed_at
        session.delete(watch)


def _watches(service_id: uuid.UUID) -> sa.Select[Watch]:
    return sa.select(Watch).where(Watch.service_id == service_id).order_by(Watch.asked_at, Watch.id)


def note_not_the_same(*, one_id: uuid.UUID, other_id: uuid.UUID, actor: str) -> None:
    """Remember that two services only look the same. Twice does no harm. Raises NotFoundError when one is not there."""
    first, second = sorted((one_id, other_id))
    with transaction() as session:
        rows = session.scalars(sa.select(Service.id).where(Service.id.in_((first, second))).with_for_update())
        if len(set(rows)) < 2:
            raise NotFoundError(first)
        if session.get(NotTheSame, (first, second)) is None:
            session.add(NotTheSame(first_id=first, second_id=second, said_by=actor))
            note(
                session, actor=actor, act="service:tell apart", about="service", about_id=first,
                after={"from": str(second)},
            )  # fmt: skip
