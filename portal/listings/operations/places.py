"""What a group does in one press, without writing: places, one session that is cancelled, being away, coming back.

These reach residents at once. They change the draft and what is published alike, and publish nothing else of it.
"""

import dataclasses
import datetime as dt
import uuid

from sqlalchemy.orm import Session

from portal.audit.operations import note
from portal.core import clock
from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.core.wording import day_in_words
from portal.directory.models import Capacity, Schedule, Service
from portal.directory.schedules import sessions
from portal.listings.content import Content, When, content_of, to_json
from portal.listings.drafting import rule_draft
from portal.listings.models import Listing, Shown
from portal.listings.operations.answered import drop_answered
from portal.listings.operations.drafts import locked
from portal.listings.operations.history import append_version
from portal.listings.publishing import hide, show
from portal.listings.watching import tell_watchers

# Nobody cancels a session further ahead than this; a mistyped year does.
LOOK_AHEAD = dt.timedelta(days=400)


def set_places(*, listing_id: uuid.UUID, capacity: Capacity, actor: str) -> Listing:
    """Say whether somebody new can come, and return the listing. Pressing twice changes nothing more.

    Who asked to be told hears when there are places again.
    """
    with transaction() as session:
        listing = locked(session, listing_id)
        content = content_of(listing.content)
        was = content.capacity
        if was is capacity and content.places_left is None:
            return listing
        weeks = content.waiting_weeks if capacity is Capacity.WAITING_LIST else None
        _keep(session, listing, dataclasses.replace(content, capacity=capacity, places_left=None, waiting_weeks=weeks))
        service = session.get(Service, listing.service_id)
        if service is not None:
            service.capacity, service.places_left, service.waiting_weeks = capacity, None, weeks
        _settle(session, listing, act="places", actor=actor, what={"capacity": capacity})
        opens = capacity is Capacity.PLACES and was in {Capacity.FULL, Capacity.WAITING_LIST}
        if opens and listing.shown is Shown.SHOWN:
            tell_watchers(session, service_id=listing.service_id, what="places", actor=actor)
        return listing


def cancel_session(*, listing_id: uuid.UUID, day: dt.date, actor: str) -> Listing:
    """Cancel what is on one London day and tell who asked to be told. Twice is once.

    Raises RefusedChangeError when nothing is on that day, and for a day that is over or too far ahead.
    """
    if not clock.today() <= day <= clock.today() + LOOK_AHEAD:
        raise RefusedChangeError("day", "Enter a day from today on, within about a year")
    with transaction() as session:
        listing = locked(session, listing_id)
        content = content_of(listing.content)
        when = tuple(_without(one, day) for one in content.when)
        service = session.get(Service, listing.service_id)
        rules = [rule for rule in service.schedules if _is_on(rule, day)] if service is not None else []
        if not rules and when == content.when:
            if any(day in one.except_on for one in content.when):
                return listing
            raise RefusedChangeError("day", f"Nothing is on {day_in_words(day, today=clock.today())}.")
        for rule in rules:
            rule.except_on = sorted({*rule.except_on, day.isoformat()})
        _keep(session, listing, dataclasses.replace(content, when=when))
        _settle(session, listing, act="cancelled a session", actor=actor, what={"day": day})
        if rules and listing.shown is Shown.SHOWN:
            tell_watchers(session, service_id=listing.service_id, what="cancelled", actor=actor)
        return listing


def take_away(*, listing_id: uuid.UUID, return_on: dt.date | None, actor: str) -> Listing:
    """Take a listing from residents, and return it. With a London day to come it shows as closed until then.

    Raises RefusedChangeError for a day that is not to come, or when it is not shown.
    """
    with transaction() as session:
        listing = locked(session, listing_id)
        today = clock.today()
        if return_on is not None and not today < return_on <= today + LOOK_AHEAD:
            raise RefusedChangeError("return_on", "Enter a day to come, within a year")
        if listing.shown is Shown.AWAY and listing.return_on == return_on:
            return listing
        listing.return_on = return_on
        hide(session, listing, shown=Shown.AWAY, actor=actor, why="")
        # With a day to come back its page stays, and says until when it is closed.
        what = "closed" if return_on is None else "changed"
        tell_watchers(session, service_id=listing.service_id, what=what, actor=actor)
        return listing


def bring_back(*, listing_id: uuid.UUID, actor: str) -> Listing:
    """Show a listing again, confirmed today by the group, and return it. Twice is once.

    Raises RefusedChangeError for one that was never shown, or that a moderator stopped.
    """
    with transaction() as session:
        listing = locked(session, listing_id)
        if listing.shown is Shown.SHOWN:
            return listing
        if listing.shown not in {Shown.AWAY, Shown.UNPUBLISHED}:
            raise RefusedChangeError("", "This listing is not one that you can bring back. Ring us, and we will help.")
        listing.return_on = None
        show(session, listing, actor=actor)
        service = session.get(Service, listing.service_id)
        if service is not None:
            service.last_confirmed_on, service.last_confirmed_by = clock.today(), listing.organisation.name[:120]
            drop_answered(session, service_id=service.id, actor=actor)
        return listing


def return_due(*, listing_id: uuid.UUID, actor: str) -> None:
    """Show a listing again whose day has come; one that was brought back or put off meanwhile stays as it is."""
    with transaction() as session:
        listing = locked(session, listing_id)
        if listing.shown is Shown.AWAY and listing.return_on is not None and listing.return_on <= clock.today():
            show(session, listing, actor=actor)


def _keep(session: Session, listing: Listing, content: Content) -> None:
    listing.content = to_json(content)
    session.flush()


def _settle(session: Session, listing: Listing, *, act: str, actor: str, what: dict[str, object]) -> None:
    append_version(session, listing, act=act, from_state=listing.state, actor=actor)
    note(session, actor=actor, act="listing:press", about="listing", about_id=listing.id, after=what)


def _without(when: When, day: dt.date) -> When:
    """Return a rule that leaves a day out, if it is on that day."""
    draft = rule_draft(when)
    rule = Schedule(
        starts_on=draft.starts_on, frequency=draft.frequency, interval=draft.interval, by_day=draft.by_day,
        valid_to=draft.valid_to, except_on=[one.isoformat() for one in draft.except_on],
        also_on=[one.isoformat() for one in draft.also_on], not_on_bank_holidays=draft.not_on_bank_holidays,
        term_time_only=draft.term_time_only,
    )  # fmt: skip
    return dataclasses.replace(when, except_on=tuple(sorted({*when.except_on, day}))) if _is_on(rule, day) else when


def _is_on(rule: Schedule, day: dt.date) -> bool:
    return bool(sessions(rule, day, day))
