"""What moderators have seen of a group; and what follows for introductions when that is seen, ends or expires."""

import datetime as dt
import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.core.wording import day_in_words
from portal.directory.models import Attendance, Organisation, Service
from portal.listings.content import Content, Sending, content_of
from portal.listings.models import CheckKind, Listing, OrganisationCheck
from portal.listings.operations.claim_letters import name_of_group, tell_moderators
from portal.listings.operations.history import published_content
from portal.listings.operations.impartial import refuse_own_group
from portal.listings.queries.groups import may_take_introductions
from portal.listings.watching import site_address
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue

# So many days before a check expires, group and moderators are reminded, once each.
REMINDERS = (60, 14)
MINDER = "job:checks.mind"


@dataclass(frozen=True, kw_only=True)
class SeenCheck:
    """What a moderator saw, on which London day, and until which London day it holds (None: no end)."""

    kind: CheckKind
    seen_on: dt.date
    expires_on: dt.date | None = None
    is_needed: bool = True
    note: str = ""


def note_check(*, organisation_id: uuid.UUID, seen: SeenCheck, actor: str) -> uuid.UUID:
    """Note that something of a group was seen, in place of what was noted before; return the row's id.

    Introductions come back where all that is needed is there now. Raises RefusedChangeError with what does not fit,
    and for the actor's own group.
    """
    _refuse_misfits(seen)
    with transaction() as session:
        # Whoever publishes holds the checks and adds rows that refer to the group: those need not wait for this.
        session.get_one(Organisation, organisation_id, with_for_update={"key_share": True})
        refuse_own_group(session, organisation_id=organisation_id, actor=actor)
        for older in session.scalars(_current(organisation_id).where(OrganisationCheck.kind == seen.kind)):
            older.ended_at = clock.now()
        row = OrganisationCheck(
            organisation_id=organisation_id, kind=seen.kind, is_needed=seen.is_needed, note=seen.note,
            seen_on=seen.seen_on, expires_on=seen.expires_on, seen_by=actor,
        )  # fmt: skip
        session.add(row)
        session.flush()
        _note(session, row, "check:see", actor)
        settle_introductions(session, organisation_id=organisation_id, actor=actor)
    return row.id


def end_check(*, check_id: uuid.UUID, actor: str) -> uuid.UUID:
    """End a check: what was seen holds no longer, at once. Return the group's id. Raises RefusedChangeError."""
    with transaction() as session:
        row = session.get(OrganisationCheck, check_id, with_for_update=True, populate_existing=True)
        if row is None or row.ended_at is not None:
            raise RefusedChangeError("", "This check was ended already.")
        row.ended_at = clock.now()
        session.flush()
        _note(session, row, "check:end", actor)
        settle_introductions(session, organisation_id=row.organisation_id, actor=actor)
    return row.organisation_id


def settle_introductions(session: Session, *, organisation_id: uuid.UUID, actor: str) -> int:
    """Bring the services of a group into line with its checks, in the caller's transaction; return how many changed.

    Where introductions may not be, the service is signpost only; where they may again, what the group published last
    says whether it wants them.
    """
    services = session.scalars(sa.select(Service).where(Service.organisation_id == organisation_id)).all()
    listings = session.scalars(sa.select(Listing).where(Listing.organisation_id == organisation_id))
    listing_ids = {listing.service_id: listing.id for listing in listings}
    changed = []
    for service in services:
        content = _published(session, listing_ids.get(service.id))
        visits_homes = Attendance.AT_HOME.value in service.attendance
        asked = content.sending is Sending.INTRODUCTION if content else service.takes_introductions
        wanted = asked and may_take_introductions(organisation_id, visits_homes)
        if service.takes_introductions is not wanted:
            service.takes_introductions = wanted
            changed.append(str(service.id))
    if changed:
        note(
            session,
            actor=actor,
            act="group:introductions",
            about="organisation",
            about_id=organisation_id,
            after={"services": changed},
        )
    return len(changed)


def _published(session: Session, listing_id: uuid.UUID | None) -> Content | None:
    stored = published_content(session, listing_id) if listing_id else None
    return content_of(stored) if stored is not None else None


def mind_checks(*, actor: str = MINDER) -> None:
    """Do what the day asks for: end introductions of groups whose checks have expired, and remind of those that will.

    Run often: each reminder goes out once, and a service that is right already is left alone.
    """
    today = clock.today()
    with transaction() as session:
        open_to_all = sa.select(Service.organisation_id).where(Service.takes_introductions)
        for organisation_id in sorted(set(session.scalars(open_to_all)), key=str):
            settle_introductions(session, organisation_id=organisation_id, actor=actor)
    with transaction() as session:
        soon = today + dt.timedelta(days=max(REMINDERS))
        due = sa.select(OrganisationCheck).where(
            OrganisationCheck.ended_at.is_(None),
            OrganisationCheck.is_needed,
            OrganisationCheck.expires_on >= today,
            OrganisationCheck.expires_on <= soon,
        )
        for row in session.scalars(due.order_by(OrganisationCheck.expires_on, OrganisationCheck.id).with_for_update()):
            _remind(session, row, today, actor)


def _remind(session: Session, row: OrganisationCheck, today: dt.date, actor: str) -> None:
    assert row.expires_on is not None
    left = (row.expires_on - today).days
    reached = [str(days) for days in REMINDERS if left <= days]
    done = row.reminded_for.split(",") if row.reminded_for else []
    if set(reached) <= set(done):
        return
    row.reminded_for = ",".join(reached)
    group = session.get_one(Organisation, row.organisation_id)
    if group.ended_at is not None:
        return
    on = day_in_words(row.expires_on, today=today)
    cause = f"check:{row.id}"
    if group.email:
        queue(
            session,
            wording="check-reminder",
            to=Recipient(Channel.EMAIL, group.email, name_of_group(group)),
            values={
                "group": name_of_group(group),
                "check": row.kind.value,
                "day": on,
                "link": f"{site_address()}/groups/{group.id}",
            },
            actor=actor,
            cause=cause,
        )
    what = f"What we saw of {name_of_group(group)} ends on {on}: {row.kind.value}."
    tell_moderators(session, what=what, path=f"/moderation/groups/{group.id}", cause=cause, actor=actor)


def _current(organisation_id: uuid.UUID) -> sa.Select[OrganisationCheck]:
    return sa.select(OrganisationCheck).where(
        OrganisationCheck.organisation_id == organisation_id, OrganisationCheck.ended_at.is_(None)
    )


def _refuse_misfits(seen: SeenCheck) -> None:
    if seen.seen_on > clock.today():
        raise RefusedChangeError("seen_on", "Enter a day that has been")
    if seen.expires_on is not None and seen.expires_on < clock.today():
        raise RefusedChangeError("expires_on", "This has expired already, so it does not count")
    if not seen.is_needed and not seen.note:
        raise RefusedChangeError("note", "Say why it is not needed")


def _note(session: Session, row: OrganisationCheck, act: str, actor: str) -> None:
    facts = {"check": str(row.id), "kind": row.kind.value, "expires": str(row.expires_on or "")}
    note(session, actor=actor, act=act, about="organisation", about_id=row.organisation_id, after=facts)
