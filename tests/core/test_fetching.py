"""The safe fetcher, against real servers on this machine and addresses that are meant to deceive it."""

import gzip
import re
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.core import fetching
from portal.core.fetching import Fetched, FetchError, Network, UnreachableError, UnsuitableAnswerError, fetch
from portal.core.outside import RefusedAddressError, is_outside, read_web_address
from portal.core.settings import ROOT
from tests.core.outside_server import (
    Names,
    Server,
    answer,
    drip,
    make_certificate,
    network_of,
    raw,
    redirect,
    running,
)

NAME = "site.example.org"


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as found:
        yield found


def ask(server: Server, path: str = "/", *, network: Network | None = None, **values) -> Fetched:
    values = {"most_bytes": 10_000, "seconds": 5, **values}
    return fetch(f"http://{NAME}:{server.port}{path}", network=network or network_of(server), **values)


# What may be asked.


@pytest.mark.parametrize("ip", ["8.8.8.8", "93.184.216.34", "2001:4860:4860::8888", "2a00:1450:4009:81f::200e"])
def test_the_open_internet(ip: str) -> None:
    assert is_outside(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
        "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.0.170", "192.0.0.192",
        "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1", "64:ff9b:1:ffff::1", "100::1",
        "2001::7f00:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1", "2001:db8::1",
        "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "4000::1", "fc00::1", "fd00:ec2::254", "fe80::1",
        "fec0::1", "ff02::1", "2a00:1450:4009:81f:0:5efe:127.0.0.1", "2a00:1450:4009:81f:200:5efe:7f00:1",
        "2001:4860:4860::8888%eth0", "", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
    ],
)  # fmt: skip
def test_what_is_not_the_open_internet(ip: str) -> None:
    assert not is_outside(ip)


@pytest.mark.parametrize(
    ("text", "host", "target"),
    [
        ("http://example.org", "example.org", "/"),
        ("https://Example.ORG./a%20b?c=d&e=é#f", "example.org", "/a%20b?c=d&e=%C3%A9"),
        ("https://bücher.example.org/ü", "xn--bcher-kva.example.org", "/%C3%BC"),
        ("http://93.184.216.34:80/", "93.184.216.34", "/"),
        ("https://[2001:4860:4860:0::8888]:443/", "2001:4860:4860::8888", "/"),
        ("http://example.org?q", "example.org", "/?q"),
    ],
)
def test_web_addresses(text: str, host: str, target: str) -> None:
    read = read_web_address(text)
    assert (read.host, read.target) == (host, target)
    assert read_web_address(str(read)) == read


@pytest.mark.parametrize(
    "text",
    [
        "", "example.org", "//example.org", "http:", "http://", "http:///path", "http:example.org", "http://?", "http://.",
        "ftp://example.org", "file:///etc/passwd", "gopher://example.org", "javascript:alert(1)", "data:text/plain,a",
        "http://user@example.org", "http://user:word@example.org", "http://@example.org", "http://:@example.org",
        "http://example.org:8080", "http://example.org:0", "http://example.org:x", "http://example.org:99999",
        "https://example.org:22", "http://example.org:١",
        "http://2130706433", "http://0x7f000001", "http://0x7f.1", "http://127.1", "http://0177.0.0.1", "http://1",
        "http://127.0.0.1.", "http://127.0.0.0x1", "http://127.0.0.1.1", "http://①②⑦.1", "http://example.0x1",
        "http://localhost", "http://printer", "http://a..b", "http://-a.org", "http://a-.org", "http://a.b-",
        "http://[::1", "http://::1", "http://[fe80::1%25eth0]", "http://[127.0.0.1]", "http://[::1]x",
        "http://example.org\\@evil.example", "http://exa\tmple.org", " http://example.org",
        "http://example.org\r\nX: y",
        "http://example.org/\x00", "http://example.org/\x85", "http://example.org/a b", "http://example.org/\ud800",
        "http://exa%6dple.org", "http://ex\u200bample\u2028.org",
        "http://" + "a" * 64 + ".org", "http://a.org/" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_web_address(text: str) -> None:
    if text == "http://127.0.0.1.":
        # A dot at the end changes nothing: it is the address itself, which leads nowhere outside.
        assert not is_outside(read_web_address(text).host)
        return
    with pytest.raises(RefusedAddressError):
        read_web_address(text)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://10.0.0.1:80/",
    ],
)
def test_production_refuses_this_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "look_up", None)
    network = Network(resolve=lambda host, _port: [host])
    assert network.is_allowed is is_outside and network.ports == {80, 443}
    with pytest.raises(RefusedAddressError):
        fetch(url, most_bytes=100, seconds=2, network=network)


def test_nobody_but_a_test_chooses_the_network() -> None:
    asks = re.compile(r"\bfetch\([^)]*network|\bNetwork\(")
    found = [path.name for path in (ROOT / "portal").rglob("*.py") if asks.search(path.read_text())]
    assert found == ["fetching.py"]
    assert (ROOT / "portal/core/fetching.py").read_text().count("Network()") == 1


