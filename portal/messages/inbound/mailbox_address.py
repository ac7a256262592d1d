"""The mailbox that is read for replies, as the setting `PORTAL_MAILBOX_URL` names it."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from portal.core.settings import SettingError, Settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS = {"imaps": 993, "imap": 143}


@dataclass(frozen=True, kw_only=True)
class MailboxAddress:
    """Where the mailbox is. `is_sealed`: TLS from the first byte; else STARTTLS, and none only on this machine."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    is_sealed: bool

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, so that nobody can listen on the way."""
        return self.host in LOOPBACK


def find_mailbox(chosen: Settings) -> MailboxAddress | None:
    """Return where the mailbox is, or None without the setting. Raises SettingError when the setting is not usable."""
    if not chosen.mailbox_url:
        return None
    try:
        parts = urlsplit(chosen.mailbox_url)
        port = parts.port or _PORTS[parts.scheme]
        if not (parts.hostname and parts.username and parts.password):
            raise ValueError
    except (ValueError, KeyError):
        # The text holds a password and is therefore not repeated.
        raise SettingError(
            "PORTAL_MAILBOX_URL cannot be used. Write it like imaps://user:password@host/INBOX, "
            "with %40 for an @ in the user's name."
        ) from None
    return MailboxAddress(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username),
        password=unquote(parts.password),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        is_sealed=parts.scheme == "imaps",
    )
