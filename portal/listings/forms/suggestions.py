"""Forms of the public's suggestions, and of the answers to them."""

from wtforms import EmailField, RadioField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from portal.accounts.forms import RefusableForm
from portal.accounts.site_forms import tidy
from portal.core.forms import LONGEST_ADDRESS, Longest, stripped, told
from portal.listings.models import SuggestionKind
from portal.messages.addresses import AddressError, plain_address
from portal.messages.models import Channel

MOST = 2_000


class _Suggesting(RefusableForm):
    """What somebody says, and where to answer if they want an answer."""

    text = TextAreaField(
        "Tell us in your own words",
        filters=[tidy],
        validators=[
            told("Tell us what you know"),
            Longest(MOST),
        ],
    )
    email = EmailField(
        "Your e-mail address, if you want an answer",
        filters=[stripped],
        validators=[Optional(), Length(max=LONGEST_ADDRESS, message="This address is too long")],
    )

    def validate_email(self, field: EmailField) -> None:
        """Refuse what cannot be an address, if there is one."""
        if field.data:
            try:
                plain_address(Channel.EMAIL, field.data)
            except AddressError:
                raise ValidationError("Enter an e-mail address in full, like name@example.org, or none") from None


class WrongForm(_Suggesting):
    """Something is wrong on a page, or the service has closed."""

    kind = RadioField("What is it?", validate_choice=False, validators=[told("Choose one of the two")])

    def offer(self) -> None:
        """Set what there is to choose from."""
        self.kind.choices = [
            (SuggestionKind.WRONG.value, "Something on the page is wrong"),
            (SuggestionKind.CLOSED.value, "It has closed, or stopped"),
        ]

    def validate_kind(self, field: RadioField) -> None:
        """Refuse what was not offered."""
        if field.data not in {SuggestionKind.WRONG.value, SuggestionKind.CLOSED.value}:
            raise ValidationError("Choose one of the two")


class AnotherForm(_Suggesting):
    """A group or a service that is not listed."""


class AnswerForm(RefusableForm):
    """A moderator's answer."""

    reply = TextAreaField(
        "Your answer",
        filters=[tidy],
        validators=[Longest(MOST)],
    )
