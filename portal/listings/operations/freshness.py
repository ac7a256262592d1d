"""Asking groups whether their listings are still right, and taking off what nobody confirms."""

import datetime as dt
import secrets
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.directory import calendar
from portal.directory.models import Organisation, Service, ServiceStatus
from portal.directory.operations import set_status
from portal.listings import publishing
from portal.listings.ageing import LINK_LASTS, next_opening, sinks_on
from portal.listings.asking import NOT_WANTED, Way, choose_way
from portal.listings.freshness_words import ends_in_words, first_of, taken_off_in_words, told_in_words, what_next
from portal.listings.models import SHOWN_MOVES, FreshnessChoice, FreshnessLink, Listing, Nudge, NudgeKind, Shown
from portal.listings.queries.freshness import Aged, failed_channels, hash_of, list_due, wants_digests
from portal.listings.queries.reaching import list_moderators, reach_of
from portal.listings.watching import site_address, tell_watchers
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue
from portal.search.sending import published

WHY_UNPUBLISHED = "Nobody has confirmed it for fourteen months."
Bundles = Mapping[Way, Sequence[Aged]]


def keep_fresh(*, organisation_id: uuid.UUID, actor: str) -> None:
    """Do what is due today about the listings of one group: ask it, and take off what is too old.

    Calling it again on the same day does nothing. Whoever else does the same at this moment waits, and finds it done.
    """
    today = clock.today()
    with transaction() as session:
        group = session.get(Organisation, organisation_id, with_for_update={"of": Organisation}, populate_existing=True)
        due = list_due(today, organisation_id).get(organisation_id)
        if group is None or due is None:
            return
        if due.to_unpublish:
            _unpublish(session, group, due.to_unpublish, actor)
        if due.to_ask:
            _ask(session, group, due.to_ask, actor)


def choose_digests(*, organisation_id: uuid.UUID, wants: bool, actor: str) -> None:
    """Send a group no monthly messages any more, or send them again. What is taken off is told in either case."""
    with transaction() as session:
        chosen = session.get(FreshnessChoice, organisation_id, with_for_update=True)
        if chosen is None:
            chosen = FreshnessChoice(organisation_id=organisation_id, changed_by=actor)
            session.add(chosen)
        chosen.wants_digests, chosen.changed_at, chosen.changed_by = wants, clock.now(), actor
        act = f"freshness:{'ask' if wants else 'stop'}-digests"
        note(session, actor=actor, act=act, about="organisation", about_id=organisation_id)


def forget_links(*, actor: str) -> int:
    """Delete the links that ended a year ago, with the addresses they went to, and return how many these were."""
    with transaction() as session:
        ended = FreshnessLink.expires_at < clock.now() - LINK_LASTS * 6
        count: int = session.execute(sa.delete(FreshnessLink).where(ended)).rowcount  # type: ignore[attr-defined]
        if count:
            note(session, actor=actor, act="freshness:forget-links", after={"count": count})
    return count


def _ask(session: Session, group: Organisation, aged: Sequence[Aged], actor: str) -> None:
    names = _names(session, aged)
    wanted = wants_digests(group.id)
    for way, ones in _by_way(aged).items():
        message_id = None
        if wanted and way.channel is not None:
            token, ends = _make_link(session, group, ones, way)
            link = f"{site_address()}/confirm/{token}"
            values = {
                "group": published(group.name, "by"),
                "first": first_of([names[one.service_id] for one in ones]),
                "listings": "\n\n".join(
                    f"{names[one.service_id]}\n{what_next(one, clock.today())}" for one in ones[:40]
                ),
                "link": link,
                "stop_link": f"{link}/stop",
                "ends": ends,
            }
            message_id = _send(session, "freshness-ask", way, group, values, actor)
        for one in ones:
            kind = NudgeKind.SINKING if clock.today() >= sinks_on(one.counted_from) else NudgeKind.STILL_RIGHT
            _nudge(session, one, kind, way.name if wanted else NOT_WANTED, message_id)
        after = {"listings": len(ones), "way": way.name if wanted else NOT_WANTED}
        note(session, actor=actor, act="freshness:ask", about="organisation", about_id=group.id, after=after)


