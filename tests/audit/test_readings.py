"""Every reading of a record is one row with all ids; what cannot be noted is not shown."""

import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask, Response
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from portal.audit import origin, readings
from portal.audit.chain import Walk
from portal.audit.errors import AuditUnavailableError
from portal.audit.keys import address_seal
from portal.audit.models import AuditEntry
from portal.audit.verifying import verify
from portal.core.access import public
from portal.core.database import transaction

SECRET = "What somebody confided"


def entries(database: SQLAlchemy) -> list[AuditEntry]:
    with Session(database.engine) as session:
        return list(session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)))


@pytest.fixture
def probed(app: Flask) -> Flask:
    """The site with pages that show records; who asks is said by a header, as `accounts` says it elsewhere."""

    @app.before_request
    def _who() -> None:
        origin.set_origin("192.0.2.9", "session-9", actor=f"user:{uuid.UUID(int=9)}")

    @app.get("/probe/<uuid:one>")
    @public
    def probe_one(one: uuid.UUID) -> str:
        readings.shown("person", [one])
        return SECRET

    @app.get("/probe/search/<int:count>")
    @public
    def probe_search(count: int) -> str:
        readings.shown("person", [uuid.UUID(int=number) for number in range(count, 0, -1)], how="searched")
        readings.shown("person", [uuid.UUID(int=1)])
        readings.shown("person", [uuid.UUID(int=2), uuid.UUID(int=1)])
        return SECRET

    @app.get("/probe/broken")
    @public
    def probe_broken() -> str:
        readings.shown("person", [uuid.UUID(int=1)])
        raise RuntimeError("after the reading")

    @app.get("/probe/export")
    @public
    def probe_export() -> Response:
        readings.shown("person", [uuid.UUID(int=1), uuid.UUID(int=2)], how="exported")

        def lines() -> Iterator[str]:
            yield SECRET
            app.extensions["noted before the second line"] = True
            yield SECRET

        return Response(lines(), mimetype="text/csv")

    @app.get("/probe/late")
    @public
    def probe_late() -> Response:
        def lines() -> Iterator[str]:
            yield "a head line\n"
            with app.app_context():
                readings.shown("person", [uuid.UUID(int=3)], how="exported")
            yield SECRET

        return Response(lines(), mimetype="text/csv")

    return app


@pytest.fixture
def browser(probed: Flask, database: SQLAlchemy) -> FlaskClient:
    probed.test_client_class = FlaskClient
    return probed.test_client()


def test_every_reading_is_a_row(browser: FlaskClient, database: SQLAlchemy, proof: Callable[..., int]) -> None:
    count = proof("readings, each of which made one row", sample=100, full=1_000)
    ids = [uuid.uuid4() for _ in range(count)]
    for one in ids:
        assert browser.get(f"/probe/{one}").status_code == 200
    found = entries(database)
    assert len(found) == count
    assert [json.loads(entry.shown or "") for entry in found] == [[str(one)] for one in ids]
    assert {entry.act for entry in found} == {"person:opened"}
    assert {entry.actor for entry in found} == {f"user:{uuid.UUID(int=9)}"}
    assert {entry.session for entry in found} == {"session-9"}
    assert {address_seal().decrypt(entry.address or b"") for entry in found} == {b"192.0.2.9"}
    assert list(verify(database.engine, Walk())) == []


def test_a_request_is_one_row_for_each_kind_of_reading(browser: FlaskClient, database: SQLAlchemy) -> None:
    browser.get("/probe/search/3")
    searched, opened = entries(database)
    assert (searched.act, opened.act) == ("person:searched", "person:opened")
    assert json.loads(searched.shown or "") == [str(uuid.UUID(int=number)) for number in (3, 2, 1)]
    assert json.loads(opened.shown or "") == [str(uuid.UUID(int=1)), str(uuid.UUID(int=2))]


def test_a_search_that_found_nobody_is_a_row(browser: FlaskClient, database: SQLAlchemy) -> None:
    browser.get("/probe/search/0")
    assert [json.loads(entry.shown or "null") for entry in entries(database) if entry.act == "person:searched"] == [[]]


def test_a_request_that_shows_nobody_writes_nothing(browser: FlaskClient, database: SQLAlchemy) -> None:
    assert browser.get("/healthz").status_code == 200
    assert entries(database) == []


