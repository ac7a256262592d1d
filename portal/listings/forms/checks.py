"""Forms by which moderators note what they saw of a group, and what help they gave."""

from typing import Any

from wtforms import BooleanField, DateField, IntegerField, RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than the types
from wtforms.validators import NumberRange, Optional, StopValidation

from portal.accounts.forms import RefusableForm
from portal.core.forms import line_field, told
from portal.listings.forms.groups import words_field
from portal.listings.models import CheckKind
from portal.listings.operations.checks import SeenCheck
from portal.listings.operations.help import MOST_MINUTES, Help

_DAYS = ["%Y-%m-%d", "%d/%m/%Y"]
_MINUTES = f"Enter how many minutes, from 1 to {MOST_MINUTES:,}"


def _whole_day(_form: Any, field: Any) -> None:
    """Say in our words that a day cannot be one."""
    if field.data is None:
        field.errors[:] = []
        raise StopValidation("Enter the day in full, like 24/11/2027")


class CheckForm(RefusableForm):
    """What was seen, when, and until when it holds."""

    kind = RadioField(
        "What have you seen?",
        choices=[SelectChoice(kind.value, kind.value[0].upper() + kind.value[1:]) for kind in CheckKind],
        validators=[told("Choose what you have seen")],
    )
    seen_on = DateField(
        "Seen on", format=_DAYS, validators=[told("Enter the day on which you saw it, like 24/11/2026")]
    )
    expires_on = DateField("Holds until", format=_DAYS, validators=[Optional(), _whole_day])
    is_not_needed = BooleanField("This group does not need it")
    note = line_field("Note", most=300)

    @property
    def seen(self) -> SeenCheck:
        """What was entered, once the form is well made."""
        assert self.seen_on.data is not None
        return SeenCheck(
            kind=CheckKind(self.kind.data),
            seen_on=self.seen_on.data,
            expires_on=self.expires_on.data,
            is_needed=not self.is_not_needed.data,
            note=self.note.data or "",
        )


class HelpForm(RefusableForm):
    """Help that a group was given."""

    given_on = DateField("On which day", format=_DAYS, validators=[told("Enter the day, like 24/11/2026")])
    minutes = IntegerField(
        "How many minutes", validators=[told(_MINUTES), NumberRange(1, MOST_MINUTES, message=_MINUTES)]
    )
    what = words_field("What you did", missing="Say what you did")
    came_of_it = words_field("What came of it")

    @property
    def help_given(self) -> Help:
        """What was entered, once the form is well made."""
        assert self.given_on.data is not None
        assert self.minutes.data is not None
        return Help(
            given_on=self.given_on.data,
            minutes=self.minutes.data,
            what=self.what.data or "",
            came_of_it=self.came_of_it.data or "",
        )