def _unpublish(session: Session, group: Organisation, aged: Sequence[Aged], actor: str) -> None:
    """Take listings off, and tell the group and the moderators of those that were not taken off before."""
    for one in aged:
        _hide(session, one, actor)
    known = sa.select(Nudge.service_id, Nudge.confirmed_on).where(
        Nudge.kind == NudgeKind.UNPUBLISHED, Nudge.service_id.in_([one.service_id for one in aged])
    )
    told = {(row.service_id, row.confirmed_on) for row in session.execute(known)}
    fresh = [one for one in aged if one.key not in told]
    if not fresh:
        return
    for one in fresh:
        tell_watchers(session, service_id=one.service_id, what="closed", actor=actor, send_after=_opening())
    names = _names(session, fresh)
    ways = _by_way(fresh)
    for way, ones in ways.items():
        message_id = None
        if way.channel is not None:
            token, ends = _make_link(session, group, ones, way)
            values = {
                "first": first_of([names[one.service_id] for one in ones]),
                "listings": taken_off_in_words(ones, names),
                "link": f"{site_address()}/confirm/{token}",
                "ends": ends,
            }
            message_id = _send(session, "freshness-unpublished", way, group, values, actor)
        for one in ones:
            _nudge(session, one, NudgeKind.UNPUBLISHED, way.name, message_id)
    _tell_moderators(session, group, taken_off_in_words(fresh, names), list(ways), actor)


def _hide(session: Session, one: Aged, actor: str) -> None:
    which = sa.select(Listing).where(Listing.service_id == one.service_id)
    listing = session.scalar(which.with_for_update(of=Listing).execution_options(populate_existing=True))
    if listing is not None and Shown.UNPUBLISHED in SHOWN_MOVES[listing.shown]:
        publishing.hide(session, listing, shown=Shown.UNPUBLISHED, actor=actor, why=WHY_UNPUBLISHED)
    else:
        set_status(session, service_id=one.service_id, status=ServiceStatus.INACTIVE, actor=actor)
    session.flush()


def _tell_moderators(session: Session, group: Organisation, listings: str, ways: Sequence[Way], actor: str) -> None:
    for moderator in list_moderators():
        values = {
            "name": moderator.name,
            "group": published(group.name, "by"),
            "listings": listings,
            "told": told_in_words(ways),
            "link": f"{site_address()}/moderation/calls",
        }
        way = Way(channel=Channel.EMAIL, address=moderator.email)
        _send(session, "freshness-unpublished-staff", way, group, values, actor, name=moderator.name)


def _by_way(aged: Sequence[Aged]) -> Bundles:
    """Return the listings by the way in which their group is reached, so that nobody gets two messages."""
    reach, failed = reach_of([one.service_id for one in aged]), failed_channels(aged)
    found: dict[Way, list[Aged]] = defaultdict(list)
    for one in aged:
        found[choose_way(reach[one.service_id], failed.get(one.service_id, ()))].append(one)
    return found


def _names(session: Session, aged: Sequence[Aged]) -> Mapping[uuid.UUID, str]:
    rows = session.execute(sa.select(Service.id, Service.name).where(Service.id.in_([one.service_id for one in aged])))
    return {row.id: published(row.name, "name") for row in rows}


def _make_link(session: Session, group: Organisation, ones: Sequence[Aged], way: Way) -> tuple[str, str]:
    """Return the secret text of a new link for these listings, and in words until when it works."""
    token, now = secrets.token_urlsafe(32), clock.now()
    link = FreshnessLink(
        token_hash=hash_of(token),
        organisation_id=group.id,
        services=[str(one.service_id) for one in ones],
        used=[],
        sent_to=way.address,
        made_at=now,
        expires_at=now + LINK_LASTS,
    )
    session.add(link)
    return token, ends_in_words(link.expires_at)


def _send(
    session: Session, wording: str, way: Way, group: Organisation, values: Mapping[str, str], actor: str, name: str = ""
) -> uuid.UUID:
    assert way.channel is not None
    message = queue(
        session,
        wording=wording,
        to=Recipient(way.channel, way.address, name or published(group.name, "by")),
        values=values,
        actor=actor,
        cause=f"organisation:{group.id}",
        send_after=_opening(),
    )
    return message.id


def _opening() -> dt.datetime:
    return next_opening(clock.now(), calendar.newest().is_bank_holiday)


def _nudge(session: Session, one: Aged, kind: NudgeKind, way: str, message_id: uuid.UUID | None) -> None:
    session.add(
        Nudge(
            service_id=one.service_id,
            confirmed_on=one.counted_from,
            month=one.months,
            kind=kind,
            way=way,
            message_id=message_id,
        )
    )
