"""Forms of moderators' decisions."""

from wtforms import TextAreaField

from portal.accounts.site_forms import VersionedForm, tidy
from portal.core.forms import Longest, line_field, told

LONGEST_REASON = 1_000


def _reason(label: str, missing: str) -> TextAreaField:
    return TextAreaField(label, filters=[tidy], validators=[told(missing), Longest(LONGEST_REASON)])


class VersionForm(VersionedForm):
    """A decision about what was looked at."""


class ReturnForm(VersionedForm):
    """Giving a listing back."""

    reason = _reason("What the group should change", "Say what the group should change")


class EditForm(VersionedForm):
    """Changing the words of a listing."""

    name = line_field("Name", missing="Enter a name", most=200)
    summary = line_field("In one sentence", missing="Say in one sentence what it is", most=300)
    description = TextAreaField("Description", filters=[tidy], validators=[Longest(10_000)])
    why = _reason("A note to the group", "Tell the group what you changed, and why")


class AgainForm(VersionedForm):
    """Publishing an earlier version again."""

    why = _reason("Why", "Say why. The group reads it")


class StopForm(VersionedForm):
    """Taking something down."""

    reason = _reason("Why", "Say why. The group reads it")
