"""Forms about the site itself: its facts, crisis numbers, words, dates and statements."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, DateField, Field, HiddenField, SelectField, TextAreaField
from wtforms.validators import Length, ValidationError

from portal.accounts.forms import RefusableForm
from portal.accounts.operations.site import LONGEST_STATEMENT, checked_colour
from portal.core.editing import RefusedChangeError
from portal.core.forms import line_field, told
from portal.core.text import clean
from portal.directory.models import TaxonomyTerm
from portal.directory.operations.vocabulary import ICONS

_DAYS = ["%Y-%m-%d", "%d/%m/%Y"]


def tidy(value: str | None) -> str | None:
    """Drop what is not text and keep the lines; for `filters=`."""
    return clean(value, lines=True) if value else value


class TypedForm(RefusableForm):
    """A form that gives its fields as an operation takes them."""

    def values(self) -> dict[str, Any]:
        """Return what was typed, by field."""
        return {name: value for name, value in self.data.items() if name != "version"}


class VersionedForm(TypedForm):
    """A form that knows which version was read with it, so that nobody overwrites what they have not seen."""

    version = HiddenField()

    @property
    def read_version(self) -> int:
        """The version, or -1, which nothing ever has, when it was tampered with."""
        # An empty form holds the number that the page was made with, and no text.
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class SiteForm(VersionedForm):
    """What the site is called, whom people ring, and its colour."""

    name = line_field("Name of the site", missing="Enter the name of the site", most=60)
    place_name = line_field("Place that it is for", most=60)
    phone = line_field("Telephone number", missing="Enter the number that people ring", most=30)
    phone_hours = line_field("When somebody answers", missing="Say when somebody answers", most=100)
    main_colour = line_field("Main colour", missing="Enter a colour, like #6a2353", most=7)

    def validate_main_colour(self, field: Field) -> None:
        """Say what is wrong with the colour together with all else."""
        try:
            checked_colour(field.data)
        except RefusedChangeError as error:
            raise ValidationError(error.message) from None


class CrisisForm(VersionedForm):
    """One number for help that cannot wait."""

    name = line_field("Whom people reach", missing="Enter whom people reach", most=80)
    number = line_field("Telephone number", missing="Enter the number", most=30)
    about = line_field("When to ring, in one plain sentence", missing="Say when to ring", most=200)


class TermForm(VersionedForm):
    """The words of one term."""

    name = line_field("Name for people who work here", missing="Enter a name", most=120)
    plain_name = line_field("Plain name, for everybody", most=120)
    description = TextAreaField(
        "Description", filters=[tidy], validators=[Length(max=500, message="Use 500 letters or fewer")]
    )


class NeedForm(TermForm):
    """A need has a drawing, and may stand on the start page."""

    icon = SelectField("Drawing", validate_choice=False)
    on_start_page = BooleanField("Show it on the start page")

    def offer(self) -> None:
        """Set the drawings that there are."""
        self.icon.choices = [(name, name.replace("-", " ").capitalize()) for name in ICONS]


class ReasonForm(TermForm):
    """A reason stands under the question that it answers."""

    heading = SelectField("Reason for", validate_choice=False)

    def offer(self, headings: Sequence[TaxonomyTerm]) -> None:
        """Set the questions that there are."""
        self.heading.choices = [("", "Choose one"), *((str(one.id), one.name) for one in headings)]


class SchoolTermForm(VersionedForm):
    """A span of days on which schools are open."""

    name = line_field("Name", missing="Enter a name, like Autumn 2027 first half", most=80)
    first_day = DateField("First day of school", format=_DAYS, validators=[told("Enter the first day in full")])
    last_day = DateField("Last day of school", format=_DAYS, validators=[told("Enter the last day in full")])


class HolidayForm(TypedForm):
    """A day that is a bank holiday here."""

    day = DateField("Day", format=_DAYS, validators=[told("Enter the day in full")])
    name = line_field("What it is called", missing="Say what the day is called", most=80)


class StatementForm(VersionedForm):
    """The text of a statement."""

    text = TextAreaField(
        "Text",
        validators=[
            told("Write the statement. An empty one would promise nothing."),
            Length(max=LONGEST_STATEMENT, message=f"Use {LONGEST_STATEMENT:,} letters or fewer"),
        ],
    )
