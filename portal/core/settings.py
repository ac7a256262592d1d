"""Settings: one frozen object, read from `PORTAL_…` variables. Each is described in docs/settings.md."""

import base64
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portal.core import mail_url as ways_out

ROOT = Path(__file__).resolve().parents[2]
DEMO_SECRET = "demonstration-only-never-use-this-for-real-people"  # noqa: S105 - refused for a real site


# Of text in base64, this many signs hold 192 bits.
SHORTEST_SECRET = 32


class SettingError(Exception):
    """A setting cannot be used; the message says which and what to do."""


@dataclass(frozen=True, kw_only=True)
class CrisisLine:
    """A number to ring when things cannot wait: what it is, the number, and one plain sentence."""

    name: str
    number: str
    about: str


DEFAULT_CRISIS_LINES = (
    CrisisLine(name="Emergency", number="999", about="If a life is in danger now. Police, ambulance or fire."),
    CrisisLine(name="NHS 111", number="111", about="For your body or your mind. Choose 2 if it is your mental health."),
    CrisisLine(name="Samaritans", number="116 123", about="Someone to listen, day and night. It is free to ring."),
    CrisisLine(
        name="National Domestic Abuse Helpline",
        number="0808 2000 247",
        about="If someone hurts you or frightens you. Free, day and night.",
    ),
    CrisisLine(
        name="Childline", number="0800 1111", about="If you are under 19. It is free and does not show on the bill."
    ),
)


def parse_crisis_lines(text: str) -> tuple[CrisisLine, ...]:
    """Read `name|number|about` entries parted by `;`. Raises SettingError when a part is missing."""
    lines = []
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        parts = [part.strip() for part in entry.split("|")]
        if len(parts) != 3 or not all(parts):
            raise SettingError(f"PORTAL_CRISIS_LINES: write each line as name|number|about, not {entry!r}.")
        lines.append(CrisisLine(name=parts[0], number=parts[1], about=parts[2]))
    return tuple(lines)


def parse_flag(name: str, text: str) -> bool:
    """Read 1/0, yes/no, true/false. Raises SettingError for anything else."""
    value = text.strip().lower()
    if value in {"1", "yes", "true", "on"}:
        return True
    if value in {"0", "no", "false", "off", ""}:
        return False
    raise SettingError(f"{name} is {text!r}. Write 1 or 0.")


