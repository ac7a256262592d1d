"""Which groups are to be rung: they have a telephone only, or the messages to them reached nobody."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.core.database import db
from portal.directory.models import Organisation, Service, ServiceStatus
from portal.directory.queries import PUBLIC_STATES
from portal.listings.ageing import months_between
from portal.listings.asking import CALL, NO_WAY
from portal.listings.models import CallOutcome, FreshnessCall, Listing, Nudge, NudgeKind, Shown
from portal.listings.queries.freshness import LOST, counted_from
from portal.listings.queries.reaching import reach_of
from portal.messages.models import MessageState, OutboxMessage

_Row = tuple[Nudge, Service, MessageState | None, Shown | None]


@dataclass(frozen=True, kw_only=True)
class ToRing:
    """One listing to ring about: since when nobody confirmed it, and whether residents still see it."""

    service_id: uuid.UUID
    name: str
    counted_from: dt.date
    months: int
    is_shown: bool
    message_failed: bool


@dataclass(frozen=True, kw_only=True)
class GroupToRing:
    """One group to ring, its numbers (best first), its listings (oldest first), and the last calls, newest first."""

    organisation_id: uuid.UUID
    name: str
    phones: Sequence[str]
    listings: Sequence[ToRing]
    calls: Sequence[FreshnessCall]


def list_calls(today: dt.date) -> list[GroupToRing]:
    """Return the groups to ring today, those with the oldest listing first."""
    groups = _groups(_rows(None), today)
    return sorted(groups, key=lambda group: (group.listings[0].counted_from, group.name, str(group.organisation_id)))


def find_call(organisation_id: uuid.UUID, today: dt.date) -> GroupToRing | None:
    """Return one group if it is to be rung today, or None."""
    return next(iter(_groups(_rows(organisation_id), today)), None)


def list_recent_calls(limit: int = 20) -> list[tuple[FreshnessCall, str]]:
    """Return the last calls with the names of the groups, newest first."""
    statement = (
        sa.select(FreshnessCall, Organisation.name)
        .join(Organisation, Organisation.id == FreshnessCall.organisation_id)
        .order_by(FreshnessCall.at.desc(), FreshnessCall.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def _rows(organisation_id: uuid.UUID | None) -> Sequence[_Row]:
    """Return the nudges that nobody has answered, with the service, the message's state, and how its listing stands."""
    statement = (
        sa.select(Nudge, Service, OutboxMessage.state, Listing.shown)
        .join(Service, Service.id == Nudge.service_id)
        .join(Organisation, Organisation.id == Service.organisation_id)
        .outerjoin(OutboxMessage, OutboxMessage.id == Nudge.message_id)
        .outerjoin(Listing, Listing.service_id == Service.id)
        .where(Organisation.ended_at.is_(None), Service.status != ServiceStatus.DEFUNCT)
        .where(sa.or_(Service.last_confirmed_on.is_(None), Service.last_confirmed_on == Nudge.confirmed_on))
        .order_by(Nudge.at, Nudge.month)
    )
    if organisation_id is not None:
        statement = statement.where(Service.organisation_id == organisation_id)
    return [(row[0], row[1], row[2], row[3]) for row in db.session.execute(statement)]


def _groups(rows: Sequence[_Row], today: dt.date) -> list[GroupToRing]:
    last = {}
    for nudge, service, state, shown in rows:
        if nudge.confirmed_on == counted_from(service.last_confirmed_on, service.created_at):
            last[service.id] = (nudge, service, state in LOST, shown)
    by_group: dict[uuid.UUID, list[ToRing]] = defaultdict(list)
    for nudge, service, failed, shown in last.values():
        if (failed or nudge.way in {CALL, NO_WAY}) and _is_open(service, nudge, shown):
            by_group[service.organisation_id].append(_to_ring(service, nudge.confirmed_on, failed, today))
    calls = _calls_of(by_group)
    for group, listings in by_group.items():
        by_group[group] = sorted(
            (one for one in listings if not _rests(one, calls[group], today)), key=lambda one: one.counted_from
        )
    return _described({group: listings for group, listings in by_group.items() if listings}, calls)


def _is_open(service: Service, nudge: Nudge, shown: Shown | None) -> bool:
    """Say whether a listing is shown, or hidden for its age and for no other reason."""
    if service.status in PUBLIC_STATES:
        return True
    return nudge.kind is NudgeKind.UNPUBLISHED and shown in {None, Shown.UNPUBLISHED}


def _to_ring(service: Service, day: dt.date, failed: bool, today: dt.date) -> ToRing:
    return ToRing(
        service_id=service.id,
        name=service.name,
        counted_from=day,
        months=months_between(day, today),
        is_shown=service.status in PUBLIC_STATES,
        message_failed=failed,
    )


def _calls_of(groups: Mapping[uuid.UUID, object]) -> Mapping[uuid.UUID, list[FreshnessCall]]:
    statement = sa.select(FreshnessCall).where(FreshnessCall.organisation_id.in_(list(groups)))
    found: dict[uuid.UUID, list[FreshnessCall]] = defaultdict(list)
    for call in db.session.scalars(statement.order_by(FreshnessCall.at.desc(), FreshnessCall.id)):
        found[call.organisation_id].append(call)
    return found


def _rests(one: ToRing, calls: Sequence[FreshnessCall], today: dt.date) -> bool:
    """Say whether the last call about a listing says that it is not to be rung about (yet)."""
    last = next((call for call in calls if str(one.service_id) in call.services), None)
    if last is None:
        return False
    if last.outcome is CallOutcome.CLOSED:
        return not one.is_shown
    return last.ring_again_on is not None and last.ring_again_on > today


def _described(
    by_group: Mapping[uuid.UUID, Sequence[ToRing]], calls: Mapping[uuid.UUID, Sequence[FreshnessCall]]
) -> list[GroupToRing]:
    reach = reach_of([one.service_id for listings in by_group.values() for one in listings])
    names = {
        row.id: row.name
        for row in db.session.execute(
            sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(list(by_group)))
        )
    }
    return [
        GroupToRing(
            organisation_id=group,
            name=names[group],
            phones=list(dict.fromkeys(phone for one in listings for phone in reach[one.service_id].phones)),
            listings=listings,
            calls=calls.get(group, []),
        )
        for group, listings in by_group.items()
    ]
