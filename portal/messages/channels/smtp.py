"""E-mail by SMTP: encrypted unless it stays on this machine, and clear about whether the server took the message."""

import re
import smtplib
import socket
import ssl
from typing import cast
from uuid import UUID

from portal.core.mail_url import MailUrl
from portal.messages.channels import Outcome, Parcel, Result
from portal.messages.channels.email import Sender, build_email

# Seconds that each step may take: no try comes near the lease (fifteen minutes), even if every step is as slow.
TIMEOUT = 20.0


class _AwayError(Exception):
    """The server cannot be used at all just now; the message says why, in our words."""


class SmtpCarrier:
    """One mail server. A connection for each message: what happens to one cannot touch another."""

    name = "smtp"

    def __init__(self, way: MailUrl, sender: Sender, *, timeout: float = TIMEOUT) -> None:
        self._way, self._sender, self._timeout = way, sender, timeout

    def was_taken(self, _message_id: UUID) -> bool | None:
        """Return None: a mail server cannot be asked."""
        return None

    def send(self, parcel: Parcel) -> Outcome:
        """Hand over one e-mail."""
        content = re.sub(rb"(?m)^\.", b"..", build_email(parcel, self._sender))
        try:
            server = self._open()
        except _AwayError as error:
            return Outcome(Result.LATER, str(error), _said(error.__cause__), is_away=True)
        try:
            return self._hand_over(server, parcel.address, content)
        except OSError as error:
            # Also every SMTPException. The end of the message was not sent, so the server cannot have taken it.
            return Outcome(Result.LATER, "The mail server hung up.", _said(error), is_away=True)
        finally:
            server.close()

    def _open(self) -> smtplib.SMTP:
        """Connect, encrypt and sign in. Raises _AwayError."""
        server: smtplib.SMTP | None = None
        try:
            server = self._connect()
            # The end of a message goes out as its own small packet, which would wait for the last one's receipt.
            cast(socket.socket, server.sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.ehlo_or_helo_if_needed()
            if self._way.kind == "smtp" and not self._way.is_loopback:
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self._way.user:
                server.login(self._way.user, self._way.password)
            return server
        except OSError as error:
            if server is not None:
                server.close()
            raise _AwayError(_why_away(error)) from error

    def _connect(self) -> smtplib.SMTP:
        way, own = self._way, self._sender.host
        if way.kind == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(way.host, way.port, own, timeout=self._timeout, context=context)
        return smtplib.SMTP(way.host, way.port, own, timeout=self._timeout)

    def _hand_over(self, server: smtplib.SMTP, address: str, content: bytes) -> Outcome:
        code, answer = server.mail(self._sender.address)
        if code != 250:
            # This is about us and not about the recipient: set up anew, it will work for all that wait.
            return Outcome(
                Result.LATER, f"The mail server did not let us begin ({code}).", _words(answer), is_away=True
            )
        code, answer = server.rcpt(address)
        if code not in {250, 251}:
            return _refusal(code, answer)
        code, answer = server.docmd("DATA")
        if code != 354:
            return _refusal(code, answer)
        server.send(content if content.endswith(b"\r\n") else content + b"\r\n")
        return self._finish(server)

    def _finish(self, server: smtplib.SMTP) -> Outcome:
        """End the message. From here on, no answer means that nobody knows."""
        try:
            server.send(b".\r\n")
            code, answer = server.getreply()
        except OSError as error:
            why = "The connection broke before the mail server said whether it took the message."
            return Outcome(Result.UNKNOWN, why, _said(error), is_away=True)
        if 200 <= code < 300:
            _leave(server)
            return Outcome(Result.TAKEN, answer=_words(answer))
        if 400 <= code < 600:
            return _refusal(code, answer)
        return Outcome(
            Result.UNKNOWN, "The mail server's answer could not be understood.", _words(answer), is_away=True
        )


def _leave(server: smtplib.SMTP) -> None:
    try:
        if server.sock is not None:
            server.sock.settimeout(2)
        server.quit()
    except OSError:
        pass  # it has the message; how it says good-bye does not matter


def _refusal(code: int, answer: bytes) -> Outcome:
    if code >= 500:
        return Outcome(Result.NEVER, f"The mail server refused it for good ({code}).", _words(answer))
    # 421 is said by a server that closes; other numbers from 400 are about this message or recipient.
    return Outcome(Result.LATER, f"The mail server asked to try later ({code}).", _words(answer), is_away=code == 421)


def _why_away(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "The mail server refused our user or password."
    if isinstance(error, ssl.SSLCertVerificationError):
        return "The mail server's certificate could not be checked."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The mail server offers no encryption, or no way to sign in."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"The mail server did not let us in ({error.smtp_code})."
    return "The mail server could not be reached."


def _words(answer: bytes) -> str:
    return answer.decode("utf-8", "replace")


def _said(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"
