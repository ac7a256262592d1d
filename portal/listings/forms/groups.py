"""Forms by which a group is registered, found and kept."""

from typing import Any

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import Length, ValidationError

from portal.accounts.forms import RefusableForm
from portal.accounts.site_forms import VersionedForm, tidy
from portal.core.forms import LONGEST_ADDRESS, Longest, address_field, line_field, stripped, told
from portal.directory.models import OrganisationKind
from portal.directory.operations import Form as Shape
from portal.directory.operations import problem_with

LONGEST_DESCRIPTION, LONGEST_WORDS = 2_000, 1_000
# A personal assistant is one person, whose listing has a way of its own.
KINDS = tuple(kind for kind in OrganisationKind if kind is not OrganisationKind.PERSONAL_ASSISTANT)


def whole_address(value: str | None) -> str | None:
    """Put https:// before a web address that was typed without it; for `filters=`."""
    found = stripped(value)
    return f"https://{found}" if found and "://" not in found and "." in found else found


class Shaped:
    """Refuse what is not a web address, a telephone number or an e-mail address; nothing is well made too."""

    def __init__(self, shape: Shape, message: str) -> None:
        self.shape, self.message = shape, message

    def __call__(self, _form: Any, field: Any) -> None:
        if field.data and problem_with(self.shape, field.data):
            raise ValidationError(self.message)


def words_field(label: str, *, missing: str = "", most: int = LONGEST_WORDS) -> TextAreaField:
    """Return a field for several lines with at most `most` letters; required when `missing` says what to enter."""
    checks: list[Any] = [told(missing)] if missing else []
    checks.append(Longest(most))
    return TextAreaField(label, filters=[tidy], validators=checks)


class FactsForm(VersionedForm):
    """What a group says of itself."""

    name = line_field("Name of the group", missing="Enter the name of the group", most=200)
    description = words_field("What it does", missing="Say what the group does", most=LONGEST_DESCRIPTION)
    website = StringField(
        "Web address",
        filters=[whole_address],
        validators=[
            Length(max=500, message="This address is too long"),
            Shaped(Shape.URL, "Enter a web address like www.example.org"),
        ],
    )
    phone = StringField(
        "Telephone number",
        filters=[stripped],
        validators=[
            Length(max=40, message="Use 40 signs or fewer"),
            Shaped(Shape.PHONE, "Enter a telephone number like 020 7946 0100"),
        ],
    )
    email = StringField(
        "E-mail address",
        filters=[stripped],
        validators=[
            Length(max=LONGEST_ADDRESS, message="This address is too long"),
            Shaped(Shape.EMAIL, "Enter an e-mail address in full, like name@example.org"),
        ],
    )


class RegisterForm(FactsForm):
    """A group that is not listed yet. `is_another` says that the ones of a like name are others."""

    kind = RadioField(
        "What sort of group is it?",
        choices=[SelectChoice(kind.value, kind.value.capitalize()) for kind in KINDS],
        default=OrganisationKind.COMMUNITY_GROUP.value,
        validators=[told("Say what sort of group it is")],
    )
    postcode = line_field("Postcode", most=16)
    about = words_field("How do you belong to it?", missing="Say how you belong to the group")
    is_another = BooleanField("Ours is another group")

    def validate_phone(self, field: StringField) -> None:
        """Ask for at least one way by which the group can be reached."""
        if not field.data and not self.email.data:
            raise ValidationError("Enter a telephone number or an e-mail address, so that people can reach the group")


class EditorForm(RefusableForm):
    """Whom a lead invites to keep the group too."""

    name = line_field("Their name", missing="Enter the name of whom you invite")
    email = address_field("Their e-mail address", missing="Enter the e-mail address of whom you invite")
