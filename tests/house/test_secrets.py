"""A hundred secrets are planted wherever people confide something; none is found in what lies on a disk."""

import base64
import logging
import random
import sqlite3
import string
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy

from portal.accounts.models import User
from portal.accounts.operations.invitations import Invitee, invite
from portal.accounts.operations.sessions import begin_session, hash_of, keep_form
from portal.accounts.operations.users import add_user
from portal.accounts.roles import Role
from portal.audit.origin import set_origin
from portal.core import clock
from portal.core.database import Base, transaction
from portal.core.jobs import later
from portal.core.rotation import sealed_tables
from portal.core.sealing import Sealed, Seals
from portal.core.settings import Settings
from portal.listings.models import (
    CallOutcome,
    Claim,
    ClaimMove,
    ClaimState,
    FreshnessCall,
    FreshnessLink,
    Proof,
)
from portal.messages.delivery import deliver_due
from portal.messages.inbound import Reply
from portal.messages.inbound.operations import take_in
from portal.messages.models import Channel, Recipient
from portal.messages.operations import queue
from portal.messages.operations.queueing import DELIVER
from portal.search.postgres.tables import metadata as search_tables
from tests.factories import make_organisation
from tests.factories.accounts import make_user
from tests.factories.listings import make_listing
from tests.messages.servers import MailServer

HUNDRED = 100


@dataclass
class Planter:
    """Makes secrets: random letters that stand nowhere else. `where` says what each was planted as."""

    chance: random.Random = field(default_factory=lambda: random.Random(20261123))
    where: dict[str, str] = field(default_factory=dict)

    def plant(self, what: str) -> str:
        secret = "zq" + "".join(self.chance.choices(string.ascii_lowercase, k=14))
        self.where[secret] = what
        return secret

    def email(self, what: str) -> str:
        return f"{self.plant(what)}@example.org"


def as_text(secret: str) -> set[bytes]:
    """Return a secret as it may stand in lower case: plain, in UTF-16, hexadecimal or percent-encoded."""
    plain = secret.encode()
    in_percent = "".join(f"%{byte:02x}" for byte in plain).encode()
    return {plain, secret.encode("utf-16-le"), secret.encode("utf-16-be"), plain.hex().encode(), in_percent}


def as_base64(secret: str) -> set[bytes]:
    """Return what stands of a secret in Base64, wherever in a text it begins; the signs at both ends vary."""
    whole = {before: base64.b64encode(b"\0" * before + secret.encode()).rstrip(b"=") for before in range(3)}
    return {text[4 if before else 0 : -2] for before, text in whole.items()}


def found_in(content: bytes, planter: Planter) -> set[str]:
    """Return what the secrets that stand in some bytes were planted as."""
    lowered, unsafe = content.lower(), content.replace(b"-", b"+").replace(b"_", b"/")
    return {
        what
        for secret, what in planter.where.items()
        if any(way in lowered for way in as_text(secret)) or any(way in unsafe for way in as_base64(secret))
    }


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server that refuses everybody and repeats whom."""
    server = MailServer()
    server.answer_to_rcpt = lambda address: f"550 {address} is not known here"
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings(settings: Settings, mail_server: MailServer) -> Settings:
    return replace(settings, mail_url=f"smtp://127.0.0.1:{mail_server.port}")


@pytest.fixture
def logs() -> Iterator[list[str]]:
    """Everything that is logged, down to the smallest detail."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            # The server that plays the other side logs in this process, too.
            if not record.name.startswith("mail."):
                lines.append(f"{logging.Formatter().format(record)} {record.args}")

    root, keeper = logging.getLogger(), Keeper()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(keeper)
    root.setLevel(level)


def plant_accounts(planter: Planter) -> User:
    """Users, invitations, a session and a form that was kept, through what the site itself uses."""
    with transaction() as session:
        for _ in range(10):
            email = planter.email("address of a user")
            add_user(session, name=planter.plant("name of a user"), email=email, password_hash=None, actor="test")
        user = make_user(name=f"Rita {planter.plant('name')}", email=planter.email("address"))
        user.tf_totp_secret = planter.plant("secret of an authenticator")
        user.mf_recovery_codes = [planter.plant("recovery code")]
    for _ in range(5):
        invitee = Invitee(
            email=planter.email("address of an invitation"),
            name=planter.plant("name of an invitation"),
            role=Role.MODERATOR,
        )
        inviter = f"Ada {planter.plant('name of who invites')}"
        invite(invitee=invitee, actor="test", inviter=inviter, link=lambda token: f"https://example.org/{token}")
    for _ in range(4):
        begin_session(
            actor=user.actor,
            token=planter.plant("cookie of a session"),
            user_id=user.id,
            contents={"kept": {"note": planter.plant("contents of a session")}},
            idle_minutes=15,
            address=planter.plant("network address"),
            browser=f"Firefox {planter.plant('browser')}",
        )
    fields = [["worry", planter.plant("field of a kept form")], [planter.plant("name of a field"), "x"]]
    keep_form(actor=user.actor, user_id=user.id, path=f"/refer?for={planter.plant('path of a form')}", fields=fields)
    return user


