"""The form by which residents ask to be told."""

from portal.core.forms import Form, address_field


class WatchForm(Form):
    """Where to send the message."""

    email = address_field("Your e-mail address")
