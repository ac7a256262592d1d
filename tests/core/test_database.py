"""Column types, lost updates, and writers that wait for each other."""

import datetime as dt
import threading
import time
import uuid
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm.exc import StaleDataError

from portal.core.database import reading, transaction, wal_is_safe
from portal.directory.models import Organisation
from tests.factories import make_organisation


def test_instants_come_back_aware_and_in_utc(database: SQLAlchemy) -> None:
    summer = dt.datetime(2026, 7, 1, 10, 30, tzinfo=ZoneInfo("Europe/London"))
    with transaction():
        organisation = make_organisation(created_at=summer)
    database.session.expire_all()
    assert database.session.get_one(Organisation, organisation.id).created_at == summer
    assert organisation.created_at.tzinfo is dt.UTC and organisation.created_at.hour == 9


def test_an_instant_without_a_zone_is_refused(database: SQLAlchemy) -> None:
    with pytest.raises(sa.exc.StatementError, match="time zone"), transaction():
        make_organisation(created_at=dt.datetime(2026, 7, 1))


def test_a_lost_update_is_refused(database: SQLAlchemy) -> None:
    with transaction():
        organisation = make_organisation(name="First")
    engine = database.engine
    with sa.orm.Session(engine) as other:
        theirs = other.get_one(Organisation, organisation.id)
        theirs.name = "Theirs"
        other.commit()
    organisation.name = "Mine"
    with pytest.raises(StaleDataError):
        database.session.commit()
    database.session.rollback()


def test_an_error_rolls_back(database: SQLAlchemy) -> None:
    with pytest.raises(RuntimeError), transaction():
        make_organisation()
        raise RuntimeError
    assert database.session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 0


def test_eight_writers_wait_for_each_other(app: Flask, database: SQLAlchemy) -> None:
    failed: list[Exception] = []

    def write() -> None:
        with app.app_context():
            try:
                for _ in range(5):
                    with transaction() as session:
                        count = session.scalar(sa.select(sa.func.count()).select_from(Organisation))
                        make_organisation(name=f"Group {count}")
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert database.session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 40


def test_values_outside_an_enum_are_refused_by_the_database(database: SQLAlchemy) -> None:
    with transaction():
        organisation = make_organisation()
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.execute(sa.text("UPDATE organisation SET kind = 'cult'"))
    assert organisation.kind.value == "community group"


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 6), True),
        ((3, 44, 5), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 52, 0), True),
    ],
)
def test_wal_only_where_it_is_safe(version: tuple[int, int, int], safe: bool) -> None:
    assert wal_is_safe(version) is safe


def test_rows_belong_to_rows_that_are_there(database: SQLAlchemy) -> None:
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.execute(
            sa.text("INSERT INTO phone (id, organisation_id, number, about, position) VALUES (:id, :id, '1', '', 0)"),
            {"id": uuid.uuid4().hex},
        )


def test_who_reads_twice_does_not_wait_for_a_writer_who_waits_for_the_first(app: Flask, database: SQLAlchemy) -> None:
    """A page that has read something asks once more, while somebody is about to commit: nobody is told "locked"."""
    errors: list[BaseException] = []
    about_to_commit = threading.Event()

    def write() -> None:
        try:
            with app.app_context(), transaction() as session:
                make_organisation(name="New")
                session.flush()
                about_to_commit.set()
        except BaseException as error:
            errors.append(error)

    count = sa.select(sa.func.count()).select_from(Organisation)
    assert database.session.scalar(count) == 0
    writer = threading.Thread(target=write)
    writer.start()
    assert about_to_commit.wait(10)
    time.sleep(0.3)
    began = time.monotonic()
    with reading() as connection:
        assert connection.scalar(count) in {0, 1}
    assert time.monotonic() - began < 5
    database.session.rollback()
    writer.join(20)
    assert errors == []
    with reading() as connection:
        assert connection.scalar(count) == 1