def plant_messages(planter: Planter) -> None:
    """Messages, tried and refused by a server that repeats the address, and answers to them."""
    for _ in range(5):
        with transaction() as session:
            values = {
                "name": planter.plant("name in a message"),
                "inviter": planter.plant("value in a message"),
                "what_for": planter.plant("another value in a message"),
                "link": f"https://example.org/{planter.plant('link in a message')}",
                "ends": "Thursday",
            }
            email, name = planter.email("address of a message"), planter.plant("name of a message")
            to = Recipient(Channel.EMAIL, email, name)
            message = queue(session, wording="invitation", to=to, values=values, actor="test")
            later(session, DELIVER, message.id)
        with transaction() as session:
            reply = Reply(
                channel=Channel.EMAIL,
                provider_id=f"reply-{planter.chance.random()}",
                sender=planter.email("sender of a reply"),
                text=f"I cannot come: {planter.plant('text of a reply')}",
                attachments=(f"{planter.plant('name of an attachment')}.pdf",),
            )
            take_in(session, reply=reply, actor="test")
    assert deliver_due() > 0


def plant_listings(planter: Planter, client: FlaskClient, user: User) -> None:
    """What groups, claimants and residents confide about listings, by pages where they take it."""
    with transaction() as session:
        organisation = make_organisation()
        private: dict[str, Any] = {
            "private_name": planter.plant("whom a group named for us"),
            "private_email": planter.email("private address of a listing"),
            "private_phone": planter.plant("private telephone of a listing"),
        }
        listing = make_listing(organisation, **private)
        claim = Claim(
            organisation_id=organisation.id,
            user_id=user.id,
            proof=Proof.DOMAIN,
            about=planter.plant("what a claim says"),
            proof_address=planter.email("address that proves a claim"),
            objection=planter.plant("objection to a claim"),
        )
        session.add(claim)
        session.flush()
        why = planter.plant("why a claim moved")
        session.add_all(
            [
                ClaimMove(claim_id=claim.id, to_state=ClaimState.PROVING, why=why, by="test"),
                FreshnessLink(
                    token_hash=hash_of("x"),
                    organisation_id=organisation.id,
                    sent_to=planter.email("address that was asked"),
                    expires_at=clock.now(),
                ),
                FreshnessCall(
                    organisation_id=organisation.id,
                    outcome=CallOutcome.CONFIRMED,
                    spoke_with=planter.plant("who was rung"),
                    by="test",
                ),
            ]
        )
        service_id = listing.service_id
    said = {"kind": "wrong", "text": planter.plant("what is wrong"), "email": planter.email("address of who said so")}
    assert client.post(f"/services/{service_id}/wrong", data=said).status_code == 303
    watching = {"email": planter.email("address of who wants to be told")}
    assert client.post(f"/services/{service_id}/tell-me", data=watching).status_code == 303


def plant_by_pages(planter: Planter, client: FlaskClient) -> None:
    """What a visitor types into the pages that take words."""
    for path in ("/sign-in", "/account/register", "/account/forgotten"):
        typed = {
            "name": planter.plant(f"name typed at {path}"),
            "email": planter.email(f"address typed at {path}"),
            "password": f"{planter.plant(f'password typed at {path}')} under snow",
        }
        assert client.post(path, data=typed).status_code < 500
    assert client.get("/services", query_string={"q": planter.plant("words of a search")}).status_code == 200
    assert client.get("/services", query_string={"where": planter.plant("place of a search")}).status_code == 200


def plant_errors(planter: Planter, user: User, logs: list[str]) -> None:
    """An act that the database refuses, whose error is logged."""
    email = planter.email("address in an error")
    for _ in range(2):
        try:
            with transaction() as session:
                name = planter.plant("name in an error")
                add_user(session, name=name, email=email, password_hash=None, actor=user.actor)
        except sa.exc.IntegrityError:
            logging.getLogger("portal").exception("refused")
    assert any("IntegrityError" in line for line in logs)


@pytest.fixture
def planted(app: Flask, database: SQLAlchemy, client: FlaskClient, logs: list[str]) -> Callable[[], Planter]:
    def plant() -> Planter:
        planter = Planter()
        set_origin(planter.plant("network address in the audit"), "session")
        user = plant_accounts(planter)
        plant_messages(planter)
        plant_listings(planter, client, user)
        plant_by_pages(planter, client)
        plant_errors(planter, user, logs)
        # Names for the rest.
        with transaction():
            while len(planter.where) < HUNDRED:
                make_user(name=planter.plant("name"), email=planter.email("address"))
        database.session.remove()
        return planter

    return plant


