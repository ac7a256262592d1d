"""The mailbox, read over a real socket: each e-mail once, nothing lost when it is stopped halfway."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from portal import create_app
from portal.core.database import Base
from portal.core.settings import SettingError, Settings
from portal.messages.inbound import mailbox as reading
from portal.messages.inbound import reply_address
from portal.messages.inbound.mailbox import MOST_AT_ONCE, MailboxError, read_mailbox
from portal.messages.inbound.mailbox_address import find_mailbox
from portal.messages.inbound.models import InboundMessage, InboundState
from portal.messages.inbound.operations import take_in
from portal.messages.models import MessageState, OutboxMessage
from tests.messages.imap_server import PASSWORD, Mailbox, serve
from tests.messages.test_inbound import make_message, stored
from tests.messages.test_inbound_mail import NESTED, mail, report


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def reader(settings: Settings, app: Flask, mailbox: Mailbox) -> Iterator[Settings]:
    """The settings of a site that has a mailbox, served by a real server."""
    with serve(mailbox) as url:
        chosen = replace(settings, mailbox_url=url)
        app.extensions["settings"] = chosen
        yield chosen


def test_a_reply_comes_in_and_is_marked_as_seen(reader: Settings, mailbox: Mailbox, database: SQLAlchemy) -> None:
    message = make_message()
    uid = mailbox.put(mail("Yes, I can come.", To=reply_address(message.id)).as_bytes())
    assert read_mailbox(reader) == 1
    [row] = stored(database)
    assert (row.text, row.answers_id, row.state) == ("Yes, I can come.", message.id, InboundState.WAITING)
    assert mailbox.seen() == {uid}
    assert read_mailbox(reader) == 0
    assert len(stored(database)) == 1


def test_in_reply_to_names_our_message(reader: Settings, mailbox: Mailbox, database: SQLAlchemy) -> None:
    message = make_message()
    mailbox.put(mail(In_Reply_To=f"<{message.id}@example.org>").as_bytes())
    read_mailbox(reader)
    assert stored(database)[0].answers_id == message.id


def test_a_bounce_is_noted_at_our_message(reader: Settings, mailbox: Mailbox, database: SQLAlchemy) -> None:
    message = make_message()
    mailbox.put(report().replace(b"<ours@example.org>", f"<{message.id}@example.org>".encode()))
    read_mailbox(reader)
    database.session.rollback()
    assert database.session.get_one(OutboxMessage, message.id, populate_existing=True).state is MessageState.BOUNCED
    assert stored(database)[0].state is InboundState.BOUNCE


def test_nothing_is_marked_before_it_is_stored(
    reader: Settings, mailbox: Mailbox, database: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        mailbox.put(mail(Message_ID="<1@x.org>").as_bytes()),
        mailbox.put(mail(Message_ID="<2@x.org>").as_bytes()),
    )
    real = take_in

    def full(session, *, reply, actor):
        found = real(session, reply=reply, actor=actor)
        if len(mailbox.seen()) == 1:
            raise sa.exc.OperationalError("INSERT", {}, Exception("the disk is full"))
        return found

    monkeypatch.setattr(reading, "take_in", full)
    with pytest.raises(sa.exc.OperationalError):
        read_mailbox(reader)
    assert mailbox.seen() == {first}
    assert len(stored(database)) == 1
    monkeypatch.undo()
    assert read_mailbox(reader) == 1
    assert mailbox.seen() == {first, second}


def test_what_was_stored_but_not_marked_is_known_again(
    reader: Settings, mailbox: Mailbox, database: SQLAlchemy
) -> None:
    uid = mailbox.put(mail().as_bytes())
    mailbox.hang_up_at = "UID STORE"
    with pytest.raises(MailboxError):
        read_mailbox(reader)
    assert (len(stored(database)), mailbox.seen()) == (1, set())
    mailbox.hang_up_at = ""
    assert read_mailbox(reader) == 0
    assert (len(stored(database)), mailbox.seen()) == (1, {uid})


def test_the_same_letter_under_another_number_is_known(
    reader: Settings, mailbox: Mailbox, database: SQLAlchemy
) -> None:
    for _ in range(3):
        mailbox.put(mail().as_bytes())
    assert read_mailbox(reader) == 1
    assert len(stored(database)) == 1
    assert len(mailbox.seen()) == 3


@pytest.mark.parametrize("place", ["LOGIN", "SELECT", "UID SEARCH", "UID fetch", "UID FETCH"])
@pytest.mark.parametrize("how", ["refuse", "hang_up_at"])
def test_a_server_that_fails_loses_nothing(
    reader: Settings, mailbox: Mailbox, database: SQLAlchemy, place: str, how: str
) -> None:
    uid = mailbox.put(mail().as_bytes())
    setattr(mailbox, how, place)
    with suppress(MailboxError):
        read_mailbox(reader)
    if mailbox.seen():
        assert len(stored(database)) == 1
    setattr(mailbox, how, "")
    read_mailbox(reader)
    assert (len(stored(database)), mailbox.seen()) == (1, {uid})


def test_no_server_at_all(settings: Settings, app: Flask, database: SQLAlchemy) -> None:
    url = f"imap://u:{PASSWORD.replace(' ', '%20')}@127.0.0.1:1/INBOX"
    with pytest.raises(MailboxError, match=r"127\.0\.0\.1") as caught:
        read_mailbox(replace(settings, mailbox_url=url))
    assert PASSWORD not in str(caught.value)


def test_what_cannot_be_read_does_not_stop_those_after_it(
    reader: Settings, mailbox: Mailbox, database: SQLAlchemy
) -> None:
    for raw in (b"From: a@example.org\n" + NESTED, b"", b"\x00\xff" * 500, mail("Yes").as_bytes()):
        mailbox.put(raw)
    read_mailbox(reader)
    rows = stored(database)
    assert len(mailbox.seen()) == 4
    assert "Yes" in [row.text for row in rows if row.state is InboundState.WAITING]
    assert InboundState.UNREADABLE in {row.state for row in rows}


def test_a_letter_that_is_too_long_is_not_fetched(
    reader: Settings, mailbox: Mailbox, database: SQLAlchemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = make_message()
    monkeypatch.setattr(reading, "LONGEST_MAIL", 2_000)
    uid = mailbox.put(mail("word " * 1_000, In_Reply_To=f"<{message.id}@example.org>").as_bytes())
    read_mailbox(reader)
    [row] = stored(database)
    assert (row.state, row.text, row.answers_id) == (InboundState.UNREADABLE, None, message.id)
    assert mailbox.seen() == {uid}
    fetched = [command for command in mailbox.asked if "fetch" in command.lower()]
    assert fetched
    assert all("HEADER" in command for command in fetched)


def test_only_so_many_at_once_and_nothing_is_deleted(reader: Settings, mailbox: Mailbox, database: SQLAlchemy) -> None:
    for number in range(MOST_AT_ONCE + 3):
        mailbox.put(mail(Message_ID=f"<{number}@example.org>").as_bytes())
    assert read_mailbox(reader) == MOST_AT_ONCE
    assert read_mailbox(reader) == 3
    assert len(mailbox.letters) == MOST_AT_ONCE + 3
    assert not [command for command in mailbox.asked if "EXPUNGE" in command or "Deleted" in command]
    assert len(stored(database)) == MOST_AT_ONCE + 3


def test_without_a_mailbox_nothing_is_done(app: Flask, settings: Settings, database: SQLAlchemy) -> None:
    assert read_mailbox(settings) == 0


def test_a_certificate_that_nobody_vouches_for_is_refused(
    settings: Settings,
    app: Flask,
    mailbox: Mailbox,
    database: SQLAlchemy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    uid = mailbox.put(mail().as_bytes())
    with serve(mailbox, context) as url:
        with pytest.raises(MailboxError, match="SSLCertVerificationError"):
            read_mailbox(replace(settings, mailbox_url=url))
        assert not [command for command in mailbox.asked if command.startswith("LOGIN")]
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert read_mailbox(replace(settings, mailbox_url=url)) == 1
    assert mailbox.seen() == {uid}


def self_signed(folder: Path) -> Path:
    """A certificate for this machine that only who is told to trusts, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(start).not_valid_after(start + dt.timedelta(days=20_000))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "certificate.pem"
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(pem, form, plain) + certificate.public_bytes(pem))
    return path