# What was checked is what is asked.


def test_an_answer(server: Server) -> None:
    server.answers["/a?b=c"] = answer("grüß".encode(), Content_Type="Text/HTML; charset=utf-8", Set_Cookie="a=b")
    found = ask(server, "/a?b=c")
    assert found == Fetched(f"http://{NAME}:{server.port}/a?b=c", 200, "text/html", "grüß".encode())
    head = server.requests[0].decode()
    assert head.startswith("GET /a?b=c HTTP/1.1\r\n") and f"Host: {NAME}:{server.port}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head and "Cookie" not in head and "Authorization" not in head


def test_an_error_of_the_other_side_is_an_answer(server: Server) -> None:
    server.answers["/"] = answer(b"gone", status="410 Gone")
    assert ask(server, accept=["application/json"]).status == 410


def test_the_name_is_looked_up_once(server: Server) -> None:
    """Rebinding: the second answer would lead to this machine's inside; it is never asked for."""
    server.answers["/"] = answer()
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    assert ask(server, network=network_of(server, names=names)).status == 200
    assert names.asked == [NAME]


def test_each_redirect_is_looked_up_and_checked_anew(server: Server) -> None:
    server.answers["/"] = redirect(f"http://other.example.org:{server.port}/b")
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    with pytest.raises(RefusedAddressError, match="open internet"):
        ask(server, network=network_of(server, names=names))
    assert names.asked == [NAME, "other.example.org"] and len(server.requests) == 1


@pytest.mark.parametrize("found", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["::1", "127.0.0.1"]])
def test_every_address_of_a_name_has_to_be_outside(server: Server, found: list[str]) -> None:
    with pytest.raises(RefusedAddressError):
        ask(server, network=network_of(server, names=Names(found)))
    assert server.requests == []


def test_the_next_address_is_tried(server: Server) -> None:
    server.answers["/"] = answer()
    network = replace(network_of(server, names=Names(["::1", "127.0.0.1"])), is_allowed=lambda _ip: True)
    assert ask(server, network=network).body == b"hello"


@pytest.mark.parametrize("answers", [[], None])
def test_a_name_that_nobody_has(server: Server, answers: list[str] | None) -> None:
    def names(_host: str, _port: int) -> list[str]:
        if answers is None:
            raise socket.gaierror("no such name")
        return answers

    with pytest.raises(UnreachableError, match="does not answer properly"):
        ask(server, network=network_of(server, names=names))


def test_no_proxy_and_no_netrc(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with running() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        (tmp_path / ".netrc").write_text(f"machine {NAME} login rita password hush\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        server.answers["/"] = answer()
        assert ask(server).status == 200
        assert proxy.requests == [] and b"Authorization" not in server.requests[0]


# Redirects.


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_three_redirects_are_followed(server: Server, status: str) -> None:
    server.answers |= {
        "/": redirect("/1", status),
        "/1": redirect("2?a=b", status),
        "/2?a=b": redirect(f"//{NAME}:{server.port}/gr%C3%BC%C3%9Fe#top", status),
        "/gr%C3%BC%C3%9Fe": answer(b"here"),
    }
    found = ask(server)
    assert found.body == b"here" and found.url.endswith("/gr%C3%BC%C3%9Fe")


def test_a_fourth_redirect_is_not(server: Server) -> None:
    for number in range(6):
        server.answers[f"/{number}"] = redirect(f"/{number + 1}")
    with pytest.raises(UnsuitableAnswerError, match="too many times"):
        ask(server, "/0")
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "http://user:word@site.example.org/",
        "http://127.1/",
        "http://2130706433/",
        "http://site.example.org:22/",
        "http://[::1/",
        "/a b",
        "/a\\b",
        "javascript:alert(1)",
    ],
)
def test_redirects_are_checked_like_the_first_address(server: Server, location: str) -> None:
    server.answers["/"] = redirect(location)
    with pytest.raises(RefusedAddressError):
        ask(server)
    assert len(server.requests) == 1


def test_a_redirect_to_nowhere_is_an_answer(server: Server) -> None:
    server.answers["/"] = answer(b"", status="302 Found")
    assert ask(server).status == 302


# Size, kind, packing.


def test_size(server: Server) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n"
    server.answers |= {
        "/just": answer(b"x" * 1000),
        "/said": answer(b"x" * 1001),
        "/lied": answer(b"x" * 5000, Content_Length="10"),
        "/unsaid": answer(b"x" * 1001, Content_Length=""),
        "/chunked": raw(chunked + b"400\r\n" + b"x" * 1024 + b"\r\n0\r\n\r\n"),
        "/endless": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, 0),
        "/huge": answer(b"x", Content_Length=str(10**18)),
    }
    assert len(ask(server, "/just", most_bytes=1000).body) == 1000
    assert len(ask(server, "/lied", most_bytes=1000).body) == 10
    for path in ("/said", "/unsaid", "/chunked", "/endless", "/huge"):
        with pytest.raises(UnsuitableAnswerError, match="too large"):
            ask(server, path, most_bytes=1000)


