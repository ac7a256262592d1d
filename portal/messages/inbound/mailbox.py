"""Reads the mailbox for replies, over IMAP: each once, and marked as seen only when it is safely stored."""

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessage
from imap_tools.errors import ImapToolsError

from portal.core.database import transaction
from portal.core.settings import Settings
from portal.messages.inbound import Nature, Reply
from portal.messages.inbound.mail_reading import UnreadableMailError, read_mail, unreadable
from portal.messages.inbound.mailbox_address import MailboxAddress, find_mailbox
from portal.messages.inbound.operations import take_in

log = logging.getLogger(__name__)

ACTOR = "mailbox"
MOST_AT_ONCE = 50
# Telephones attach whole photographs; the words beside them must not be lost for that.
LONGEST_MAIL = 25 * 1024 * 1024
_TIMEOUT = 20  # seconds


class MailboxError(Exception):
    """The mailbox cannot be read now. The message holds neither its password nor anybody's words."""


def read_mailbox(chosen: Settings) -> int:
    """Take in what is new in the mailbox, at most 50 messages; return how many. 0 without the setting.

    Nothing is ever deleted there. When this is stopped halfway, the rest is new the next time, and what was stored
    but not yet marked is known again by its Message-ID. Raises MailboxError when the mailbox does not answer.
    """
    address = find_mailbox(chosen)
    if address is None:
        return 0
    try:
        with _open(address) as box:
            return sum(_take(box, uid) for uid in box.uids("UNSEEN")[:MOST_AT_ONCE])
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(f"The mailbox at {address.host} could not be read: {type(error).__name__}.") from None


class _Fetched(MailMessage):
    """An e-mail as the server sent it, not yet parsed: what cannot be parsed must not stop those after it."""

    def __init__(self, fetched: list[Any]) -> None:
        self.raw, self._raw_uid_data, self._raw_flag_data = self._get_message_data_parts(fetched)


@contextmanager
def _open(address: MailboxAddress) -> Iterator[BaseMailBox]:
    # Without a context of ours the client would take any certificate.
    trusted = ssl.create_default_context()
    box: BaseMailBox
    if address.is_sealed:
        box = MailBox(address.host, address.port, timeout=_TIMEOUT, ssl_context=trusted)
    elif address.is_here:
        box = MailBoxUnencrypted(address.host, address.port, timeout=_TIMEOUT)
    else:
        box = MailBoxStartTls(address.host, address.port, timeout=_TIMEOUT, ssl_context=trusted)
    box.email_message_class = _Fetched  # type: ignore[assignment]
    try:
        box.login(address.user, address.password, address.folder)
        yield box
    finally:
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            box.logout()
        # Where saying goodbye fails, the client of the standard library leaves the connection open.
        with suppress(OSError):
            box.client.shutdown()


def _take(box: BaseMailBox, uid: str) -> bool:
    """Take in one e-mail and mark it as seen after the commit; say whether it was new."""
    reply = _read(box, uid)
    is_new = False
    if reply is not None:
        with transaction() as session:
            is_new = take_in(session, reply=reply, actor=ACTOR) is not None
    # Not `box.flag`: that would also expunge what somebody else has marked as deleted.
    box.client.uid("STORE", uid, "+FLAGS", r"(\Seen)")
    return is_new


def _read(box: BaseMailBox, uid: str) -> Reply | None:
    """Return the e-mail as a reply; of one that is too long or no e-mail, that it came; None when it has vanished."""
    head = _fetch(box, uid, headers_only=True)
    if head is None:
        return None
    is_long = head.size_rfc822 > LONGEST_MAIL
    whole = head if is_long else _fetch(box, uid)
    if whole is None:
        return None
    try:
        reply = read_mail(whole.raw)
    except UnreadableMailError as error:
        log.warning("An e-mail in the mailbox cannot be read (%s); it stays there.", error)
        return unreadable(whole.raw)
    return replace(reply, nature=Nature.UNREADABLE) if is_long else reply


def _fetch(box: BaseMailBox, uid: str, *, headers_only: bool = False) -> _Fetched | None:
    found = next(iter(box.fetch(uid_list=[uid], mark_seen=False, headers_only=headers_only)), None)
    return found if isinstance(found, _Fetched) else None