def test_an_error_after_the_reading_does_not_hide_it(probed: Flask, browser: FlaskClient, database: SQLAlchemy) -> None:
    assert browser.get("/probe/broken").status_code == 500
    assert [entry.act for entry in entries(database)] == ["person:opened"]


def test_an_export_is_noted_before_its_first_byte(probed: Flask, browser: FlaskClient, database: SQLAlchemy) -> None:
    response = browser.get("/probe/export", buffered=False)
    assert "noted before the second line" not in probed.extensions
    assert [entry.act for entry in entries(database)] == ["person:exported"]
    assert response.get_data(as_text=True) == SECRET * 2


def test_what_a_stream_shows_late_is_noted_at_once(browser: FlaskClient, database: SQLAlchemy) -> None:
    assert SECRET in browser.get("/probe/late").get_data(as_text=True)
    assert [json.loads(entry.shown or "") for entry in entries(database)] == [[str(uuid.UUID(int=3))]]


@pytest.mark.parametrize("path", [f"/probe/{uuid.UUID(int=1)}", "/probe/search/2", "/probe/export"])
def test_what_cannot_be_noted_is_not_shown(
    browser: FlaskClient, database: SQLAlchemy, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    rename = "ALTER TABLE {} RENAME TO {}"
    with database.engine.begin() as connection:
        connection.execute(sa.text(rename.format("audit_entry", "elsewhere")))
    try:
        with caplog.at_level(logging.ERROR):
            response = browser.get(path)
    finally:
        with database.engine.begin() as connection:
            connection.execute(sa.text(rename.format("elsewhere", "audit_entry")))
    assert response.status_code == 503
    assert response.mimetype == "text/html"
    page = response.get_data(as_text=True)
    assert SECRET not in page
    assert "We could not do this safely" in page
    assert "nothing was changed" in page
    assert "The audit could not be written" in caplog.text
    assert browser.get(path).status_code == 200


def test_an_act_that_cannot_be_noted_is_a_page(app: Flask, client: FlaskClient, database: SQLAlchemy) -> None:
    @app.get("/probe/act")
    @public
    def probe_act() -> str:
        raise AuditUnavailableError

    response = client.get("/probe/act")
    assert response.status_code == 503
    assert "We could not do this safely" in response.get_data(as_text=True)


def test_outside_of_a_request_it_is_written_at_once(database: SQLAlchemy) -> None:
    readings.shown("person", [uuid.UUID(int=1)], how="exported")
    (entry,) = entries(database)
    assert (entry.actor, entry.address, entry.session) == ("command", None, "")


def test_a_command_is_named(app: Flask, database: SQLAlchemy) -> None:
    @app.cli.command("look")
    def look() -> None:
        readings.shown("person", [uuid.UUID(int=1)])

    result = app.test_cli_runner().invoke(app.cli, ["look"], prog_name="portal", catch_exceptions=False)
    assert result.exit_code == 0
    assert [entry.actor for entry in entries(database)] == ["portal look"]


def test_within_an_act_it_does_not_end_the_act(database: SQLAlchemy) -> None:
    with transaction() as session:
        session.execute(
            sa.text("INSERT INTO job_run (name, count, failures, last_error, period) VALUES ('x',0,0,'',0)")
        )
        readings.shown("person", [uuid.UUID(int=1)])
        assert session.scalar(sa.text("SELECT count(*) FROM job_run")) == 1
    assert [entry.act for entry in entries(database)] == ["person:opened"]


def test_the_origin_of_one_request_is_gone_in_the_next(probed: Flask, browser: FlaskClient) -> None:
    browser.get(f"/probe/{uuid.UUID(int=1)}")
    assert origin.current_origin() == origin.Origin("", "", "command")


def test_threads_do_not_mix_what_they_show(probed: Flask, database: SQLAlchemy) -> None:
    """Six browsers at once: each row has the ids of its own request only."""
    probed.test_client_class = FlaskClient

    def browse(first: int) -> None:
        browser = probed.test_client()
        for number in range(first, first + 5):
            assert browser.get(f"/probe/{uuid.UUID(int=number)}").status_code == 200

    threads = [threading.Thread(target=browse, args=(100 * number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = sorted(uuid.UUID(json.loads(entry.shown or "")[0]).int for entry in entries(database))
    assert shown == sorted(100 * number + step for number in range(1, 7) for step in range(5))
    assert list(verify(database.engine, Walk())) == []
