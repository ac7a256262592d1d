"""How messages leave, read from the settings."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class MailUrl:
    """A way out for e-mail: `kind` is smtp, smtps, console or folder; the rest is what that kind needs."""

    kind: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    path: Path = Path()

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine, where nobody listens in on the line."""
        return self.host in LOOPBACK


def parse_mail_url(text: str) -> MailUrl:
    """Read `smtp://user:password@host:587`, `smtps://…`, `console:` or `folder:/path`.

    Signs that mean something in an address stand as %40 and so on. Raises ValueError that says what is wrong and
    repeats nothing of the text, since it may hold a password.
    """
    kind, colon, rest = text.strip().partition(":")
    if kind == "console" and colon and not rest:
        return MailUrl("console")
    if kind == "folder":
        if not rest.startswith("/"):
            raise ValueError("write a folder as folder: and its whole path, like folder:/var/mail/out.")
        return MailUrl("folder", path=Path(rest))
    if kind not in PORTS:
        raise ValueError("write smtp://user:password@host:587, smtps://…, console: or folder:/path.")
    try:
        parts = urlsplit(text.strip())
        port = parts.port or PORTS[kind]
    except ValueError:
        raise ValueError("the host or its port cannot be read.") from None
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("name a host, and nothing after its port; write @ / ? # in a password as %40 %2F %3F %23.")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("a user needs a password, and a password a user.")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailUrl(kind, host=parts.hostname, port=port, user=user, password=password)


_NOTIFY_WAYS = ("email", "sms", "letter")
_UUID = r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"


def parse_notify_key(text: str) -> str:
    """Check a key of GOV.UK Notify, which ends in two ids. Raises ValueError that repeats nothing of it."""
    if text and not re.fullmatch(rf".*{_UUID}-{_UUID}", text.strip()):
        raise ValueError("this is not a key of GOV.UK Notify: it ends in two long ids.")
    return text.strip()


def parse_notify_url(text: str) -> str:
    """Check the address of GOV.UK Notify: https, or this machine for tests. Raises ValueError."""
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?/?|http://(127\.0\.0\.1|localhost)(:\d+)?/?", text, re.ASCII):
        raise ValueError("write it like https://api.notifications.service.gov.uk.")
    return text.rstrip("/")


def parse_notify_templates(text: str) -> tuple[tuple[str, str], ...]:
    """Read `email=<id>,sms=<id>,letter=<id>`, any of them. Raises ValueError."""
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        way, _, template = part.partition("=")
        if way not in _NOTIFY_WAYS or not re.fullmatch(_UUID, template):
            raise ValueError("write email=<id>,sms=<id>,letter=<id> with the ids that GOV.UK Notify shows.")
        found.append((way, template))
    return tuple(found)


def parse_mail_from(text: str) -> str:
    """Check the address that e-mail comes from: one plain address. Raises ValueError."""
    if text and not re.fullmatch(r"[\w.+-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", text, re.ASCII):
        raise ValueError("write one address, like no-reply@hereabouts.example.org.")
    return text
