"""The one way in which this site reads an address that somebody typed: feeds, and whether a link still leads somewhere.

Python's own http.client is used rather than requests or urllib3, since everything that those add would have to be
switched off again: redirects, proxies and .netrc from the environment, cookies, retries, unpacking. What neither has
is the point here: to connect to the very address that was checked, and an end to the whole of it, however slowly
the other side drips.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urljoin

from portal.core.outside import PORTS, RefusedAddressError, WebAddress, is_outside, read_web_address

USER_AGENT = "Hereabouts community directory"
MOST_REDIRECTS = 3
# Of all the addresses of a host; each that does not answer costs at most this share of the time that is left.
MOST_TRIED = 3
REDIRECTS = {301, 302, 303, 307, 308}


class FetchError(Exception):
    """Something could not be fetched; the message says why, in one plain sentence."""


class UnreachableError(FetchError):
    """Nobody answered, or not in time, or not properly. It may be different later."""


class UnsuitableAnswerError(FetchError):
    """What was answered is not what may be taken: too large, compressed, of another kind, or one redirect too many."""


@dataclass(frozen=True)
class Fetched:
    """An answer: the address that gave it after redirects, its status, its media type in lower case, and its body."""

    url: str
    status: int
    content_type: str
    body: bytes


def look_up(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, by the system's own look-up. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Network:
    """How hosts are found and which may be asked. Tests give their own, since they may not leave this machine."""

    resolve: Callable[[str, int], Sequence[str]] = look_up
    is_allowed: Callable[[str], bool] = is_outside
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context
    ports: frozenset[int] = field(default_factory=lambda: frozenset(PORTS.values()))


OUTSIDE = Network()


def fetch(
    url: str, *, most_bytes: int, seconds: float, accept: Sequence[str] = (), network: Network = OUTSIDE
) -> Fetched:
    """Fetch an address on the open internet with GET, following at most three redirects, each checked anew.

    `most_bytes` bounds the body, `seconds` everything together. `accept` names the media types that are wanted; an
    answer of another kind is refused, unless it is an error of the other side. Any status is returned. Raises
    RefusedAddressError when an address is not one that may be asked, UnreachableError or UnsuitableAnswerError.
    """
    deadline = time.monotonic() + seconds
    address = read_web_address(url, ports=network.ports)
    for _ in range(MOST_REDIRECTS + 1):
        with _Line(_connect(address, deadline, network), deadline) as line:
            try:
                found = _ask(line, address, most_bytes, accept)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise UnreachableError(_why(error)) from error
        if isinstance(found, Fetched):
            return found
        address = _follow(address, found, network)
    raise UnsuitableAnswerError("The address leads on to another one too many times.")


def _follow(address: WebAddress, location: str, network: Network) -> WebAddress:
    try:
        onward = read_web_address(urljoin(str(address), location), ports=network.ports)
    except ValueError:
        raise RefusedAddressError("This is not a web address.") from None
    if address.scheme == "https" and onward.scheme == "http":
        raise RefusedAddressError("The address leads from a secure page to one that is not.")
    return onward


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "The site took too long to answer."
    if isinstance(error, ssl.SSLCertVerificationError):
        return "The site does not prove to be the one it is asked for."
    return "The site does not answer properly."


def _left(deadline: float) -> float:
    """Return the seconds that are left. Raises TimeoutError when none are."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _resolve(address: WebAddress, deadline: float, network: Network) -> list[str]:
    """Look a host up once, within the time. Raises OSError, and RefusedAddressError unless every address is allowed."""
    answers: list[Sequence[str] | Exception] = []

    def ask() -> None:
        try:
            answers.append(network.resolve(address.host, address.port))
        except Exception as error:
            answers.append(error)

    # The system's look-up knows no end of its own.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_left(deadline))
    if not answers:
        raise TimeoutError
    found = answers[0]
    if isinstance(found, Exception):
        raise OSError("not found") from found
    if not found:
        raise OSError("not found")
    if not all(network.is_allowed(one) for one in found):
        raise RefusedAddressError("The address does not lead to the open internet.")
    return list(found)


def _connect(address: WebAddress, deadline: float, network: Network) -> socket.socket:
    """Return a connection to one of the addresses that were checked, by TLS for https."""
    try:
        checked = _resolve(address, deadline, network)[:MOST_TRIED]
        for number, one in enumerate(checked, start=1):
            try:
                plain = _open(one, address.port, _left(deadline) / (len(checked) - number + 1))
                break
            except OSError:
                if number == len(checked):
                    raise
        if address.scheme == "http":
            return plain
        try:
            plain.settimeout(_left(deadline))
            return network.trust().wrap_socket(plain, server_hostname=address.host)
        except BaseException:
            plain.close()
            raise
    except (OSError, ValueError) as error:
        raise UnreachableError(_why(error)) from error


def _open(ip: str, port: int, seconds: float) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(ip).version == 6 else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(seconds)
        opened.connect((ip, port))
    except BaseException:
        opened.close()
        raise
    return opened


class _Reader(io.RawIOBase):
    """Reads from a socket until the deadline, which holds for all readings together."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket, self._deadline = connected, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(_left(self._deadline))
        return self._socket.recv_into(buffer)


class _Line:
    """What http.client needs of a socket, with a deadline."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket, self._deadline = connected, deadline

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    def makefile(self, _mode: Literal["rb"]) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._socket, self._deadline))

    def sendall(self, sent: bytes) -> None:
        self._socket.settimeout(_left(self._deadline))
        self._socket.sendall(sent)

    def close(self) -> None:
        """Left open until the answer was read; `__exit__` closes."""


def _ask(line: _Line, address: WebAddress, most_bytes: int, accept: Sequence[str]) -> Fetched | str:
    """Ask, and return the answer, or where a redirect leads."""
    connection = http.client.HTTPConnection(address.host, address.port)
    connection.sock = line
    connection.putrequest("GET", address.target, skip_host=True, skip_accept_encoding=True)
    for name, value in (
        ("Host", address.authority),
        ("User-Agent", USER_AGENT),
        ("Accept", ", ".join(accept) or "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ):
        connection.putheader(name, value)
    connection.endheaders()
    with connection.getresponse() as response:
        location = response.headers.get("Location")
        if response.status in REDIRECTS and location:
            # Headers are read as Latin-1; what is more than ASCII in them is UTF-8, as browsers take it.
            return location.encode("latin-1").decode(errors="replace")
        kind = response.headers.get_content_type() if "Content-Type" in response.headers else ""
        body = _read(response, most_bytes, kind, accept)
    return Fetched(str(address), response.status, kind, body)


def _read(response: http.client.HTTPResponse, most_bytes: int, kind: str, accept: Sequence[str]) -> bytes:
    """Return the body. Raises UnsuitableAnswerError before reading more of it than is needed to know."""
    if accept and response.status < 300 and kind not in accept:
        raise UnsuitableAnswerError("The site answers with another kind of file than was asked for.")
    # What is packed could be anything when unpacked; nobody was asked to pack it.
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise UnsuitableAnswerError("The site sends its answer packed, although it was asked not to.")
    if (response.length or 0) > most_bytes:
        raise UnsuitableAnswerError("What the site sends is too large.")
    body = response.read(most_bytes + 1)
    if len(body) > most_bytes:
        raise UnsuitableAnswerError("What the site sends is too large.")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return body
