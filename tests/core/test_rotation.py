"""Sealing anew with the newest key, while others write: nothing lost, nothing forgotten, nothing bumped."""

import datetime as dt
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal.accounts.models import User
from portal.core import rotation
from portal.core.cli import keys as commands
from portal.core.database import Base, transaction
from portal.core.sealing import EXTENSION, Sealed, SealedJson, Seals
from portal.core.settings import ROOT, Settings
from tests.factories.accounts import make_user

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))
# Bytes that are no worry of anybody's (public keys of passkeys), or that have a key of their own (the audit).
# Pictures of listings are public, and the audit seals an address with a key of its own.
NOT_SEALED = {"passkey.credential_id", "passkey.public_key", "audit_entry.address", "listing_picture.body"}


@pytest.fixture
def use_keys(app: Flask, settings: Settings) -> Callable[..., Seals]:
    """Give the running site other keys, newest first."""

    def use(*keys: str) -> Seals:
        app.extensions[EXTENSION] = Seals(replace(settings, encryption_keys=keys))
        found: Seals = app.extensions[EXTENSION]
        return found

    return use


@pytest.fixture
def forty(database: SQLAlchemy, use_keys: Callable[..., Seals]) -> Seals:
    """Forty users, sealed with the old key; the site now has a new one before it."""
    use_keys(OLD)
    with transaction():
        for number in range(40):
            make_user(name=f"Name {number}", email=f"n{number}@example.org", mf_recovery_codes=[str(number)])
    database.session.expunge_all()
    return use_keys(NEW, OLD)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "BATCH", 7)


VALUES = 40 * 3


def test_everything_gets_the_newest_key_and_opens_without_the_old_one(
    database: SQLAlchemy, forty: Seals, use_keys: Callable[..., Seals]
) -> None:
    before = rotation.count_holdings(database.engine, forty)
    assert list(before.by_key.values()) == [0, VALUES] and before.unopened == 0
    seen: list[tuple[int, int]] = []
    report = rotation.rotate(database.engine, forty, progress=lambda done, of: seen.append((done, of)))
    assert (report.resealed, report.current, report.left, report.unopened_count) == (VALUES, VALUES, 0, 0)
    assert seen[-1] == (40, 40) and len(seen) == 6
    after = rotation.count_holdings(database.engine, use_keys(NEW))
    assert list(after.by_key.values()) == [VALUES] and after.unopened == 0
    users = database.session.scalars(sa.select(User)).all()
    assert sorted(user.name for user in users) == sorted(f"Name {number}" for number in range(40))
    assert all(user.mf_recovery_codes == [user.name.split()[1]] for user in users)


def test_to_people_nothing_has_changed(database: SQLAlchemy, forty: Seals, clock) -> None:
    plain = sa.select(User.id, User.version, User.created_at, User.updated_at).order_by(User.id)
    before = database.session.execute(plain).all()
    database.session.rollback()
    clock.shift(dt.timedelta(days=3))
    assert rotation.rotate(database.engine, forty).resealed == VALUES
    assert database.session.execute(plain).all() == before


def test_a_second_run_has_nothing_to_do(database: SQLAlchemy, forty: Seals) -> None:
    rotation.rotate(database.engine, forty)
    sealed = database.session.execute(sa.text("SELECT email, name FROM user_account ORDER BY id")).all()
    database.session.rollback()
    assert rotation.rotate(database.engine, forty).resealed == 0
    assert database.session.execute(sa.text("SELECT email, name FROM user_account ORDER BY id")).all() == sealed


def test_a_run_that_was_stopped_goes_on(database: SQLAlchemy, forty: Seals) -> None:
    class Stopped(BaseException):
        pass

    def stop(done: int, _of: int) -> None:
        if done > 15:
            raise Stopped

    with pytest.raises(Stopped):
        rotation.rotate(database.engine, forty, progress=stop)
    first = next(iter(rotation.count_holdings(database.engine, forty).by_key.values()))
    assert 0 < first < VALUES
    assert rotation.rotate(database.engine, forty).resealed == VALUES - first


