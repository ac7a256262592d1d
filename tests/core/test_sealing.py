"""Sealed columns: unreadable without the keys, never silently compared, and an error that names the setting."""

import ast
import time
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from hypothesis import given
from hypothesis import strategies as st

import portal.accounts.models
from portal.accounts.models import BrowserSession, Invitation, User
from portal.core.database import Base, transaction
from portal.core.sealing import (
    BLOCK,
    EXTENSION,
    NoKeyOpensError,
    Sealed,
    SealedComparisonError,
    SealedJson,
    Seals,
    fingerprint_of_address,
    plain_address,
)
from portal.core.settings import ROOT, Settings
from tests.factories.accounts import make_user

NEW, OLD, OTHER = (Fernet.generate_key().decode() for _ in range(3))


def seals_with(*keys: str, **values: Any) -> Seals:
    return Seals(Settings(encryption_keys=keys, **values))


def bytes_of(database: SQLAlchemy, column: sa.orm.InstrumentedAttribute) -> bytes:
    return bytes(database.session.scalars(sa.select(sa.type_coerce(column, sa.LargeBinary))).one())


def test_what_is_stored_is_sealed_and_comes_back(app: Flask, database: SQLAlchemy) -> None:
    with transaction():
        user = make_user(name="Ré Müller 🌷", email="re@example.org", mf_recovery_codes=["one", "zwei"])
    stored = bytes_of(database, User.name)
    assert "Müller".encode() not in stored and stored.startswith(b"gAAAAA")
    database.session.expire_all()
    again = database.session.get_one(User, user.id)
    assert (again.name, again.mf_recovery_codes) == ("Ré Müller 🌷", ["one", "zwei"])


def test_nothing_stays_nothing(database: SQLAlchemy) -> None:
    with transaction():
        make_user()
    found = database.session.scalars(sa.select(User).where(User.tf_totp_secret.is_(None))).one()
    assert found.mf_recovery_codes is None
    assert database.session.scalars(sa.select(User).where(User.name.is_(None))).all() == []


@given(st.text(max_size=300))
def test_every_text_comes_back(text: str) -> None:
    if any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        return
    seals = seals_with(NEW)
    assert seals.unseal(seals.seal(text)) == text


def test_the_same_text_is_sealed_differently_each_time() -> None:
    seals = seals_with(NEW)
    assert len({seals.seal("Rita") for _ in range(50)}) == 50


def test_short_answers_look_alike_in_length() -> None:
    seals = seals_with(NEW)
    answers = ("", "no", "yes", "prefer not to say", "x" * (BLOCK - 1))
    assert len({len(seals.seal(answer)) for answer in answers}) == 1
    assert len(seals.seal("x" * BLOCK)) > len(seals.seal("x"))


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    before, after = seals_with(OLD), seals_with(NEW, OLD)
    assert after.unseal(before.seal("a worry")) == "a worry"
    sealed = after.seal("a worry")
    assert after.find_key(sealed) is after.keys[0]
    assert after.find_key(before.seal("a worry")) is after.keys[1]
    assert after.find_key(seals_with(OTHER).seal("a worry")) is None


def test_no_key_opens(app: Flask, database: SQLAlchemy, settings: Settings) -> None:
    with transaction():
        make_user(name="Rita Rowe")
    database.session.expunge_all()
    app.extensions[EXTENSION] = Seals(replace(settings, encryption_keys=(OTHER,)))
    with pytest.raises(NoKeyOpensError, match="PORTAL_ENCRYPTION_KEYS") as caught:
        database.session.scalars(sa.select(User)).all()
    told = f"{caught.value}{caught.value.__cause__}{caught.value.args}"
    assert "Rita" not in told and "gAAAA" not in told and OTHER not in told
    with pytest.raises(NoKeyOpensError):
        seals_with(OTHER).reseal(seals_with(NEW).seal("x"))


@pytest.mark.parametrize("change", [lambda one: one[:-1], lambda one: one[:40] + b"A" + one[41:], lambda _: b"plain"])
def test_an_altered_value_does_not_open(change) -> None:
    seals = seals_with(NEW, OLD)
    sealed = seals.seal("a worry")
    altered = change(sealed)
    if altered == sealed:
        altered = sealed[:40] + b"B" + sealed[41:]
    with pytest.raises(NoKeyOpensError):
        seals.unseal(altered)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: User.email == "rita@example.org",
        lambda: User.email != "rita@example.org",
        lambda: User.email == Invitation.email,
        lambda: User.email == User.password,
        lambda: User.email.in_(["rita@example.org"]),
        lambda: User.name.ilike("rita%"),
        lambda: User.name.contains("rita"),
        lambda: User.name < "s",
        lambda: User.name.between("a", "b"),
        lambda: User.name.desc(),
        lambda: User.name.asc(),
        lambda: User.name.distinct(),
        lambda: User.name + "x",
        lambda: "x" + User.name,
        lambda: sa.select(User).filter_by(email="rita@example.org"),
        lambda: BrowserSession.contents["user"],
        lambda: BrowserSession.contents == {},
    ],
)
def test_a_sealed_column_is_not_compared(ask) -> None:
    with pytest.raises(SealedComparisonError, match="stands sealed"):
        ask()


