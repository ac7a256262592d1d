"""GOV.UK Notify for e-mail, text messages and letters, with one template of ours for each."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import requests
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from portal.messages.channels import Outcome, Parcel, Result
from portal.messages.models import Channel
from portal.messages.rendering import text_of

TIMEOUT = 20
WAYS = {"email": Channel.EMAIL, "sms": Channel.SMS, "letter": Channel.LETTER}


class NotifyCarrier:
    """GOV.UK Notify. Each message bears our id as its reference, by which it can be asked for later."""

    name = "notify"

    def __init__(self, key: str, url: str, templates: Mapping[Channel, str]) -> None:
        self._key, self._url, self._templates = key, url, templates

    def was_taken(self, message_id: UUID) -> bool | None:
        """Ask whether a message with our reference is there; None when no answer came."""
        try:
            found = self._client().get_all_notifications(reference=str(message_id))
        except APIError:
            return None
        notifications = found.get("notifications") if isinstance(found, dict) else None
        return None if notifications is None else bool(notifications)

    def send(self, parcel: Parcel) -> Outcome:
        """Hand over one message."""
        try:
            answer = self._post(parcel)
        except APIError as error:
            return outcome_of(error)
        number = str(answer.get("id") or "") if isinstance(answer, dict) else ""
        return Outcome(Result.TAKEN, carrier_id=number[:200])

    def _client(self) -> NotificationsAPIClient:
        # A new one each time: it is not safe to share between threads.
        return NotificationsAPIClient(self._key, base_url=self._url, timeout=TIMEOUT)

    def _post(self, parcel: Parcel) -> Any:
        client, reference, template = self._client(), str(parcel.message_id), self._templates[parcel.channel]
        text = without_marks(text_of(parcel.body))
        if parcel.channel is Channel.EMAIL:
            values = {"subject": parcel.subject, "body": text}
            return client.send_email_notification(parcel.address, template, values, reference)
        if parcel.channel is Channel.SMS:
            return client.send_sms_notification(parcel.address, template, {"body": text_of(parcel.body)}, reference)
        lines = [parcel.name or "The resident", *parcel.address.split("\n")][-7:]
        values = {"subject": parcel.subject, "body": text}
        values |= {f"address_line_{number}": line for number, line in enumerate(lines, start=1)}
        return client.send_letter_notification(template, values, reference)


def without_marks(text: str) -> str:
    """Return a text without what Notify reads as a placeholder, a heading, a list, or a link with other words."""
    text = text.replace("((", "( (").replace("))", ") )").replace("](", "] (")
    return re.sub(r"(?m)^(\s*)([#*^>+-]|\d+\.)(?=\s)", "\\1\u2060\\2", text)


def outcome_of(error: APIError) -> Outcome:
    """Return what an error of Notify means for the message."""
    answer = str(error.message)[:400]
    if error.response is None:
        if _never_arrived(error.__cause__):
            return Outcome(Result.LATER, "GOV.UK Notify could not be reached.", answer, is_away=True)
        return Outcome(Result.UNKNOWN, "GOV.UK Notify did not answer.", answer, is_away=True)
    code = error.status_code
    if code == 400:
        return Outcome(Result.NEVER, "GOV.UK Notify refused it for good (400).", answer)
    if code == 429:
        return Outcome(Result.LATER, "GOV.UK Notify takes no more just now (429).", answer, is_away=True)
    if 400 <= code < 500:
        # A key, a template or a permission that is wrong is for the operator to put right; what waits is kept.
        return Outcome(Result.LATER, f"GOV.UK Notify did not let us in ({code}).", answer, is_away=True)
    return Outcome(Result.UNKNOWN, f"GOV.UK Notify had a fault ({code}).", answer, is_away=True)


def _never_arrived(cause: BaseException | None) -> bool:
    """Say whether there was not even a connection, so that nothing can have been taken."""
    if isinstance(cause, requests.ConnectTimeout):
        return True
    return isinstance(cause, requests.ConnectionError) and "NewConnectionError" in repr(cause)