def sqlite_places(app: Flask, database: SQLAlchemy, folder: Path) -> dict[str, bytes]:
    """Return the database's file, its journal within a change of every row, and a copy by the backup interface."""
    file = Path(app.extensions["settings"].database_url.removeprefix("sqlite:///"))
    copy = folder / "copy.sqlite3"
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    found = {"the file": file.read_bytes(), "a copy": copy.read_bytes()}
    with database.engine.connect().execution_options(sqlite_write=True) as connection:
        for sealed in sealed_tables():
            connection.execute(sa.update(sealed.table).values({name: sealed.table.c[name] for name in sealed.columns}))
        journals = [path for path in file.parent.glob(f"{file.name}-*") if path.name.endswith(("-journal", "-wal"))]
        found |= {path.name: path.read_bytes() for path in journals}
        connection.rollback()
    assert any(name.endswith(("-journal", "-wal")) and content for name, content in found.items())
    return found


def postgres_places(database: SQLAlchemy) -> dict[str, bytes]:
    """Return every table as text, as a dump writes it, those of the search with them."""
    names = [table.fullname for table in (*Base.metadata.sorted_tables, *search_tables.sorted_tables)]
    with database.engine.connect() as connection:
        found = {
            name: "\n".join(connection.scalars(sa.text(f"SELECT t::text FROM {name} t"))).encode()  # our own tables
            for name in names
        }
    assert found["search.document"], "The search has written nothing."
    return found


def places(app: Flask, database: SQLAlchemy, folder: Path, logs: list[str]) -> dict[str, bytes]:
    """Return all that lies on a disk when the site has run: tables, index, queue of jobs, logs."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    found = sqlite_places(app, database, folder) if is_sqlite else postgres_places(database)
    # Over PostgreSQL the index is among the tables.
    for name in ("search_index", "jobs") if is_sqlite else ("jobs",):
        lying = [path for path in folder.rglob("*") if path.is_file() and name in str(path.relative_to(folder))]
        assert lying, f"nothing lies in {name}"
        found |= {str(path.relative_to(folder)): path.read_bytes() for path in lying}
    found["logs"] = "\n".join(logs).encode()
    return found


def test_no_secret_is_found(
    app: Flask, database: SQLAlchemy, planted: Callable[[], Planter], tmp_path: Path, logs: list[str], proof
) -> None:
    planter = planted()
    assert len(planter.where) >= HUNDRED
    proof("secrets planted and looked for", sample=len(planter.where), full=len(planter.where))
    with database.engine.connect() as connection:
        for sealed in sealed_tables():
            filled = sa.select(sa.func.count()).where(*(sealed.table.c[name].is_not(None) for name in sealed.columns))
            assert connection.scalar(filled), f"Nothing was planted into {sealed.table.name}."
    everywhere = places(app, database, tmp_path, logs)
    assert {
        name: found_in(content, planter) for name, content in everywhere.items() if found_in(content, planter)
    } == {}


@pytest.mark.usefixtures("own_statements")
def test_a_column_that_is_not_sealed_is_found(
    app: Flask,
    database: SQLAlchemy,
    planted: Callable[[], Planter],
    tmp_path: Path,
    logs: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The search itself works: with sealing switched off for texts, it finds them in every place but index and logs."""
    monkeypatch.setattr(
        Sealed, "process_bind_param", lambda _self, value, _dialect: None if value is None else value.encode()
    )
    monkeypatch.setattr(
        Sealed, "process_result_value", lambda _self, value, _dialect: None if value is None else bytes(value).decode()
    )
    planter = planted()
    everywhere = places(app, database, tmp_path, logs)
    told = {name for name, content in everywhere.items() if "name of a user" in found_in(content, planter)}
    wanted = {"the file", "a copy"} if database.engine.dialect.name == "sqlite" else {"user_account"}
    assert wanted <= told and (told - wanted == set() or any("journal" in name for name in told - wanted))


@pytest.mark.parametrize(
    "write",
    [
        lambda secret: f"x {secret.upper()} y".encode(),
        lambda secret: f"x{secret}y".encode("utf-16-le"),
        lambda secret: f"x{secret}y".encode("utf-16-be"),
        lambda secret: secret.encode().hex().upper().encode(),
        lambda secret: base64.b64encode(secret.encode() + b" and more"),
        lambda secret: base64.b64encode(b"x" + secret.encode() + b" and more"),
        lambda secret: base64.urlsafe_b64encode(b"xy" + secret.encode() + b" and more"),
        lambda secret: "".join(f"%{ord(sign):02X}" for sign in secret).encode(),
    ],
)
def test_a_secret_is_found_however_it_is_written(write: Callable[[str], bytes]) -> None:
    planter = Planter()
    secrets = [planter.plant(f"number {number}") for number in range(20)]
    for secret in secrets:
        assert found_in(b"\0\xff" + write(secret) + b"\0", planter) == {planter.where[secret]}
    sealed = Seals(Settings()).seal(secrets[0])
    assert found_in(sealed + sealed.hex().encode(), planter) == set()
