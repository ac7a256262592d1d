"""A server on this machine that answers byte for byte what a test wants, and a network that finds it by any name."""

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.core.fetching import Network

Answer = Callable[[socket.socket, bytes], None]


def answer(body: bytes = b"hello", *, status: str = "200 OK", **headers: str) -> Answer:
    """Answer with these headers (underscores for hyphens), and with the length unless it is given."""
    lines = {"Content-Type": "text/plain", "Content-Length": str(len(body))}
    lines.update({name.replace("_", "-"): value for name, value in headers.items()})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return raw(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


def raw(sent: bytes) -> Answer:
    return lambda connection, _request: connection.sendall(sent)


def redirect(location: str, status: str = "302 Found") -> Answer:
    return answer(b"", status=status, Location=location)


def drip(start: bytes, piece: bytes, pause: float) -> Answer:
    """Send a piece again and again, each just before a timeout of single readings would end it."""

    def send(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(start)
        for _ in range(200):
            time.sleep(pause)
            connection.sendall(piece)

    return send


class Server:
    """Answers each path as it was told, and keeps what it was asked."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[bytes] = []
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.settimeout(5)
                if self._context:
                    connection = self._context.wrap_socket(connection, server_side=True)
                request = b""
                while b"\r\n\r\n" not in request and (piece := connection.recv(4096)):
                    request += piece
                self.requests.append(request)
                path = request.split(b" ")[1].decode()
                self.answers[path](connection, request)
            except (OSError, IndexError):
                pass
            finally:
                connection.close()

    def close(self) -> None:
        # A shutdown wakes the thread that waits; closing alone would not.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._listener.join(timeout=5)
        for thread in self._threads:
            thread.join(timeout=5)


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(context)
    try:
        yield server
    finally:
        server.close()


class Names:
    """A resolver that gives the answers it was told, one after the other, and counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = answers or (["127.0.0.1"],)
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def network_of(*servers: Server, names: Callable[[str, int], list[str]] | None = None, trust=None) -> Network:
    """A network on which every name leads to this machine, and this machine may be asked."""
    more = {"trust": trust} if trust else {}
    return Network(
        resolve=names or Names(),
        is_allowed=lambda ip: ip == "127.0.0.1",
        ports=frozenset(server.port for server in servers),
        **more,
    )


def make_certificate(folder: Path, name: str) -> Path:
    """Write a key and a certificate for a name, signed by itself, and return the path of both in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1))
        .not_valid_after(dt.datetime(2040, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
