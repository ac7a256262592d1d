"""What a group does in one press: places, one session, away until a day, and back by itself."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from portal.core.database import transaction
from portal.core.editing import RefusedChangeError
from portal.directory.models import Capacity, Service, ServiceStatus
from portal.directory.queries import find_service
from portal.listings.content import content_of
from portal.listings.models import Listing, Shown
from portal.listings.operations import places
from portal.listings.return_jobs import bring_back_due
from portal.search.service_words import closed_mark
from tests.accounts.reading import acts, find
from tests.factories.accounts import Cast
from tests.factories.listings import make_listing

MONDAY = dt.date(2026, 11, 30)


def shown(cast: Cast) -> Listing:
    with transaction():
        return make_listing(cast.group)


def test_full_in_one_press(app: Flask, cast: Cast) -> None:
    listing = shown(cast)
    for _click in range(2):
        places.set_places(listing_id=listing.id, capacity=Capacity.FULL, actor=cast.gus.actor)
    assert find(sa.select(Service.capacity).where(Service.id == listing.service_id)) is Capacity.FULL
    assert acts(listing.id).count("listing:press") == 1


def test_one_session_is_cancelled_and_no_other(app: Flask, cast: Cast) -> None:
    listing = shown(cast)
    for _click in range(2):
        saved = places.cancel_session(listing_id=listing.id, day=MONDAY, actor=cast.gus.actor)
    assert content_of(saved.content).when[0].except_on == (MONDAY,)
    service = find_service(listing.service_id)
    assert service is not None and service.schedules[0].except_on == ["2026-11-30"]
    with pytest.raises(RefusedChangeError, match="Nothing is on Tuesday 1 December"):
        places.cancel_session(listing_id=listing.id, day=dt.date(2026, 12, 1), actor=cast.gus.actor)


def test_away_until_a_day_and_back_by_itself(app: Flask, cast: Cast, clock: time_machine.Traveller) -> None:
    listing = shown(cast)
    back = dt.date(2027, 1, 4)
    places.take_away(listing_id=listing.id, return_on=back, actor=cast.gus.actor)
    service = find_service(listing.service_id)
    assert service is not None and service.status is ServiceStatus.TEMPORARILY_CLOSED
    mark = closed_mark(service)
    assert mark is not None and mark.text == "Closed until Monday 4 January"
    clock.move_to(dt.datetime(2027, 1, 3, 23, 0, tzinfo=dt.UTC))
    bring_back_due()
    places.return_due(listing_id=listing.id, actor="test")
    assert find(sa.select(Listing.shown).where(Listing.id == listing.id)) is Shown.AWAY
    clock.move_to(dt.datetime(2027, 1, 4, 0, 30, tzinfo=dt.UTC))
    bring_back_due()
    bring_back_due()
    assert find(sa.select(Listing.shown).where(Listing.id == listing.id)) is Shown.SHOWN
    assert find(sa.select(Service.closed_until).where(Service.id == listing.service_id)) is None
    assert acts(listing.id).count("listing:show") == 1


def test_away_without_a_day_is_gone_until_brought_back(app: Flask, cast: Cast) -> None:
    listing = shown(cast)
    places.take_away(listing_id=listing.id, return_on=None, actor=cast.gus.actor)
    assert find_service(listing.service_id) is None
    with pytest.raises(RefusedChangeError, match="a day to come"):
        places.take_away(listing_id=listing.id, return_on=dt.date(2026, 11, 23), actor=cast.gus.actor)
    places.bring_back(listing_id=listing.id, actor=cast.gus.actor)
    service = find_service(listing.service_id)
    assert service is not None and service.last_confirmed_on == dt.date(2026, 11, 23)
