"""Forms about messages: an address that is unsafe or safe again, and the wording of one kind."""

from typing import Any

from wtforms import TextAreaField
from wtforms.validators import Length

from portal.accounts.site_forms import VersionedForm
from portal.core.editing import RefusedChangeError
from portal.core.forms import Form, line_field
from portal.messages.wording import LONGEST_TEXT, Wording, WordingRefusedError

_MOST = LONGEST_TEXT * 2  # what is too long is said by the wording itself, in its own words


def _lines(value: str | None) -> str | None:
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() if value else value


def _text_field(label: str) -> TextAreaField:
    return TextAreaField(label, filters=[_lines], validators=[Length(max=_MOST, message="This is too long.")])


class UnsafeAddressForm(Form):
    """An address, typed whole: only its keyed hash is kept."""

    address = line_field("E-mail address or telephone number", missing="Enter the whole address or number", most=254)


class WordingForm(VersionedForm):
    """What one kind of message says."""

    subject = line_field("Subject", most=1_000)
    text = _text_field("E-mail")
    sms = _text_field("Text message")
    letter = _text_field("Letter")

    @classmethod
    def of(cls, wording: Wording) -> "WordingForm":
        """Return the form of a wording, with only the ways by which it can go."""
        form = cls(
            subject=wording.subject,
            text=wording.text,
            sms=wording.sms,
            letter=wording.letter,
            version=str(wording.version),
        )
        for name in ("sms", "letter"):
            if not getattr(wording, name):
                delattr(form, name)
        return form

    def texts(self) -> dict[str, Any]:
        """Return what was typed, by field; "" for a way by which it cannot go."""
        return {name: self.data.get(name) or "" for name in ("subject", "text", "sms", "letter")}

    def refuse_texts(self, error: WordingRefusedError) -> None:
        """Show what is wrong with each text at its field."""
        for fault in error.faults:
            self.refuse(RefusedChangeError(fault.field, fault.message))
