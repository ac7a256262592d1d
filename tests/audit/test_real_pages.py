"""The real page of one user: every reading is a row, and the change of a role is noted with where it came from."""

import json
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from portal.accounts.models import BrowserSession
from portal.audit.chain import Walk
from portal.audit.keys import address_seal
from portal.audit.models import AuditEntry
from portal.audit.verifying import verify
from tests.factories.accounts import Cast
from tests.signing_in import sign_in


def readings(database: SQLAlchemy) -> list[AuditEntry]:
    statement = sa.select(AuditEntry).where(AuditEntry.act == "user:opened").order_by(AuditEntry.number)
    with Session(database.engine) as session:
        return list(session.scalars(statement))


def test_every_look_at_a_user_is_a_row(app: Flask, cast: Cast, database: SQLAlchemy, proof: Callable[..., int]) -> None:
    count = proof("looks at a real page of a user, each of which made one row", sample=60, full=1_000)
    looked_at = list(cast.everybody.values())
    database.session.remove()
    app.test_client_class = FlaskClient
    browser = sign_in(app.test_client(), cast.ada)
    for number in range(count):
        response = browser.get(f"/admin/users/{looked_at[number % len(looked_at)].id}")
        assert response.status_code == 200
    found = readings(database)
    assert [json.loads(entry.shown or "") for entry in found] == [
        [str(looked_at[number % len(looked_at)].id)] for number in range(count)
    ]
    assert {entry.actor for entry in found} == {cast.ada.actor}
    with Session(database.engine) as session:
        (session_id,) = session.scalars(sa.select(BrowserSession.id).where(BrowserSession.user_id == cast.ada.id))
    assert {entry.session for entry in found} == {str(session_id)}
    assert {address_seal().decrypt(entry.address or b"") for entry in found} == {b"127.0.0.1"}
    assert list(verify(database.engine, Walk())) == []


def test_without_the_audit_no_user_is_shown(client: FlaskClient, cast: Cast, database: SQLAlchemy) -> None:
    page_of_lena = f"/admin/users/{cast.lena.id}"
    sign_in(client, cast.ada)
    assert "Lena" in client.get(page_of_lena).text
    database.session.remove()
    with database.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE audit_entry RENAME TO elsewhere"))
    try:
        for path in (page_of_lena, "/admin/users", "/admin/users?q=lena"):
            response = client.get(path)
            assert response.status_code == 503, path
            assert "Lena" not in response.text
            assert "We could not do this safely" in response.text
            assert response.headers["Cache-Control"] == "no-store"
    finally:
        database.session.remove()
        with database.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO audit_entry"))
    assert client.get(page_of_lena).status_code == 200