def test_packed_answers_are_refused(server: Server) -> None:
    server.answers |= {
        "/gzip": answer(gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip"),
        "/twice": answer(b"x", Content_Encoding="gzip, gzip"),
        "/br": answer(b"x", Content_Encoding="br"),
        "/plain": answer(b"x", Content_Encoding="Identity"),
    }
    for path in ("/gzip", "/twice", "/br"):
        with pytest.raises(UnsuitableAnswerError, match="packed"):
            ask(server, path, most_bytes=100_000)
    assert ask(server, "/plain").body == b"x"


def test_kinds(server: Server) -> None:
    server.answers |= {
        "/json": answer(b"{}", Content_Type="application/json"),
        "/html": answer(b"<p>"),
        "/none": answer(b"", Content_Type=""),
    }
    assert ask(server, "/json", accept=["application/json", "text/csv"]).content_type == "application/json"
    assert b"Accept: application/json, text/csv\r\n" in server.requests[0]
    assert ask(server, "/none").content_type == ""
    for path in ("/html", "/none"):
        with pytest.raises(UnsuitableAnswerError, match="another kind"):
            ask(server, path, accept=["application/json"])


# Time, and answers that are none.


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b""),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_slow_servers_do_not_hold_us(server: Server, start: bytes, piece: bytes) -> None:
    server.answers["/"] = drip(start, piece, 0.1)
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="too long"):
        ask(server, seconds=0.6)
    assert 0.5 < time.monotonic() - began < 4


def test_redirects_share_the_time(server: Server) -> None:
    def slowly(connection: socket.socket, request: bytes) -> None:
        time.sleep(0.25)
        redirect("/")(connection, request)

    server.answers["/"] = slowly
    with pytest.raises(UnreachableError, match="too long"):
        ask(server, seconds=0.6)


def test_a_slow_look_up_does_not_hold_us(server: Server) -> None:
    def names(_host: str, _port: int) -> list[str]:
        time.sleep(4)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(UnreachableError, match="too long"):
        ask(server, seconds=0.3, network=network_of(server, names=names))
    assert time.monotonic() - began < 3.5


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"A" * 100_000,
    ],
)
def test_answers_that_are_none(server: Server, sent: bytes) -> None:
    server.answers["/"] = raw(sent)
    with pytest.raises(UnreachableError, match="does not answer properly"):
        ask(server)


def test_nobody_listens() -> None:
    with running() as gone:
        network = network_of(gone)
    with pytest.raises(FetchError):
        ask(gone, network=network)


# TLS.


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path, NAME)


@pytest.fixture
def secure(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running(context) as found:
        yield found


def trusting(certificate: Path):
    return lambda: ssl.create_default_context(cafile=str(certificate))


def ask_securely(secure: Server, network: Network, name: str = NAME) -> Fetched:
    return fetch(f"https://{name}:{secure.port}/", most_bytes=1000, seconds=5, network=network)


def test_a_secure_answer(secure: Server, certificate: Path) -> None:
    secure.answers["/"] = answer()
    assert ask_securely(secure, network_of(secure, trust=trusting(certificate))).body == b"hello"


def test_the_certificate_has_to_fit_the_name_and_be_trusted(secure: Server, certificate: Path) -> None:
    secure.answers["/"] = answer()
    with pytest.raises(UnreachableError, match="does not prove"):
        ask_securely(secure, network_of(secure, trust=trusting(certificate)), "other.example.org")
    with pytest.raises(UnreachableError, match="does not prove"):
        ask_securely(secure, network_of(secure))
    assert secure.requests == []


def test_no_way_back_from_secure_to_plain(secure: Server, server: Server, certificate: Path) -> None:
    network = network_of(secure, server, trust=trusting(certificate))
    secure.answers["/"] = redirect(f"http://{NAME}:{server.port}/")
    with pytest.raises(RefusedAddressError, match="not"):
        ask_securely(secure, network)
    assert server.requests == []
    server.answers["/up"] = redirect(f"https://{NAME}:{secure.port}/b")
    secure.answers["/b"] = answer(b"secure")
    assert ask(server, "/up", network=network).body == b"secure"


def test_a_handshake_that_never_ends(certificate: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        network = Network(
            resolve=Names(), is_allowed=lambda _ip: True, ports=frozenset({port}), trust=trusting(certificate)
        )
        began = time.monotonic()
        with pytest.raises(UnreachableError, match="too long"):
            fetch(f"https://{NAME}:{port}/", most_bytes=100, seconds=0.5, network=network)
        assert time.monotonic() - began < 4