def test_a_value_that_changed_between_reading_and_writing_stays(
    database: SQLAlchemy, forty: Seals, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = rotation._write
    changed: list[uuid.UUID] = []

    def change_first(engine: sa.Engine, sealed: rotation.SealedTable, wanted: dict) -> int:
        if sealed.table.name == "user_account" and not changed:
            with transaction() as session:
                user = session.get_one(User, next(iter(wanted))[0])
                user.name = "Changed meanwhile"
            changed.append(user.id)
            database.session.remove()
        return write(engine, sealed, wanted)

    monkeypatch.setattr(rotation, "_write", change_first)
    report = rotation.rotate(database.engine, forty)
    assert (report.resealed, report.current, report.left) == (VALUES - 1, VALUES, 0)
    assert database.session.get_one(User, changed[0]).name == "Changed meanwhile"


@pytest.mark.parametrize("seals_with", ["the newest key", "the old key"])
def test_nothing_is_lost_while_others_write(
    app: Flask,
    database: SQLAlchemy,
    settings: Settings,
    forty: Seals,
    use_keys: Callable[..., Seals],
    seals_with: str,
    proof,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The site goes on changing, adding and removing rows; a process of it may still have its old settings."""
    rounds = proof("rotations of keys under writing", sample=3, full=30)
    monkeypatch.setattr(rotation, "BATCH", 25)
    use_keys(*((NEW, OLD) if seals_with == "the newest key" else (OLD, NEW)))
    ids = list(database.session.scalars(sa.select(User.id)))
    database.session.remove()
    wanted: dict = dict.fromkeys(ids)
    stop, failed, writes, order = threading.Event(), [], [0], (NEW, OLD)

    def write(lot: int) -> None:
        chance, mine = random.Random(lot), ids[lot::2]
        with app.app_context():
            try:
                while not stop.is_set():
                    user_id = chance.choice(mine)
                    with transaction() as session:
                        user = session.get_one(User, user_id)
                        user.name = f"Written {chance.random()}"
                        if chance.random() < 0.05:
                            session.add(made := make_user(name=f"New {chance.random()}"))
                            session.flush()
                            wanted[made.id] = made.name
                    wanted[user_id] = user.name
                    writes[0] += 1
                    database.session.remove()
                    time.sleep(0.02)
            except Exception as error:
                failed.append(error)

    writers = [threading.Thread(target=write, args=(lot,)) for lot in range(2)]
    for writer in writers:
        writer.start()
    try:
        while (rounds := rounds - 1) >= 0 or (writes[0] < 20 and not failed):
            rotation.rotate(database.engine, Seals(replace(settings, encryption_keys=order)))
            # Each rotation has everything to do.
            order = order[::-1]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert failed == [] and writes[0] >= 20
    last = use_keys(NEW, OLD)
    assert rotation.rotate(database.engine, last).left == 0
    use_keys(NEW)
    users = {user.id: user.name for user in database.session.scalars(sa.select(User))}
    assert len(users) == len(wanted)
    lost = {user_id for user_id, name in wanted.items() if name is not None and users[user_id] != name}
    assert lost == set()


def test_a_row_that_somebody_holds_is_passed_over(app: Flask, database: SQLAlchemy, forty: Seals) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite locks no rows; its one writer waits for the other.")
    with database.engine.connect() as holder, holder.begin():
        first = holder.scalar(sa.select(User.id).order_by(User.id).limit(1).with_for_update())
        report = rotation.rotate(database.engine, forty)
        assert (report.resealed, report.left) == (VALUES - 3, 3)
        result = app.test_cli_runner().invoke(commands, ["rotate"])
        assert result.exit_code == 1 and "3 values were held by others. Run it again." in result.stderr
    assert rotation.rotate(database.engine, forty).resealed == 3
    assert database.session.get_one(User, first).name.startswith("Name")


def test_what_no_key_opens_stays_and_is_named(database: SQLAlchemy, forty: Seals) -> None:
    first = database.session.scalars(sa.select(User.id).order_by(User.id)).first()
    lost = Seals(Settings(encryption_keys=(LOST,))).seal("gone")
    with transaction() as session:
        session.execute(
            sa.update(Base.metadata.tables["user_account"])
            .where(User.id == first)
            .values(name=sa.literal(lost, sa.LargeBinary))
        )
    report = rotation.rotate(database.engine, forty)
    assert report.resealed == VALUES - 1 and report.unopened == [f"user_account.name of {first}"]
    assert rotation.count_holdings(database.engine, forty).unopened == 1


@pytest.fixture
def made_up(database: SQLAlchemy) -> Iterator[sa.MetaData]:
    """A table whose primary key has two parts, and one whose key is a word."""
    metadata = sa.MetaData()
    sa.Table(
        "made_up_pair",
        metadata,
        sa.Column("word", sa.String(20), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text", Sealed),
    )
    sa.Table("made_up_word", metadata, sa.Column("word", sa.String(20), primary_key=True), sa.Column("x", SealedJson))
    metadata.create_all(database.engine)
    yield metadata
    metadata.drop_all(database.engine)


def test_every_kind_of_primary_key(database: SQLAlchemy, made_up: sa.MetaData, use_keys: Callable[..., Seals]) -> None:
    use_keys(OLD)
    pair, word = made_up.tables["made_up_pair"], made_up.tables["made_up_word"]
    rows = [
        {"word": f"w{number % 5}", "number": number, "text": None if number % 4 else "hush"} for number in range(60)
    ]
    with database.engine.begin() as connection:
        connection.execute(sa.insert(pair), rows)
        connection.execute(sa.insert(word), [{"word": f"w {number}'%", "x": [number]} for number in range(20)])
    report = rotation.rotate(database.engine, use_keys(NEW, OLD), metadata=made_up)
    assert (report.resealed, report.left) == (15 + 20, 0)
    use_keys(NEW)
    with database.engine.connect() as connection:
        assert [text for (text,) in connection.execute(sa.select(pair.c.text)) if text] == ["hush"] * 15
        assert {x[0] for (x,) in connection.execute(sa.select(word.c.x))} == set(range(20))


def test_no_column_is_forgotten(app: Flask) -> None:
    """Every column of bytes is either found by the rotation or named here with its reason."""
    found = {f"{one.table.name}.{name}" for one in rotation.sealed_tables() for name in one.columns}
    bytes_columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if _is_bytes(column.type)
    }
    assert bytes_columns - NOT_SEALED == found
    assert {"user_account.email", "user_account.mf_recovery_codes", "browser_session.contents"} <= found


def test_the_guide_lists_every_sealed_column(app: Flask) -> None:
    rows = re.findall(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \|$", (ROOT / "docs" / "keys.md").read_text(), re.MULTILINE)
    written = {table: set(re.findall(r"\w+", columns)) for table, columns in rows}
    assert written == {one.table.name: set(one.columns) for one in rotation.sealed_tables()}


def _is_bytes(kind: sa.types.TypeEngine) -> bool:
    return isinstance(kind.impl if isinstance(kind, sa.types.TypeDecorator) else kind, sa.LargeBinary)


def test_the_commands(app: Flask, database: SQLAlchemy, forty: Seals, use_keys: Callable[..., Seals]) -> None:
    runner = app.test_cli_runner()
    marks = [key.mark for key in forty.keys]
    said = runner.invoke(commands, ["status"]).stdout
    assert f"key {marks[0]} (newest): 0 values\n" in said and f"key {marks[1]} (number 2): {VALUES} values\n" in said
    result = runner.invoke(commands, ["rotate"])
    assert result.exit_code == 0, result.output
    assert f"{VALUES} values sealed anew with key {marks[0]}; {VALUES} values now stand under it." in result.stdout
    said = runner.invoke(commands, ["status"]).stdout
    assert f"key {marks[1]} (number 2): 0 values, may go once no backup needs it" in said
    use_keys(LOST)
    result = runner.invoke(commands, ["status"])
    assert result.exit_code == 1 and f"No key opens {VALUES} values" in result.stderr
    result = runner.invoke(commands, ["rotate"])
    assert result.exit_code == 1 and result.stderr.count("user_account.") == 10
    for key in (OLD, NEW, LOST):
        assert key not in said + result.output


def test_a_new_key_is_a_key_each_time(app: Flask) -> None:
    made = {app.test_cli_runner().invoke(commands, ["new"]).stdout.strip() for _ in range(3)}
    assert len(made) == 3
    for key in made:
        Fernet(key)
        Settings(encryption_keys=(key,))
