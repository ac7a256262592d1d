"""Forms of the public pages."""

from typing import Any

from wtforms import HiddenField
from wtforms.validators import ValidationError

from portal.core.forms import Form, address_field
from portal.messages.addresses import AddressError, plain_address
from portal.messages.models import Channel


def _can_be_sent_to(_form: Any, field: Any) -> None:
    try:
        plain_address(Channel.EMAIL, field.data or "")
    except AddressError:
        raise ValidationError("Enter one e-mail address in full, like name@example.org") from None


class SendForm(Form):
    """Where a list shall be sent. The list itself comes as ids, so that nobody can send words of their own."""

    email = address_field("Send it to this e-mail address", missing="Enter an e-mail address")
    s = HiddenField()

    def validate_email(self, field: Any) -> None:
        """Take only what our messages can be sent to."""
        _can_be_sent_to(self, field)
