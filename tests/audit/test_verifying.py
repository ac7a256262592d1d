"""Whatever is done to the rows behind the audit's back is found and named."""

import hashlib
import json
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal.audit import origin, queries
from portal.audit.chain import COLUMNS, START, Finding, Walk, hash_of
from portal.audit.cli import cli
from portal.audit.heads import Head, HeadError, public_key_of, read_head, sign_head
from portal.audit.keys import signing_key
from portal.audit.models import AuditEntry
from portal.audit.operations import note, note_reading
from portal.audit.verifying import verify
from portal.core.database import transaction

ROWS = 30
TABLE = AuditEntry.__table__
OTHER = {
    "at": "2027-01-01 00:00:00.000000",
    "actor": "user:somebody-else",
    "address": b"another address",
    "session": "another session",
    "act": "thing:other",
    "about": "other",
    "about_id": uuid.UUID(int=99).hex,
    "before": '{"name": "other"}',
    "after": None,
    "shown": '["other"]',
    "previous_hash": "1" * 64,
    "hash": "2" * 64,
}


@pytest.fixture
def chain(database: SQLAlchemy, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Thirty rows, read in batches of seven, so that faults lie on the edges of batches as well."""
    monkeypatch.setattr(queries, "BATCH", 7)
    for number in range(ROWS // 3):
        origin.set_origin(f"192.0.2.{number}", f"session-{number}")
        with transaction() as session:
            note(session, actor="portal test", act="thing:add", about="thing", about_id=uuid.UUID(int=number))
            note(session, actor="portal test", act="thing:change", before={"n": number}, after={"n": number + 1})
            note_reading(session, actor="portal test", kind="person", how="opened", ids=[uuid.UUID(int=number)])
    origin.forget_origin()
    with database.engine.connect() as connection:
        return [dict(row) for row in queries.raw_rows(connection)]


@contextmanager
def behind_its_back(database: SQLAlchemy) -> Iterator[sa.Connection]:
    """A connection of the database's owner, who can take the triggers away; in the end nothing has happened."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        else:
            names = connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            for name in names:
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
        yield connection
        connection.rollback()


def found_in(connection: sa.Connection, head: Head | None = None) -> list[Finding]:
    return list(verify(connection, Walk(), head))


def execute(connection: sa.Connection, statement: str, **values: Any) -> None:
    if connection.dialect.name == "postgresql":
        statement = statement.replace(":at", "CAST(:at AS timestamptz)").replace(":about_id", "CAST(:about_id AS uuid)")
        if "at" in values:
            values["at"] = str(values["at"]) + ("" if "+" in str(values["at"]) else "+00")
    connection.execute(sa.text(statement), values)


def change(connection: sa.Connection, draw: random.Random, chain: list[dict[str, Any]]) -> set[int]:
    """Change one column of one row, sometimes with a right hash; return the rows one of which has to be named."""
    number, name = draw.randint(1, ROWS), draw.choice(sorted(OTHER))
    value = OTHER[name]
    if chain[number - 1][name] == value:
        value = "x" if name != "after" else "{}"
    execute(connection, f'UPDATE audit_entry SET "{name}" = :{name} WHERE number = {number}', **{name: value})
    if name != "hash" and draw.random() < 0.3 and number < ROWS:
        row = next(dict(row) for row in queries.raw_rows(connection) if row["number"] == number)
        execute(connection, f"UPDATE audit_entry SET hash = :hash WHERE number = {number}", hash=hash_of(row))
        return {number, number + 1}
    return {number}


def change_letter(connection: sa.Connection, draw: random.Random, chain: list[dict[str, Any]]) -> set[int]:
    number = draw.randint(1, ROWS)
    name = draw.choice(["actor", "session", "act", "about", "previous_hash", "hash"])
    text = chain[number - 1][name] or "?"
    place = draw.randrange(len(text))
    other = text[:place] + ("a" if text[place] != "a" else "b") + text[place + 1 :]
    execute(connection, f'UPDATE audit_entry SET "{name}" = :value WHERE number = {number}', value=other)
    return {number}


def remove(connection: sa.Connection, draw: random.Random, _chain: list[dict[str, Any]]) -> set[int]:
    gone = set(draw.sample(range(1, ROWS + 1), draw.randint(1, 4)))
    if max(gone) == ROWS:  # the end is another case
        gone = {number for number in gone if number < ROWS - len(gone)} or {1}
    execute(connection, f"DELETE FROM audit_entry WHERE number IN ({', '.join(map(str, gone))})")
    return {min(gone)}


def swap(connection: sa.Connection, draw: random.Random, _chain: list[dict[str, Any]]) -> set[int]:
    one, two = draw.sample(range(1, ROWS + 1), 2)
    for before, after in ((one, -1), (two, one), (-1, two)):
        execute(connection, f"UPDATE audit_entry SET number = {after} WHERE number = {before}")
    return {one, two}


def renumber(connection: sa.Connection, draw: random.Random, _chain: list[dict[str, Any]]) -> set[int]:
    number, new = draw.randint(1, ROWS), draw.choice([0, -3, ROWS + draw.randint(1, 50)])
    execute(connection, f"UPDATE audit_entry SET number = {new} WHERE number = {number}")
    # The last row moved to just behind itself leaves a gap before it; then that is what is named.
    return {number, new}


def close_the_gap(connection: sa.Connection, draw: random.Random, _chain: list[dict[str, Any]]) -> set[int]:
    """Remove a row and number all that follow anew."""
    number = draw.randint(1, ROWS - 1)
    execute(connection, f"DELETE FROM audit_entry WHERE number = {number}")
    for later in range(number + 1, ROWS + 1):
        execute(connection, f"UPDATE audit_entry SET number = {later - 1} WHERE number = {later}")
    return {number}


def put_in(connection: sa.Connection, draw: random.Random, chain: list[dict[str, Any]]) -> set[int]:
    """Put in a row where there is room: before the first or after the last, with a hash that fits itself or not."""
    number = draw.choice([0, -1, ROWS + 1, ROWS + 5])
    row = {**draw.choice(chain), "number": number, "previous_hash": draw.choice([START, "3" * 64, chain[-2]["hash"]])}
    if draw.random() < 0.5:
        row["hash"] = hash_of(row)
    names = [*COLUMNS, "hash"]
    values = ", ".join(f":{name}" for name in names)
    execute(connection, f"INSERT INTO audit_entry ({', '.join(names)}) VALUES ({values})", **_texts(row))
    return {number, ROWS + 1}


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in row.items()}