def _parse_bind(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not host or not colon or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise SettingError(f"PORTAL_BIND is {text!r}. Write an address and a port, like 127.0.0.1:8000.")
    return text


def _parse_tile_url(text: str) -> str:
    # The address goes into the security policy and into a script, so nothing odd may stand in it.
    if text and not re.fullmatch(r"https?://[\w.{}:-]+/[\w./{}@?=&%-]*", text, re.ASCII):
        raise SettingError(
            f"PORTAL_TILE_URL is {text!r}. Write it like https://tiles.example.org/{{z}}/{{x}}/{{y}}.png."
        )
    if text and not all(part in text for part in ("{z}", "{x}", "{y}")):
        raise SettingError(f"PORTAL_TILE_URL is {text!r}. It lacks {{z}}, {{x}} or {{y}}.")
    return text


def _parse_site_url(text: str) -> str:
    if text and not re.fullmatch(r"https?://[\w.-]+(:\d+)?/?", text, re.ASCII):
        raise SettingError(f"PORTAL_SITE_URL is {text!r}. Write it like https://hereabouts.example.org.")
    return text.rstrip("/")


def _parse_geocoder(text: str) -> str:
    if text and not re.fullmatch(r"nominatim:https?://[\w.:/-]+", text, re.ASCII):
        raise SettingError(f"PORTAL_GEOCODER is {text!r}. Write it like nominatim:https://nominatim.example.org.")
    return text


def _parse_keys(text: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in text.split(",") if part.strip())
    for key in keys:
        try:
            is_key = len(base64.urlsafe_b64decode(key)) == 32
        except ValueError:
            is_key = False
        if not is_key:
            raise SettingError(
                "PORTAL_ENCRYPTION_KEYS holds something that is not a key. Make one with: portal keys new"
            )
    return keys


def _checked(name: str, read: Callable[[str], object]) -> Callable[[str], object]:
    """Return a reader that names the setting when another reader finds a fault in it."""

    def parse(text: str) -> object:
        try:
            return read(text)
        except ValueError as error:
            raise SettingError(f"{name}: {error}") from None

    return parse


def _parse_mail_url(text: str) -> str:
    if text:
        ways_out.parse_mail_url(text)
    return text


def _parse_proxies(text: str) -> int:
    if not text.isdigit():
        raise SettingError(f"PORTAL_PROXIES is {text!r}. Write how many proxies stand in front, like 1.")
    return int(text)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that an operator can choose. Built by `from_environment`; tests build it directly."""

    # What holds a secret, be it the password in an address, stays out of every log.
    database_url: str = field(default="", repr=False)
    search_index: Path = ROOT / "search_index"
    secret_key: str = field(default=DEMO_SECRET, repr=False)
    bind: str = "127.0.0.1:8000"
    demo: bool = True
    site_name: str = "Hereabouts"
    site_url: str = ""
    place_name: str = "Lewisham"
    phone: str = "020 7946 0100"
    phone_hours: str = "Monday to Friday, 9am to 5pm"
    crisis_lines: tuple[CrisisLine, ...] = field(default=DEFAULT_CRISIS_LINES)
    exit_url: str = "https://www.bbc.co.uk/weather"
    tile_url: str = ""
    tile_attribution: str = ""
    geocoder: str = ""
    link_checks: bool = False
    proxies: int = 0
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)
    fingerprint_key: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    mail_url: str = field(default="", repr=False)
    mail_from: str = ""
    notify_key: str = field(default="", repr=False)
    notify_url: str = "https://api.notifications.service.gov.uk"
    notify_templates: tuple[tuple[str, str], ...] = ()
    mailbox_url: str = field(default="", repr=False)
    inbound_secret: str = field(default="", repr=False)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.demo:
            self._refuse_weak_secrets()
            self._refuse_open_addresses()

    def _refuse_weak_secrets(self) -> None:
        """Raise SettingError for a real site whose secrets somebody could guess."""
        if self.secret_key == DEMO_SECRET:
            raise SettingError(
                "PORTAL_SECRET_KEY still has its demonstration value. "
                "Set it to a long random text, for example the output of: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        for name in ("encryption_keys", "fingerprint_key"):
            if not getattr(self, name):
                raise SettingError(f"PORTAL_{name.upper()} is not set. What people confide is sealed with it.")
        for name in ("secret_key", "fingerprint_key", "inbound_secret"):
            if 0 < len(getattr(self, name)) < SHORTEST_SECRET:
                raise SettingError(f"PORTAL_{name.upper()} is too short: {SHORTEST_SECRET} random signs or more.")

    def _refuse_open_addresses(self) -> None:
        """Raise SettingError for a real site whose cookies or passwords would travel where others can read them."""
        if not self.site_url:
            raise SettingError(
                "PORTAL_SITE_URL is not set. Write the public address, like https://hereabouts.example.org."
            )
        for name in ("site_url", "oidc_issuer"):
            parts = urlsplit(getattr(self, name))
            if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
                raise SettingError(f"PORTAL_{name.upper()} has to begin with https: passwords travel there.")

    @property
    def sealing_keys(self) -> tuple[str, ...]:
        """The keys that seal what people confide, newest first. A demonstration makes one of its secret."""
        made = base64.urlsafe_b64encode(hashlib.sha256(b"sealing" + self.secret_key.encode()).digest()).decode()
        return self.encryption_keys or (made,)

    @property
    def fingerprint_secret(self) -> str:
        """The key of the hashes by which sealed values are found. A demonstration uses its secret."""
        return self.fingerprint_key or "fingerprint" + self.secret_key

    @property
    def mail(self) -> ways_out.MailUrl | None:
        """The way out for e-mail; a folder below var/ in a demonstration, None on a real site that named none."""
        if self.mail_url:
            return ways_out.parse_mail_url(self.mail_url)
        return self.demonstration_mail if self.demo else None

    @property
    def demonstration_mail(self) -> ways_out.MailUrl:
        """Where a demonstration puts what it would send."""
        return ways_out.MailUrl("folder", path=ROOT / "var" / "mail")

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database: the one that was set, or a SQLite file under var/."""
        return self.database_url or f"sqlite:///{ROOT / 'var' / 'hereabouts.sqlite3'}"


PREFIX = "PORTAL_"
_READERS: dict[str, Callable[[str], object]] = {
    "demo": lambda text: parse_flag("PORTAL_DEMO", text),
    "link_checks": lambda text: parse_flag("PORTAL_LINK_CHECKS", text),
    "search_index": lambda text: Path(text).expanduser().resolve(),
    "crisis_lines": parse_crisis_lines,
    "bind": _parse_bind,
    "proxies": _parse_proxies,
    "tile_url": _parse_tile_url,
    "geocoder": _parse_geocoder,
    "site_url": _parse_site_url,
    "encryption_keys": _parse_keys,
    "mail_url": _checked("PORTAL_MAIL_URL", _parse_mail_url),
    "mail_from": _checked("PORTAL_MAIL_FROM", ways_out.parse_mail_from),
    "notify_key": _checked("PORTAL_NOTIFY_KEY", ways_out.parse_notify_key),
    "notify_url": _checked("PORTAL_NOTIFY_URL", ways_out.parse_notify_url),
    "notify_templates": _checked("PORTAL_NOTIFY_TEMPLATES", ways_out.parse_notify_templates),
}


def setting_names() -> list[str]:
    """Return the names of all variables that are read, sorted."""
    return sorted(PREFIX + item.name.upper() for item in fields(Settings))


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Build the settings from `PORTAL_…` variables. Raises SettingError that says which one is wrong."""
    values: dict[str, Any] = {}
    for item in fields(Settings):
        text = environ.get(PREFIX + item.name.upper())
        if text is not None:
            values[item.name] = _READERS.get(item.name, str)(text)
    return Settings(**values)
