"""What every test stands on: a clean database of each kind, the clock, a browser, and no way out."""

import datetime as dt
import gc
import os
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import jinja2
import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from werkzeug.routing import Rule
from werkzeug.serving import make_server

from portal import create_app
from portal.core.database import Base, db, transaction
from portal.core.migrations import bring_forward
from portal.core.settings import ROOT, Settings
from portal.search.postgres.tables import metadata as search_tables
from tests import postgres
from tests.checked_client import CheckedClient
from tests.factories.accounts import Cast, make_cast

# A Monday morning in term time, in the week that the mock-ups show.
MONDAY = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
REQUIRE = "PORTAL_TEST_REQUIRE_ALL"

# The same examples every time; `make proof` draws new ones, and more.
hypothesis.settings.register_profile("sample", derandomize=True, deadline=None, max_examples=100)
hypothesis.settings.register_profile("full", deadline=None, max_examples=5_000)
hypothesis.settings.load_profile("full" if os.environ.get("PORTAL_TEST_FULL") == "1" else "sample")


@sa.event.listens_for(sa.Engine, "connect")
def _hurry(connection: Any, _record: Any) -> None:
    """Let SQLite in this process not wait for the disk: no test outlives the machine's power."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run three tests for each two processors: a third of the time goes into waiting for servers and browsers."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector of rubbish leave alone what stays until the end, and come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _skip(what: str, install: str) -> None:
    """Skip, and say so in one line at the end; fail instead where everything has to be there."""
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(f"{what} is required here. {install}")
    pytest.skip(f"This needs {what}. {install}")


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Callable[..., int]:
    """How often a proof is tried: `proof("requests against the oracle", sample=300, full=10_000)`.

    The sample counts in `make test`, the full number in `make proof`, which prints it.
    """

    def times(what: str, *, sample: int, full: int) -> int:
        count = full if os.environ.get("PORTAL_TEST_FULL") == "1" else sample
        request.node.user_properties.append(("proof", f"{count:>8,} {what}"))
        return count

    return times


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how often each proof was tried, when all were."""
    if os.environ.get("PORTAL_TEST_FULL") != "1":
        return
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "proof" and report.when == "call":
                terminalreporter.write_line(value)


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    original = socket.socket.connect

    original_ex, look_up = socket.socket.connect_ex, socket.getaddrinfo

    def check(host: Any) -> None:
        if host not in {"127.0.0.1", "::1", "localhost", None, ""}:
            raise AssertionError(f"A test tried to reach {host}.")

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            check(address[0])
        original(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            check(address[0])
        return original_ex(self, address)

    def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        check(host)
        return look_up(host, *rest, **named)

    socket.socket.connect = connect  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = getaddrinfo
    yield
    socket.socket.connect = original  # type: ignore[method-assign]
    socket.socket.connect_ex = original_ex  # type: ignore[method-assign]
    socket.getaddrinfo = look_up


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """The present: Monday 23 November 2026, nine in the morning in London. Move it with `clock.move_to`."""
    with time_machine.travel(MONDAY, tick=True) as traveller:
        yield traveller


@pytest.fixture
def no_collecting() -> Iterator[None]:
    """Keep the collector of rubbish away from a test that watches time: it tidies up after all the tests before."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every migration applied, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "portal.sqlite3"
    _migrate(f"sqlite:///{path}", tmp_path_factory.mktemp("index"))
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL database with every migration applied."""
    given = os.environ.get("PORTAL_TEST_POSTGRES_URL")
    programs = postgres.find_programs()
    if given:
        yield given
    elif programs is None:
        _skip("PostgreSQL", postgres.INSTALL)
    else:
        with postgres.serve(programs) as url:
            yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    _migrate(postgres_server, tmp_path_factory.mktemp("index"))
    return postgres_server


def _migrate(url: str, index: Path) -> None:
    app = create_app(Settings(database_url=url, search_index=index))
    with app.app_context():
        bring_forward()
        db.engine.dispose()
    app.extensions["search"].close()


def _empty(connection: sa.Connection) -> None:
    """Take every row out of a PostgreSQL database, as its owner. Most tables are empty; truncating all takes long."""
    names = [f'"{table.name}"' for table in Base.metadata.sorted_tables]
    names += [table.fullname for table in search_tables.sorted_tables]
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)
    filled = connection.execute(sa.text(asked)).scalars().all()
    # The audit refuses to be emptied, and foreign keys want an order; neither holds for a replica.
    connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
    for name in filled:
        connection.execute(sa.text(f"DELETE FROM {name}"))
    sequences = "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences"
    connection.execute(sa.text(sequences))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a clean, migrated database; every test that asks runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "portal.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("migrated_postgres")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        _empty(connection)
    engine.dispose()
    return url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The settings of the test's site."""
    return Settings(
        database_url=database_url,
        search_index=tmp_path / "search_index",
        secret_key="for-tests-only",
        mail_url=f"folder:{tmp_path / 'mail'}",
    )