def cut_the_end(connection: sa.Connection, draw: random.Random, _chain: list[dict[str, Any]]) -> set[int]:
    first = draw.randint(1, ROWS)
    execute(connection, f"DELETE FROM audit_entry WHERE number >= {first}")
    return {first}


def write_anew(connection: sa.Connection, draw: random.Random, _chain: list[dict[str, Any]]) -> set[int]:
    """Change a row and bring every hash after it into line, as somebody could who knows how it is done."""
    number = draw.randint(1, ROWS)
    execute(connection, f"UPDATE audit_entry SET actor = 'user:nobody' WHERE number = {number}")
    previous = None
    for row in [dict(row) for row in queries.raw_rows(connection)]:
        if row["number"] >= number:
            row["previous_hash"] = previous or row["previous_hash"]
            previous = hash_of(row)
            execute(
                connection,
                f"UPDATE audit_entry SET previous_hash = :previous, hash = :hash WHERE number = {row['number']}",
                previous=row["previous_hash"],
                hash=previous,
            )
    return {ROWS}


KINDS = [change, change, change, change_letter, remove, swap, renumber, close_the_gap, put_in]
NEED_A_HEAD = [cut_the_end, write_anew]


def test_every_tampering_is_found_and_named(
    database: SQLAlchemy, chain: list[dict[str, Any]], proof: Callable[..., int]
) -> None:
    count = proof("tamperings with the audit, all found and named", sample=100, full=1_000)
    draw = random.Random(20261123)
    with database.engine.connect() as connection:
        head = sign_head(connection, signing_key())
        assert found_in(connection, head) == []
    for number in range(count):
        tamper = (KINDS + NEED_A_HEAD)[number % (len(KINDS) + len(NEED_A_HEAD))]
        with behind_its_back(database) as connection:
            named = tamper(connection, draw, chain)
            found = found_in(connection, head)
            assert found, (number, tamper.__name__, named)
            assert found[0].number in named, (number, tamper.__name__, named, found[:3])
            assert str(found[0].number) in found[0].text
            if tamper in KINDS:
                assert found_in(connection), (number, tamper.__name__, "without a head")
    with database.engine.connect() as connection:
        assert found_in(connection, head) == []


