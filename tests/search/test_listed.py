"""What pages of results keep of a service is never older than the database."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import db, transaction
from portal.directory.models import Capacity, Location, Organisation, Phone, Service, ServiceStatus
from portal.search.listed import known_listings
from tests.factories import make_location, make_organisation, make_service, weekly


@pytest.fixture
def page(client: FlaskClient, database: SQLAlchemy) -> Callable[[], str]:
    """The page of results of two services, which has been shown before."""
    group = make_organisation("Ladywell Open Table", phone="020 7946 0132")
    make_service("Chess Club", organisation=group, venues=[(make_location("Ladywell Hall"), [weekly("MO")])])
    make_service("Yarn Circle", organisation=group, venues=[(make_location("Corner House"), [weekly("TU")])])
    database.session.commit()

    def read() -> str:
        db.session.rollback()
        return client.get("/services").get_data(as_text=True)

    assert "Chess Club" in read() and "Ladywell Hall" in read()
    return read


def rename(service: Service) -> None:
    service.name = "Draughts Club"


def take_away(service: Service) -> None:
    service.status = ServiceStatus.INACTIVE


def hide(service: Service) -> None:
    service.locations[0].location.is_confidential = True


def fill(service: Service) -> None:
    service.capacity = Capacity.FULL


@pytest.mark.parametrize(
    ("change", "gone", "fresh"),
    [
        (rename, "Chess Club", "Draughts Club"),
        (take_away, "Chess Club", "Yarn Circle"),
        (hide, "Ladywell Hall", "The address is given when you ring"),
        (fill, "", "Full"),
    ],
)
def test_a_change_is_on_the_next_page(
    page: Callable[[], str], change: Callable[[Service], None], gone: str, fresh: str
) -> None:
    before = page()
    with transaction() as session:
        change(session.scalars(sa.select(Service).where(Service.name == "Chess Club")).one())
    after = page()
    assert fresh in after
    assert not gone or (gone in before and gone not in after)
    assert gone or fresh not in before


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [(Organisation, "name", "Ladywell Table"), (Phone, "number", "020 7946 0999"), (Location, "name", "Long Hall")],
)
def test_what_belongs_to_it_changes_too(page: Callable[[], str], kind: Any, column: str, value: str) -> None:
    assert value not in page()
    with transaction() as session:
        for row in session.scalars(sa.select(kind)):
            setattr(row, column, value)
    assert value in page()


def test_what_is_rolled_back_is_not_kept(page: Callable[[], str]) -> None:
    service = db.session.scalars(sa.select(Service).where(Service.name == "Chess Club")).one()
    service.name = "Never There"
    db.session.flush()
    with db.session.no_autoflush:
        known_listings().read([service.id])
    db.session.rollback()
    assert "Never There" not in page()
    assert "Chess Club" in page()


def test_what_is_kept_is_taken_from_memory(page: Callable[[], str], app: Flask) -> None:
    statements: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", hear)
    page()
    sa.event.remove(db.engine, "before_cursor_execute", hear)
    assert statements
    assert not any("FROM service " in statement or "FROM phone" in statement for statement in statements)