def sealed_attributes() -> set[tuple[str, str]]:
    """The pairs of class and attribute that stand sealed, such as User and name."""
    assert portal.accounts.models
    return {
        (mapper.class_.__name__, key)
        for mapper in Base.registry.mappers
        for key, column in mapper.columns.items()
        if isinstance(column.type, (Sealed, SealedJson))
    }


SORTING = {"order_by", "group_by", "distinct", "lower", "upper", "min", "max", "coalesce", "literal", "count"}


def misused(source: str, sealed: set[tuple[str, str]]) -> list[str]:
    """Return where a sealed attribute is given to something that sorts, groups or works out, which SQL cannot."""
    return [
        f"{part.lineno}: {part.value.id}.{part.attr}"
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in SORTING
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        for part in ast.walk(argument)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and (part.value.id, part.attr) in sealed
    ]


def test_nothing_sorts_by_a_sealed_column(app: Flask) -> None:
    """`order_by(User.name)` cannot be refused when it is run: it would sort by the time of sealing."""
    sealed = sealed_attributes()
    assert ("User", "name") in sealed
    assert misused("sa.select(User).order_by(User.created_at, User.name)", sealed) == ["1: User.name"]
    assert misused("sa.func.lower(User.email) == sa.func.count(User.id)", sealed) == ["1: User.email"]
    assert misused("sorted(sa.select(User.name), key=str)", sealed) == []
    found = {str(path): misused(path.read_text(), sealed) for path in (ROOT / "portal").rglob("*.py")}
    assert {path: places for path, places in found.items() if places} == {}
    for mapper in Base.registry.mappers:
        for relationship in mapper.relationships:
            for column in relationship.order_by or ():
                assert not isinstance(column.type, (Sealed, SealedJson)), f"{relationship} sorts by {column}"


def test_a_fingerprint_is_keyed_and_tells_kinds_apart() -> None:
    one = seals_with(NEW, fingerprint_key="one")
    assert one.fingerprint("address", "rita@example.org") == one.fingerprint("address", "rita@example.org")
    assert one.fingerprint("address", "x") != one.fingerprint("number", "x")
    assert one.fingerprint("address", "x") != seals_with(NEW, fingerprint_key="two").fingerprint("address", "x")
    assert one.fingerprint("address", "x") == seals_with(OTHER, fingerprint_key="one").fingerprint("address", "x")


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (" Rita.Rowe@Example.ORG ", "rita.rowe@example.org"),
        ("rita@example.org", "rita@example.org"),
        ("020 7946 0100", "02079460100"),
        ("+44 20 7946 0100", "02079460100"),
        ("+44 (0)20 7946-0100", "02079460100"),
        ("0044 20 7946 0100", "02079460100"),
        ("(020) 7946 0100", "02079460100"),
        ("+33 1 23 45 67 89", "+33123456789"),
        ("1 Mill Lane\nSE13 6LZ", "1milllanese136lz"),
    ],
)
def test_addresses_are_found_however_they_are_written(app: Flask, written: str, plain: str) -> None:
    assert plain_address(written) == plain
    with app.app_context():
        assert fingerprint_of_address(written) == fingerprint_of_address(plain)


def test_settings_do_not_show_their_secrets() -> None:
    told = {"secret_key", "encryption_keys", "fingerprint_key", "notify_key", "inbound_secret", "oidc_client_secret"}
    addresses = {"database_url", "redis_url", "mail_url", "mailbox_url"}
    values = {name: (NEW,) if name == "encryption_keys" else f"hush-{name}" for name in told | addresses}
    shown = repr(Settings(**values))  # type: ignore[arg-type]
    assert "hush" not in shown and NEW not in shown


def test_sealing_is_quick() -> None:
    seals = seals_with(NEW, OLD)
    began = time.perf_counter()
    for _ in range(500):
        seals.unseal(seals.seal("a worry that somebody wrote down"))
    assert time.perf_counter() - began < 5