def test_each_kind_is_said_in_words(database: SQLAlchemy, chain: list[dict[str, Any]]) -> None:
    said = {
        "UPDATE audit_entry SET actor = 'x' WHERE number = 7": [
            "Row 7 was changed or moved: its contents do not fit its hash."
        ],
        "UPDATE audit_entry SET hash = 'x' WHERE number = 8": [
            "Row 8 was changed or moved: its contents do not fit its hash."
        ],
        "DELETE FROM audit_entry WHERE number = 7": ["Row 7 is missing."],
        "DELETE FROM audit_entry WHERE number BETWEEN 7 AND 15": ["Rows 7 to 15 are missing (9)."],
        "DELETE FROM audit_entry WHERE number > 26": [],
    }
    for statement, texts in said.items():
        with behind_its_back(database) as connection:
            execute(connection, statement)
            assert [finding.text for finding in found_in(connection)] == texts


def test_a_head_says_how_many_rows_are_missing_at_the_end(database: SQLAlchemy, chain: list[dict[str, Any]]) -> None:
    with database.engine.connect() as connection:
        head = sign_head(connection, signing_key())
    assert (head.number, head.hash) == (ROWS, chain[-1]["hash"])
    for last in (29, 26, 0):
        with behind_its_back(database) as connection:
            execute(connection, f"DELETE FROM audit_entry WHERE number > {last}")
            (finding,) = found_in(connection, head)
        assert finding.number == last + 1
        which = "Row 30 is" if last == 29 else f"Rows {last + 1} to 30 are"
        assert finding.text == (
            f"{which} missing at the end ({ROWS - last}): the head of 2026-11-23T09:00:00+00:00 was row 30."
        )


def test_rows_after_the_head_are_as_good_as_before(database: SQLAlchemy, chain: list[dict[str, Any]]) -> None:
    with database.engine.connect() as connection:
        head = sign_head(connection, signing_key())
    with transaction() as session:
        note(session, actor="portal test", act="thing:after")
    assert list(verify(database.engine, Walk(), head)) == []


def test_a_head_can_be_checked_without_a_secret(database: SQLAlchemy, chain: list[dict[str, Any]]) -> None:
    with database.engine.connect() as connection:
        head = sign_head(connection, signing_key())
    key = public_key_of(signing_key())
    assert read_head(head.text()) == head
    head.check(key)
    for forged in (
        replace(head, number=3),
        replace(head, hash="4" * 64),
        replace(head, at="2020-01-01T00:00:00+00:00"),
        replace(head, signature="AAAA"),
        replace(head, signature="not base64 é"),
        replace(head, key=public_key_of(Ed25519PrivateKey.generate())),
    ):
        with pytest.raises(HeadError):
            forged.check(key)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "7", '{"number": 1}', "\ud800"])
def test_what_is_no_head_is_said(text: str) -> None:
    with pytest.raises(HeadError, match="not a head"):
        read_head(text)


def test_a_number_that_is_text_is_no_head(database: SQLAlchemy) -> None:
    with database.engine.connect() as connection:
        head = sign_head(connection, signing_key())
    with pytest.raises(HeadError, match="not a head"):
        read_head(json.dumps({**asdict(head), "number": "1"}))