class _CompiledTemplates(jinja2.BytecodeCache):
    """Templates that one site has compiled, for all the others; each test has a site of its own."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Fill in what is known."""
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Remember what was compiled."""
        self.known[bucket.key] = bucket.bytecode_to_string()


COMPILED = _CompiledTemplates()
_compile_rule = Rule.compile
_compiled_rules: dict[object, tuple[Any, ...]] = {}


def _compile_rule_once(rule: Rule) -> None:
    """Take what an earlier site has compiled of a route: that is most of a start."""
    key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults))
    if key not in _compiled_rules:
        _compile_rule(rule)
        builders = rule._build.__func__, rule._build_unknown.__func__  # type: ignore[attr-defined]
        _compiled_rules[key] = rule._parts, rule._trace, rule._converters, rule.arguments, builders
        return
    rule._parts, rule._trace, rule._converters, rule.arguments, (build, build_unknown) = _compiled_rules[key]
    rule._build, rule._build_unknown = build.__get__(rule, None), build_unknown.__get__(rule, None)


Rule.compile = _compile_rule_once  # type: ignore[method-assign, assignment]


# The first engine of each kind lends its compiled statements to those of all later sites; they differ in the file only.
_LENT: dict[str, tuple[Any, Any]] = {}
_make_engine = SQLAlchemy._make_engine


def _make_engine_that_borrows(extension: SQLAlchemy, *arguments: Any) -> sa.Engine:
    """Let a new engine use the statements that earlier ones have compiled: that is half of a short test."""
    engine = _make_engine(extension, *arguments)
    if engine.dialect.name in _LENT:
        dialect, engine._compiled_cache = _LENT[engine.dialect.name]
        engine.dialect = engine.pool._dialect = dialect
    return engine


@pytest.fixture
def own_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a test that changes how columns are stored away from what others have compiled. Comes before `app`."""
    monkeypatch.setattr("tests.conftest._LENT", {})


SQLAlchemy._make_engine = _make_engine_that_borrows  # type: ignore[method-assign, assignment]


@pytest.fixture(autouse=True)
def quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with the least memory and one pass; a test that asks for `real_hashes` gets the site's own cost."""
    if "real_hashes" not in request.fixturenames:
        least = {"argon2__type": "ID", "argon2__memory_cost": 64, "argon2__time_cost": 1, "argon2__parallelism": 1}
        monkeypatch.setattr("portal.accounts.security.ARGON2", least)


@pytest.fixture
def real_hashes() -> None:
    """Hash as the site does."""


@pytest.fixture
def app(settings: Settings, tmp_path: Path) -> Iterator[Flask]:
    """A site over a clean database, whose test client checks every page. Jobs wait for `jobs.settle()`."""
    app = create_app(settings)
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        if db.engine.dialect.name not in _LENT:
            db.engine.connect().close()
            _LENT[db.engine.dialect.name] = (db.engine.dialect, db.engine._compiled_cache)
    app.testing = True
    app.test_client_class = CheckedClient
    app.extensions["jobs"].file = tmp_path / "jobs.sqlite3"
    app.extensions["jobs"].promptly.hold()
    app.extensions["search_log"].hold()
    yield app
    app.extensions["figures"].forget()
    app.extensions["search_log"].forget()
    app.extensions["search_log"].close()
    app.extensions["jobs"].close()
    app.extensions["search"].close()
    with app.app_context():
        assert not db.session.new and not db.session.dirty, "The test left changes that nobody committed."
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def database(app: Flask) -> Iterator[SQLAlchemy]:
    """The database within an application context."""
    with app.app_context():
        yield db


@pytest.fixture
def cast(database: SQLAlchemy) -> Cast:
    """The standing cast, stored: Ada the administrator, Lena the link worker, and so on."""
    with transaction():
        return make_cast()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without script, which checks that every page is valid."""
    return app.test_client()


@pytest.fixture
def live_url(app: Flask) -> Iterator[str]:
    """The address of the site on a real server, in a thread of this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


def _shared(*parts: str) -> Path:
    base = Path(os.environ.get("PORTAL_TEST_DATA") or ROOT.parent / "shared")
    path = base.joinpath(*parts)
    if not path.exists():
        _skip("the real data", "Set PORTAL_TEST_DATA to the folder that holds data/ and oruk/.")
    return path


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real postcodes, wards and libraries."""
    return _shared("data")


@pytest.fixture(scope="session")
def real_oruk() -> Path:
    """The folder of the Open Referral UK contract."""
    return _shared("oruk")
