"""What the benchmark says it measured is what happened."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.load import ask_as_users
from benchmarks.report import Report
from benchmarks.timing import spread


class Answering(BaseHTTPRequestHandler):
    """Answers everything; `/missing` with 404, and closes every third connection that it promised to keep."""

    protocol_version = "HTTP/1.1"
    answered = 0

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
        Answering.answered += 1
        self.close_connection = Answering.answered % 3 == 0

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_load_stops_by_count(port: int) -> None:
    load = ask_as_users(port, ["/a", "/b"], users=2, seconds=20, most=30)
    assert 30 <= load.times.count <= 31
    assert load.failed == 0
    assert load.per_second > 0


def test_load_stops_by_time(port: int) -> None:
    load = ask_as_users(port, ["/a"], users=3, seconds=0.3, most=10**9)
    assert load.times.count > 3
    assert load.times.longest < 1000


def test_load_counts_what_failed_apart(port: int) -> None:
    load = ask_as_users(port, ["/a", "/missing"], users=1, seconds=20, most=10)
    assert (load.times.count, load.failed) == (5, 5)


def test_nobody_answering_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="answered nothing"):
        ask_as_users(1, ["/a"], users=1, seconds=20, most=3)


def test_spread_is_by_nearest_rank() -> None:
    found = spread(number / 1000 for number in range(100, 0, -1))
    assert (found.p50, found.p95, found.longest) == (50, 95, 100)
    assert str(found) == "p50 50 ms, p95 95 ms"
    with pytest.raises(ValueError, match="Nothing"):
        spread([])


def test_report_has_a_column_for_each_size() -> None:
    report = Report([10, 1000], ("One", "Two"))
    report.set("Two", "later", 10, "3 ms")
    report.set("One", "first", 1000, "12 ms")
    lines = report.as_text().splitlines()
    assert lines[0].split() == ["10", "listings", "1,000", "listings"]
    assert [line.strip().split("  ")[0] for line in lines if line] == ["10 listings", "One", "first", "Two", "later"]
    assert lines[3].endswith("12 ms")
