"""What is due to be asked or to be taken off, the links that were sent, and how fresh everything is."""

import dataclasses
import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.core.clock import LONDON
from portal.core.database import db
from portal.directory.models import Organisation, Service, ServiceKind
from portal.directory.queries import PUBLIC_STATES
from portal.listings.ageing import (
    ASK_FROM_MONTHS,
    NOTICE_MONTHS,
    UNPUBLISH_FROM_MONTHS,
    add_months,
    months_between,
)
from portal.listings.models import FreshnessChoice, FreshnessLink, Listing, Nudge, NudgeKind
from portal.messages.models import Channel, MessageState, OutboxMessage

# Messages that reached nobody.
LOST = (MessageState.GIVEN_UP, MessageState.BOUNCED, MessageState.REFUSED)
# SQLite takes so many values in one statement, and more than PostgreSQL likes are no use.
_AT_ONCE = 500

# The opportunity to volunteer that stands beside a listing: it is confirmed with the listing, and not asked about.
_IS_BESIDE_A_LISTING = sa.and_(
    Service.kind == ServiceKind.VOLUNTEERING,
    Service.is_kept_by_group,
    ~sa.exists().where(Listing.service_id == Service.id),
)


@dataclass(frozen=True, kw_only=True)
class Aged:
    """A service that nobody has confirmed for `months` whole London months, and the day from which they count.

    `first_asked_on` is the London day on which its group was first asked about it, None when it was not yet.
    """

    service_id: uuid.UUID
    organisation_id: uuid.UUID
    counted_from: dt.date
    months: int
    first_asked_on: dt.date | None = None

    @property
    def key(self) -> tuple[uuid.UUID, dt.date]:
        """What a nudge is noted under, with its month."""
        return self.service_id, self.counted_from


@dataclass(frozen=True, kw_only=True)
class Due:
    """What is to be done about one group today."""

    to_ask: Sequence[Aged] = ()
    to_unpublish: Sequence[Aged] = ()


def counted_from(confirmed_on: dt.date | None, created_at: dt.datetime) -> dt.date:
    """Return the London day of the last word, or that on which the listing came to us if there never was one."""
    return confirmed_on or created_at.astimezone(LONDON).date()


