"""Servers that the tests start on this machine: a real mail server, one that misbehaves, and GOV.UK Notify's API."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MailServer:
    """A real mail server (aiosmtpd). `mails` is what it took; the answers to RCPT and DATA can be chosen."""

    def __init__(self, port: int = 0, **options: Any) -> None:
        self.envelopes: list[Envelope] = []
        # Attributes: for each connection, aiosmtpd asks its handler for everything it has.
        self.mails: list[EmailMessage] = []
        self.ids: list[str] = []
        self.answer_to_rcpt: Callable[[str], str] = lambda _address: "250 OK"
        self.answer_to_data: Callable[[EmailMessage], str] = lambda _mail: "250 taken"
        self.connections = 0
        self._port = port
        self._options = options
        self._controller: Controller | None = None

    @property
    def port(self) -> int:
        return self._port

    def forget(self) -> None:
        """Let go of what was taken so far."""
        self.envelopes.clear()
        self.mails.clear()
        self.ids.clear()

    def start(self) -> None:
        # The port is kept over a stop, as a real server's would be.
        self._port = self._port or free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self._port, **self._options)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_EHLO(  # noqa: N802 - aiosmtpd wants it so
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answer_to_rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = parsed(envelope.original_content or b"")
        answer = self.answer_to_data(mail)
        if answer.startswith("250"):
            self.envelopes.append(envelope)
            self.mails.append(mail)
            self.ids.append(str(mail["Message-ID"]))
        return answer


def parsed(content: bytes) -> EmailMessage:
    """Return an e-mail read the way a modern program reads it."""
    found = message_from_bytes(content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def rude_server(*, at: str, then: str) -> Iterator[int]:
    """Serve on a port as a mail server that at one step (EHLO, RCPT, DATA, BODY or DOT) does something else:
    `drop` closes, `hang` says nothing more, `garble` answers nonsense, a text is sent as the answer.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()
    held: list[socket.socket] = []

    def misbehave(connection: socket.socket) -> None:
        if then == "hang":
            held.append(connection)
            stop.wait(30)
        elif then == "garble":
            connection.sendall(b"\x00\xff what\r\n")
        elif then != "drop":
            connection.sendall(then.encode() + b"\r\n")

    def talk(connection: socket.socket) -> None:
        file = connection.makefile("rb")
        connection.sendall(b"220 rude\r\n")
        in_body = False
        while line := file.readline():
            word = "DOT" if in_body and line == b".\r\n" else "BODY" if in_body else line[:4].decode().upper()
            if word == at:
                misbehave(connection)
                return
            if word == "BODY":
                continue
            in_body = word == "DATA"
            answer = {"DATA": b"354 go on", "QUIT": b"221 bye"}.get(word, b"250 OK")
            connection.sendall(answer + b"\r\n")

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


SERVICE_ID, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
NOTIFY_KEY = f"test_key-{SERVICE_ID}-{SECRET}"


class NotifyServer:
    """Speaks as much of GOV.UK Notify's API as a client can see: it checks the token and keeps what was sent.

    `fault` is a status to answer with; `then` says whether what was sent is kept (`keep`) all the same, or the
    connection `drop`ped after it was kept.
    """

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.tokens: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.fault = 0
        self.then = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._answerer())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _answerer(outer) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - the inner class has its own self
        class Answerer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer._check_token(self)
                if not outer.fault or outer.then:
                    outer.taken.append({"way": self.path.rpartition("/")[2], **body})
                if outer.then == "drop":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                answer = {"id": f"number-{len(outer.taken)}", "reference": body.get("reference")}
                self._answer(outer.fault or 201, answer)

            def do_GET(self) -> None:
                outer._check_token(self)
                parts = urlsplit(self.path)
                assert parts.path == "/v2/notifications"
                reference = parse_qs(parts.query)["reference"][0]
                outer.asked.append(reference)
                found = [one for one in outer.taken if one["reference"] == reference]
                self._answer(200, {"notifications": found, "links": {}})

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                if status >= 400:
                    body = {"status_code": status, "errors": [{"error": "SomeError", "message": "no"}]}
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_rest: Any) -> None:
                pass

        return Answerer

    def _check_token(self, request: BaseHTTPRequestHandler) -> None:
        scheme, _, token = request.headers["Authorization"].partition(" ")
        assert scheme == "Bearer"
        # The suite's clock stands elsewhere than the real one, so the token's age is looked at by the test.
        claims = jwt.decode(
            token, SECRET, algorithms=["HS256"], issuer=SERVICE_ID, options={"verify_iat": False, "verify_exp": False}
        )
        self.tokens.append(claims)
