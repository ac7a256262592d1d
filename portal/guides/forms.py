"""The form of a guide."""

from collections.abc import Sequence

from wtforms import BooleanField, DateField, SelectMultipleField, TextAreaField
from wtforms.validators import Length

from portal.accounts.site_forms import VersionedForm, tidy
from portal.core.forms import line_field, told
from portal.directory.models import TaxonomyTerm
from portal.guides.operations import LONGEST_TEXT, GuideDraft

_DAYS = ["%Y-%m-%d", "%d/%m/%Y"]


class GuideForm(VersionedForm):
    """What a moderator writes."""

    title = line_field("Title", missing="Enter a title", most=120)
    summary = line_field("Summary", missing="Say in one or two sentences what the page is about", most=300)
    text = TextAreaField(
        "Text",
        filters=[tidy],
        validators=[
            told("Write the text"),
            Length(max=LONGEST_TEXT, message=f"Use {LONGEST_TEXT:,} letters or fewer"),
        ],
    )
    words = line_field("Further words that find it", most=500)
    needs = SelectMultipleField("Needs that it is about", validate_choice=False)
    review_on = DateField("Look at it again on", format=_DAYS, validators=[told("Enter the day in full")])
    is_checked = BooleanField("I have read all of it, and it is right")

    def offer(self, needs: Sequence[TaxonomyTerm]) -> None:
        """Set the needs that there are."""
        self.needs.choices = [(need.slug, need.shown_as) for need in needs]

    def draft(self) -> GuideDraft:
        """Return what was typed; needs that are not offered are dropped."""
        values = self.values()
        del values["is_checked"]
        offered = {str(choice[0]) for choice in self.needs.iter_choices()}
        values["needs"] = tuple(slug for slug in values["needs"] or () if slug in offered)
        return GuideDraft(**values)
