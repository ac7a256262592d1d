"""Encryption and sign-in at the mail server: no password and no message over an open line, or to somebody else."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.core import jobs
from portal.messages.models import MessageState
from tests.messages.conftest import queue_notice
from tests.messages.servers import MailServer
from tests.messages.test_delivery import state_of, why_of

pytestmark = pytest.mark.usefixtures("wording", "database")
USER, PASSWORD = "portal", "p@ss/word:1"
ENCODED = "p%40ss%2Fword%3A1"


def make_certificate(folder: Path, address: str) -> Path:
    """Make a certificate that vouches for itself, with its key, for one address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of the tests")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2060, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{address}.pem"
    plain = serialization.NoEncryption()
    kind = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate for 127.0.0.1 that this machine trusts; and 127.0.0.1 does not count as this machine."""
    path = make_certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setattr("portal.core.mail_url.LOOPBACK", frozenset())
    return path


def context_of(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


class Guard:
    """Lets one user in, and remembers every password that it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[bytes, bytes]] = []

    def __call__(self, *arguments: object) -> AuthResult:
        data = arguments[-1]
        assert isinstance(data, LoginPassword)
        self.shown.append((data.login, data.password))
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)


@pytest.fixture
def start(use: Callable[..., None]) -> Iterator[Callable[..., MailServer]]:
    servers: list[MailServer] = []

    def begin(kind: str, *, password: str = ENCODED, **options: Any) -> MailServer:
        server = MailServer(**options)
        server.start()
        servers.append(server)
        use(mail_url=f"{kind}://{USER}:{password}@127.0.0.1:{server.port}")
        return server

    yield begin
    for server in servers:
        server.stop()


def send() -> tuple[MessageState, str]:
    message = queue_notice()
    jobs.settle()
    return state_of(message), why_of(message)


@pytest.mark.parametrize("kind", ["smtp", "smtps"])
def test_encrypted_and_signed_in(kind: str, certificate: Path, start: Callable[..., MailServer]) -> None:
    guard = Guard()
    options = {"tls_context": context_of(certificate), "require_starttls": True, "auth_required": True}
    if kind == "smtps":
        options = {"ssl_context": context_of(certificate), "auth_require_tls": False}
    server = start(kind, authenticator=guard, **options)
    assert send() == (MessageState.SENT, "")
    assert guard.shown == [(USER.encode(), PASSWORD.encode())]
    assert len(server.mails) == 1


@pytest.mark.usefixtures("certificate")
def test_no_encryption_offered(start: Callable[..., MailServer]) -> None:
    guard = Guard()
    server = start("smtp", authenticator=guard, auth_require_tls=False)
    assert send() == (MessageState.FAILED, "The mail server offers no encryption, or no way to sign in.")
    assert guard.shown == []
    assert server.mails == []


@pytest.mark.parametrize("kind", ["smtp", "smtps"])
@pytest.mark.parametrize("whose", ["nobody trusts it", "for another address"])
def test_a_certificate_that_does_not_fit(
    kind: str,
    whose: str,
    certificate: Path,
    tmp_path: Path,
    start: Callable[..., MailServer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if whose == "nobody trusts it":
        (tmp_path / "other").mkdir()
        theirs = make_certificate(tmp_path / "other", "127.0.0.1")
    else:
        theirs = make_certificate(tmp_path, "127.0.0.2")
        monkeypatch.setenv("SSL_CERT_FILE", str(theirs))
    guard = Guard()
    name = "tls_context" if kind == "smtp" else "ssl_context"
    server = start(kind, authenticator=guard, **{name: context_of(theirs)})
    assert send() == (MessageState.FAILED, "The mail server's certificate could not be checked.")
    assert guard.shown == []
    assert server.mails == []
    assert certificate.exists()


def test_a_wrong_password_loses_nothing(certificate: Path, start: Callable[..., MailServer]) -> None:
    server = start(
        "smtp", password="wrong", authenticator=Guard(), require_starttls=True, tls_context=context_of(certificate)
    )
    assert send() == (MessageState.FAILED, "The mail server refused our user or password.")
    assert server.mails == []


def test_on_this_machine_no_encryption_is_needed(mail_server: MailServer) -> None:
    assert send() == (MessageState.SENT, "")
    assert len(mail_server.mails) == 1
