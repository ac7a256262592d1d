"""Forms: WTForms with a token against forged requests, and words that say what to put right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from wtforms import EmailField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from portal.core.text import clean

LONGEST_ADDRESS = 254  # RFC 5321, section 4.5.3.1.3: a path of 256 signs with its angle brackets.


@dataclass(frozen=True)
class Fault:
    """Something to put right: the field's id in the page, and what to do, in plain words."""

    field: str
    message: str


class Form(FlaskForm):  # type: ignore[misc]
    """A form of ours. Its token is checked for every unsafe request before the view is reached."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        # `core.web` checks the token of every unsafe request, so that none can be forgotten.
        csrf = False

    def faults(self) -> Sequence[Fault]:
        """Return what is wrong, in the order of the fields; for the summary at the top of the page."""
        return [Fault(field.id, message) for field in self for message in field.errors[:1]]


def told(message: str) -> DataRequired:
    """Require a field, saying what to enter."""
    return DataRequired(message=message)


class Longest(Length):
    """Refuse a text of more than `most` letters and signs, saying how many it has."""

    def __init__(self, most: int) -> None:
        super().__init__(max=most)

    def __call__(self, _form: Any, field: Any) -> None:
        """Raise ValidationError for a text that is too long."""
        length = len(field.data or "")
        if length > self.max:
            raise ValidationError(f"Use {self.max:,} letters or fewer. You have {length:,}")


def stripped(value: str | None) -> str | None:
    """Take blanks from both ends, and signs that are not text; for `filters=`."""
    return clean(value) if value else value


class _LooksLikeAddress:
    """Refuse what cannot be an e-mail address, without asking anybody whether it exists."""

    def __call__(self, _form: Any, field: Any) -> None:
        name, at, host = (field.data or "").rpartition("@")
        if not at or not name or "." not in host or any(char.isspace() or ord(char) < 32 for char in field.data):
            raise ValidationError("Enter an e-mail address in full, like name@example.org")


def address_field(label: str = "E-mail address", *, missing: str = "Enter your e-mail address") -> EmailField:
    """Return a field for one e-mail address of at most 254 signs."""
    return EmailField(
        label,
        filters=[stripped],
        validators=[
            told(missing),
            Length(max=LONGEST_ADDRESS, message="This address is too long"),
            _LooksLikeAddress(),
        ],
    )


def line_field(label: str, *, missing: str = "", most: int = 120, **options: Any) -> StringField:
    """Return a field for one line of text with at most `most` signs; required when `missing` says what to enter."""
    checks: list[Any] = [told(missing)] if missing else []
    checks.append(Longest(most))
    return StringField(label, filters=[stripped], validators=checks, **options)
