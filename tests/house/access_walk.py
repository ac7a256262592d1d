"""Walks every route with everybody, for each kind of object, and makes a table of what came."""

import re
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask, render_template, request
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.accounts.models import User
from portal.core import errors
from portal.core.database import Base, db
from tests.house.access_world import NOBODY, World
from tests.signing_in import session_cookie

AGAIN = ("/account/verify", "/account/second-step", "/sign-in/step")


@dataclass(frozen=True)
class Asked:
    """One line of the table: an address, a method, and whose object stands in the address ("–" when there is none)."""

    rule: str
    method: str
    whose: str


Table = dict[Asked, dict[str, str]]


def lines_of(app: Flask, world: World) -> Iterator[tuple[Rule, Asked]]:
    """Yield every line that the table has to have, ordered by address."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for whose in world.kinds_of(rule):
                yield rule, Asked(rule.rule, method, whose)


def answer_of(response: TestResponse) -> str:
    """Return in one word what an answer means for whoever asked."""
    if response.status_code == 404:
        return "404"
    if response.status_code >= 500:
        return f"fails with {response.status_code}"
    path = urlsplit(response.headers.get("Location", "")).path
    if response.status_code == 303 and path == "/sign-in":
        return "sign in"
    if response.status_code == 303 and path in AGAIN:
        return "again"
    return "yes"


class Tape:
    """Takes the database back to where it was before somebody was let in to change something."""

    def __init__(self, url: str) -> None:
        self.path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
        if self.path:
            db.engine.dispose()
            self._copy = self.path.with_suffix(".before")
            shutil.copy(self.path, self._copy)
        else:
            with db.engine.connect() as connection:
                self._rows = {
                    table: [
                        dict(row) for row in connection.execute(sa.text(f'SELECT * FROM "{table.name}"')).mappings()
                    ]
                    for table in Base.metadata.sorted_tables
                }

    def rewind(self) -> None:
        """Put every row back as it was."""
        db.session.remove()
        if self.path:
            db.engine.dispose()
            shutil.copy(self._copy, self.path)
            return
        with db.engine.begin() as connection:
            # The audit lets nobody take rows away but its owner.
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            for table in self._rows:
                connection.execute(sa.text(f'DELETE FROM "{table.name}"'))
            for table, rows in self._rows.items():
                if rows:
                    plain = sa.table(table.name, *(sa.column(name) for name in rows[0]))
                    connection.execute(sa.insert(plain), [_storable(row) for row in rows])


def _rows(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.text(f'SELECT * FROM "{table.name}"')).mappings()]


def _storable(row: dict[str, Any]) -> dict[str, Any]:
    from psycopg.types.json import Jsonb

    return {name: Jsonb(value) if isinstance(value, (dict, list)) else value for name, value in row.items()}


class Walker:
    """One person (None: a visitor) with a browser that stays signed in, with a good token, whatever it does."""

    def __init__(self, app: Flask, user_id: uuid.UUID | None, number: int) -> None:
        self.client: FlaskClient = app.test_client()
        if user_id is not None:
            with app.app_context():
                user = db.session.get(User, user_id)
                assert user is not None
            self.client.set_cookie(*session_cookie(app, user))
        page = self.client.get("/sign-in" if user_id is None else "/account/password").get_data(as_text=True)
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
        assert token is not None
        self.token = token[1]
        self.cookies = dict(self.client._cookies or {})
        self.number, self.asked = number, 0

    def ask(self, method: str, path: str) -> TestResponse:
        """Ask for an address, each time from another place; what an earlier answer changed in the browser is gone."""
        self.client._cookies = dict(self.cookies)
        self.asked += 1
        place = {"REMOTE_ADDR": f"10.{self.number}.{self.asked // 256}.{self.asked % 256}"}
        return self.client.open(path, method=method, headers={"X-CSRFToken": self.token}, environ_overrides=place)


@contextmanager
def error_pages_drawn_once() -> Iterator[None]:
    """Draw each error page once for each person: most of what is asked for is refused, with the same page."""
    drawn: dict[tuple[int, str], str] = {}

    def draw(template: str, *, status: int) -> str:
        key = status, (request.remote_addr or "").split(".")[1]
        if key not in drawn:
            drawn[key] = render_template(template, status=status)
        return drawn[key]

    with mock.patch.object(errors, "render_template", draw):
        yield


def walk(app: Flask, url: str, world: World, lines: Collection[tuple[Rule, Asked]]) -> Table:
    """Ask for the given lines as everybody, and return what came."""
    people: dict[str, uuid.UUID | None] = {NOBODY: None, **world.people}
    walkers = {name: Walker(app, who, number) for number, (name, who) in enumerate(people.items())}
    with app.app_context():
        tape = Tape(url)
    table: Table = {}
    with error_pages_drawn_once():
        for rule, asked in lines:
            row = table.setdefault(asked, {})
            for name, walker in walkers.items():
                path = world.path_of(app, rule, asked.whose, name)
                if path is None:
                    row[name] = "–"
                    continue
                response = walker.ask(asked.method, path)
                row[name] = answer_of(response)
                if asked.method != "GET" and row[name] == "yes":
                    with app.app_context():
                        tape.rewind()
    return table