def hash_of(token: str) -> str:
    """Return what is kept of the secret text of a link: its SHA-256. The text has 256 random bits, so no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_link(token: str) -> FreshnessLink | None:
    """Return the link whose secret text this is, also one that is used up or has ended, or None."""
    return db.session.scalar(sa.select(FreshnessLink).where(FreshnessLink.token_hash == hash_of(token)))


def wants_digests(organisation_id: uuid.UUID) -> bool:
    """Say whether a group takes the monthly messages."""
    chosen = sa.select(FreshnessChoice.wants_digests).where(FreshnessChoice.organisation_id == organisation_id)
    return db.session.scalar(chosen) is not False


def list_aged(today: dt.date, organisation_id: uuid.UUID | None = None) -> list[Aged]:
    """Return the services that are shown and old enough to be asked about, of one group or of all, oldest first."""
    latest = add_months(today, -ASK_FROM_MONTHS) + dt.timedelta(days=3)  # a short month may end earlier
    statement = (
        sa.select(Service.id, Service.organisation_id, Service.last_confirmed_on, Service.created_at)
        .join(Organisation, Organisation.id == Service.organisation_id)
        .where(Service.status.in_(PUBLIC_STATES), Organisation.ended_at.is_(None))
        .where(sa.or_(Service.last_confirmed_on.is_(None), Service.last_confirmed_on <= latest))
        .where(~_IS_BESIDE_A_LISTING)
    )
    if organisation_id is not None:
        statement = statement.where(Service.organisation_id == organisation_id)
    aged = []
    for service_id, group, confirmed_on, created_at in db.session.execute(statement):
        day = counted_from(confirmed_on, created_at)
        months = months_between(day, today)
        if months >= ASK_FROM_MONTHS:
            aged.append(Aged(service_id=service_id, organisation_id=group, counted_from=day, months=months))
    return sorted(aged, key=lambda one: (one.counted_from, str(one.service_id)))


def list_due(today: dt.date, organisation_id: uuid.UUID | None = None) -> Mapping[uuid.UUID, Due]:
    """Return by group what is to be done today, for one group or all; groups with nothing to be done are left out."""
    by_group: dict[uuid.UUID, list[Aged]] = defaultdict(list)
    for one in list_aged(today, organisation_id):
        by_group[one.organisation_id].append(one)
    nudges, last_asked = _nudges_of(by_group)
    found = {}
    for group, without_first in by_group.items():
        aged = [_with_first_asked(one, nudges[one.key]) for one in without_first]
        to_unpublish = [one for one in aged if _is_to_be_unpublished(one, nudges[one.key], today)]
        rested = group not in last_asked or add_months(last_asked[group], 1) <= today
        going = {one.key for one in to_unpublish}
        asked = {(nudge.service_id, nudge.confirmed_on, nudge.month) for one in aged for nudge in nudges[one.key]}
        to_ask = [one for one in aged if rested and one.key not in going and (*one.key, one.months) not in asked]
        if to_ask or to_unpublish:
            found[group] = Due(to_ask=to_ask, to_unpublish=to_unpublish)
    return found


def _with_first_asked(one: Aged, nudges: Sequence[Nudge]) -> Aged:
    asked_on = [nudge.at.astimezone(LONDON).date() for nudge in nudges if nudge.kind is not NudgeKind.UNPUBLISHED]
    return dataclasses.replace(one, first_asked_on=min(asked_on, default=None))


def _is_to_be_unpublished(one: Aged, nudges: Sequence[Nudge], today: dt.date) -> bool:
    if one.months < UNPUBLISH_FROM_MONTHS:
        return False
    if any(nudge.kind is NudgeKind.UNPUBLISHED for nudge in nudges):
        return True  # an import has shown it again, and still nobody has confirmed it
    return one.first_asked_on is not None and add_months(one.first_asked_on, NOTICE_MONTHS) <= today


def _nudges_of(
    by_group: Mapping[uuid.UUID, Sequence[Aged]],
) -> tuple[Mapping[tuple[uuid.UUID, dt.date], list[Nudge]], Mapping[uuid.UUID, dt.date]]:
    """Return the nudges by service and day, and by group the London day on which it was last asked about anything."""
    nudges: dict[tuple[uuid.UUID, dt.date], list[Nudge]] = defaultdict(list)
    last_asked: dict[uuid.UUID, dt.date] = {}
    groups = sorted(by_group, key=str)
    for start in range(0, len(groups), _AT_ONCE):
        of_these = Service.organisation_id.in_(groups[start : start + _AT_ONCE])
        statement = sa.select(Nudge, Service.organisation_id).join(Service, Service.id == Nudge.service_id)
        for nudge, group in db.session.execute(statement.where(of_these)):
            nudges[nudge.service_id, nudge.confirmed_on].append(nudge)
            if nudge.kind is not NudgeKind.UNPUBLISHED:
                day = nudge.at.astimezone(LONDON).date()
                last_asked[group] = max(day, last_asked.get(group, day))
    return nudges, last_asked


def failed_channels(aged: Collection[Aged]) -> Mapping[uuid.UUID, frozenset[Channel]]:
    """Return by service the channels by which a message about its present age reached nobody."""
    wanted = {one.key for one in aged}
    statement = (
        sa.select(Nudge.service_id, Nudge.confirmed_on, OutboxMessage.channel)
        .join(OutboxMessage, OutboxMessage.id == Nudge.message_id)
        .where(Nudge.service_id.in_({one.service_id for one in aged}), OutboxMessage.state.in_(LOST))
    )
    found: dict[uuid.UUID, set[Channel]] = defaultdict(set)
    for service_id, day, channel in db.session.execute(statement):
        if (service_id, day) in wanted:
            found[service_id].add(channel)
    return {service_id: frozenset(channels) for service_id, channels in found.items()}


def was_unpublished_for_age(service: Service) -> bool:
    """Say whether a service is hidden because nobody confirmed it, and for no other reason."""
    day = counted_from(service.last_confirmed_on, service.created_at)
    return (
        db.session.scalar(
            sa.select(
                sa.exists().where(
                    Nudge.service_id == service.id, Nudge.confirmed_on == day, Nudge.kind == NudgeKind.UNPUBLISHED
                )
            )
        )
        is True
    )


def list_of_link(link: FreshnessLink) -> list[tuple[Service, Listing | None]]:
    """Return the services of a link, shown or not, each with its listing, in the order of the message."""
    ids = [uuid.UUID(one) for one in link.services]
    statement = sa.select(Service, Listing).outerjoin(Listing, Listing.service_id == Service.id)
    rows = {row[0].id: (row[0], row[1]) for row in db.session.execute(statement.where(Service.id.in_(ids)))}
    return [rows[one] for one in ids if one in rows]
