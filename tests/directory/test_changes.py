"""Every change to what is shown of a service leaves a note, in the same transaction."""

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.directory import changes, queries
from portal.directory.models import AccessFact, Change, Location, Phone, Service, Taxonomy
from tests.factories import make_location, make_service, make_term, weekly


def noted(after: int) -> set[uuid.UUID]:
    return {service_id for _sequence, service_id in queries.list_changes(after)}


@pytest.fixture
def service(database: SQLAlchemy) -> Service:
    with transaction():
        service = make_service(venues=[(make_location(), [weekly("MO")])], needs=["loneliness"], phone="020 7946 0132")
    return service


def change_name(service: Service) -> None:
    service.name = "Another name"


def change_hour(service: Service) -> None:
    service.schedules[0].opens_at = dt.time(11)


def change_venue(service: Service) -> None:
    service.locations[0].location.name = "Another hall"


def change_access(service: Service) -> None:
    location = service.locations[0].location
    location.access_facts.append(AccessFact(term=make_term(Taxonomy.ACCESS, "step-free"), is_there=True))


def change_group(service: Service) -> None:
    service.organisation.name = "Another group"


def change_group_phone(service: Service) -> None:
    service.organisation.phones.append(Phone(number="020 7946 0999"))


def change_term(service: Service) -> None:
    service.terms[0].term.plain_name = "Other words"


def remove_rule(service: Service) -> None:
    service.schedules.clear()


@pytest.mark.parametrize(
    "change",
    [change_name, change_hour, change_venue, change_access, change_group, change_group_phone, change_term, remove_rule],
)
def test_a_change_is_noted(service: Service, change: Callable[[Service], None]) -> None:
    before = queries.last_change()
    with transaction() as session:
        session.add(service)
        change(service)
    assert noted(before) == {service.id}


def test_a_new_and_a_deleted_service_are_noted(service: Service) -> None:
    assert noted(0) == {service.id}
    before = queries.last_change()
    with transaction() as session:
        session.delete(session.merge(service))
    assert noted(before) == {service.id}


def test_what_is_rolled_back_leaves_no_note(service: Service, database: SQLAlchemy) -> None:
    before = queries.last_change()
    with pytest.raises(RuntimeError), transaction() as session:
        session.merge(service).name = "Never"
        session.flush()
        raise RuntimeError
    assert noted(before) == set()


def test_a_savepoint_that_is_rolled_back_hides_nothing(service: Service) -> None:
    before = queries.last_change()
    with transaction() as session:
        mine = session.merge(service)
        savepoint = session.begin_nested()
        mine.name = "Not this"
        session.flush()
        savepoint.rollback()
        mine.summary = "But this"
    assert noted(before) == {service.id}


def test_the_signal_follows_the_commit(service: Service, database: SQLAlchemy) -> None:
    heard: list[int] = []

    def hear(_sender: object) -> None:
        with sa.orm.Session(database.engine) as own:
            heard.append(own.scalar(sa.select(sa.func.max(Change.sequence))) or 0)

    with changes.changed.connected_to(hear):
        with transaction() as session:
            session.merge(service).name = "Heard"
            session.flush()
            assert heard == []
        assert heard == [queries.last_change()]
        with transaction() as session:
            session.scalar(sa.select(sa.func.count()).select_from(Change))
        assert len(heard) == 1


def test_notes_are_numbered_in_the_order_of_commits(service: Service, database: SQLAlchemy) -> None:
    with transaction() as session:
        other = make_service(name="Other")
        session.flush()
        first = queries.last_change()
    with transaction() as session:
        session.merge(service).name = "Later"
    assert noted(first) == {service.id} != {other.id}
    assert database.session.get(Location, service.locations[0].location_id) is not None
