"""A small IMAP server on a real socket: enough of RFC 3501 for reading a mailbox, and ways to make it fail."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "replies@example.org", "long enough"


@dataclass
class Letter:
    """One e-mail in the mailbox, with its flags."""

    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class Mailbox:
    """What the server holds, what it was asked, and what it shall refuse."""

    letters: dict[int, Letter] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuse: str = ""  # the beginning of a command that is answered with NO
    hang_up_at: str = ""  # the beginning of a command at which the connection is cut

    def put(self, raw: bytes) -> int:
        """Deliver an e-mail; return its UID."""
        uid = max(self.letters, default=100) + 1
        self.letters[uid] = Letter(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        return uid

    def seen(self) -> set[int]:
        return {uid for uid, letter in self.letters.items() if "\\Seen" in letter.flags}


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        self._say(b"* OK ready")
        while line := self.rfile.readline(65_536):
            tag, _, command = line.decode().strip().partition(" ")
            self.server.mailbox.asked.append(re.sub(r"(?i)^(LOGIN \S+) .*", r"\1 ...", command))
            if self.server.mailbox.hang_up_at and command.startswith(self.server.mailbox.hang_up_at):
                return
            if self.server.mailbox.refuse and command.startswith(self.server.mailbox.refuse):
                self._say(f"{tag} NO refused".encode())
                continue
            answer = self._answer(command)
            self._say(f"{tag} {answer}".encode())
            if command == "LOGOUT":
                return

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")

    def _answer(self, command: str) -> str:
        word, _, rest = command.partition(" ")
        if word == "CAPABILITY":
            self._say(b"* CAPABILITY IMAP4rev1")
        elif word == "LOGIN":
            if rest != f'"{USER}" "{PASSWORD}"' and rest != f'{USER} "{PASSWORD}"':
                return "NO wrong name or password"
        elif word in {"SELECT", "EXAMINE"}:
            self._say(f"* {len(self.server.mailbox.letters)} EXISTS".encode())
            self._say(b"* OK [UIDVALIDITY 7] stays")
        elif word == "UID":
            return self._uid(rest)
        elif word == "LOGOUT":
            self._say(b"* BYE")
        else:
            return f"BAD {word} is not known here"
        return "OK done"

    def _uid(self, rest: str) -> str:
        letters = self.server.mailbox.letters
        word, _, rest = rest.partition(" ")
        if word.upper() == "SEARCH":
            unseen = [uid for uid, letter in letters.items() if "\\Seen" not in letter.flags]
            self._say(f"* SEARCH {' '.join(map(str, unseen))}".rstrip().encode())
            return "OK done"
        number, _, rest = rest.partition(" ")
        letter = letters[int(number)]
        if word.upper() == "STORE":
            letter.flags.update(re.findall(r"\\\w+", rest))
            return "OK done"
        raw = letter.raw
        if "BODY[" in rest:  # not PEEK: to read is to have seen
            letter.flags.add("\\Seen")
        if "HEADER" in rest:
            raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        head = f"* 1 FETCH (UID {number} FLAGS ({' '.join(letter.flags)}) RFC822.SIZE {len(letter.raw)} BODY[] "
        self._say(f"{head}{{{len(raw)}}}".encode())
        self.wfile.write(raw)
        self._say(b")")
        return "OK done"


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    mailbox: Mailbox
    tls: ssl.SSLContext | None

    def get_request(self):
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True)
        return connection, address

    def handle_error(self, _request: object, _address: object) -> None:
        """A client that goes away is nothing to write about."""


@contextmanager
def serve(mailbox: Mailbox, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve a mailbox on a port of this machine; yields the setting by which the portal reads it."""
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.mailbox, server.tls = mailbox, tls
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        scheme, name = ("imaps" if tls else "imap"), USER.replace("@", "%40")
        yield f"{scheme}://{name}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{server.server_address[1]}/INBOX"
        server.shutdown()
        thread.join(timeout=5)