@pytest.mark.parametrize(
    "url", ["imap", "http://u:p@h/", "imap://h/", "imap://u@h/", "imaps://u:p@/", "imaps://u:p@h:x/", "imaps://u:p@[h/"]
)
def test_a_setting_that_cannot_be_used_is_said_without_its_password(url: str) -> None:
    with pytest.raises(SettingError, match="PORTAL_MAILBOX_URL") as caught:
        find_mailbox(Settings(mailbox_url=url))
    assert "u:p" not in str(caught.value)


def test_a_site_does_not_start_with_a_mailbox_that_cannot_be(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    with pytest.raises(SettingError, match="PORTAL_MAILBOX_URL"):
        create_app(Settings(database_url=url, search_index=tmp_path / "index", mailbox_url="imaps://nobody"))


def test_what_a_setting_means() -> None:
    found = find_mailbox(Settings(mailbox_url="imaps://me%40example.org:a%2Fb@mail.example.org/Replies%20here"))
    assert found is not None
    assert (found.host, found.port, found.user, found.password) == ("mail.example.org", 993, "me@example.org", "a/b")
    assert (found.folder, found.is_sealed, found.is_here) == ("Replies here", True, False)
    assert "a/b" not in repr(found)
    plain = find_mailbox(Settings(mailbox_url="imap://me:p@mail.example.org"))
    assert plain is not None
    assert (plain.port, plain.folder, plain.is_sealed) == (143, "INBOX", False)


def test_the_command_says_how_many(reader: Settings, app: Flask, mailbox: Mailbox, database: SQLAlchemy) -> None:
    mailbox.put(mail().as_bytes())
    done = app.test_cli_runner().invoke(args=["messages", "read-mailbox"])
    assert (done.exit_code, done.output) == (0, "Taken in: 1\n")
    mailbox.refuse = "LOGIN"
    failed = app.test_cli_runner().invoke(args=["messages", "read-mailbox"])
    assert failed.exit_code == 1
    assert "The mailbox at 127.0.0.1 could not be read" in failed.output
    app.extensions["settings"] = replace(reader, mailbox_url="")
    assert app.test_cli_runner().invoke(args=["messages", "read-mailbox"]).exit_code == 1


def test_the_table_is_known() -> None:
    assert InboundMessage.__table__ in Base.metadata.sorted_tables