def test_the_commands(app: Flask, database: SQLAlchemy, chain: list[dict[str, Any]], tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    printed = runner.invoke(cli, ["head"]).output
    kept = tmp_path / "head.json"
    kept.write_text(printed)
    assert json.loads(printed)["number"] == ROWS

    good = runner.invoke(cli, ["verify"])
    assert (good.exit_code, good.output) == (
        0, "30 rows, and each fits the one before it. Give --head to check the end.\n"
    )  # fmt: skip
    good = runner.invoke(cli, ["verify", "--head", str(kept)])
    assert (good.exit_code, good.output) == (0, "30 rows, and each fits the one before it.\n")

    tampered = [
        "DELETE FROM audit_entry WHERE number IN (3, 29, 30)",
        "UPDATE audit_entry SET act = 'a:b' WHERE number = 9",
    ]
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        else:
            for name in ("update", "delete"):
                connection.execute(sa.text(f"DROP TRIGGER audit_entry_no_{name}"))
        for statement in tampered:
            connection.execute(sa.text(statement))
    bad = runner.invoke(cli, ["verify", "--head", str(kept)])
    assert bad.exit_code == 1
    assert "Row 3 is missing." in bad.output
    assert "Row 9 was changed or moved" in bad.output
    assert "Rows 29 to 30 are missing at the end (2)" in bad.output
    assert "3 faults in 27 rows" in bad.output
    assert runner.invoke(cli, ["verify"]).exit_code == 1

    kept.write_text(printed.replace('"number": 30', '"number": 28'))
    forged = runner.invoke(cli, ["verify", "--head", str(kept)])
    assert forged.exit_code == 1
    assert "somebody changed it" in forged.output
    elsewhere = runner.invoke(cli, ["verify", "--head", str(kept), "--key", "QUJD"])
    assert elsewhere.exit_code == 1
    assert "another key" in elsewhere.output


def test_an_empty_audit_is_whole(app: Flask, database: SQLAlchemy, tmp_path: Path) -> None:
    kept = tmp_path / "head.json"
    kept.write_text(app.test_cli_runner().invoke(cli, ["head"]).output)
    result = app.test_cli_runner().invoke(cli, ["verify", "--head", str(kept)])
    assert (result.exit_code, result.output) == (0, "0 rows, and each fits the one before it.\n")


def test_different_rows_never_have_the_same_text() -> None:
    """What moves from one column into the next, or is empty instead of missing, changes the hash."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"number": 1}
    variants: list[dict[str, Any]] = [
        row,
        {**row, "actor": "ab", "session": ""},
        {**row, "actor": "a", "session": "b"},
        {**row, "actor": "", "session": "ab"},
        {**row, "before": None},
        {**row, "before": "", "after": None},
        {**row, "actor": "1"},
        {**row, "actor": 1},
        {**row, "actor": b"1"},
        {**row, "actor": 1.0},
        {**row, "actor": "s1:a,"},
        {**row, "number": 11},
    ]
    assert len({hash_of(variant) for variant in variants}) == len(variants)


def test_every_column_is_in_the_hash() -> None:
    assert [*COLUMNS, "hash"] == [column.name for column in sa.inspect(AuditEntry).columns]


def test_the_encoding_is_the_one_that_is_documented() -> None:
    """A hash that was worked out by hand: whoever checks the chain with another program gets the same."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | {
        "number": 12, "at": "2026-11-23 09:00:00.000000", "actor": "portal test", "address": b"\x00\x01", "session": "",
        "act": "person:opened", "about": "person", "shown": '["é"]', "previous_hash": START,
    }  # fmt: skip
    text = (
        b"hereabouts audit entry 1\ni2:12,s26:2026-11-23 09:00:00.000000,s11:portal test,b2:\x00\x01,s0:,"
        b's13:person:opened,s6:person,~0:,~0:,~0:,s6:["\xc3\xa9"],s64:' + b"0" * 64 + b","
    )
    assert hash_of(row) == hashlib.sha256(text).hexdigest()
