"""Small forms: a day to come back, a session that is cancelled, a picture."""

from flask_wtf.file import FileField
from wtforms import DateField, StringField
from wtforms.validators import Optional

from portal.accounts.forms import RefusableForm
from portal.accounts.site_forms import VersionedForm
from portal.core.forms import told
from portal.listings.forms.step import line

_DAYS = ["%Y-%m-%d", "%d/%m/%Y"]


class AwayForm(RefusableForm):
    """Until when a listing is away."""

    return_on = DateField("When are you back? Leave it empty if you do not know", format=_DAYS, validators=[Optional()])


class CancelForm(RefusableForm):
    """Which day is cancelled."""

    day = DateField("On which day?", format=_DAYS, validators=[told("Enter the day in full")])


class PictureForm(VersionedForm):
    """A picture, and what is in it for those who do not see it."""

    picture = FileField("Choose a picture")
    words: StringField = line(
        "What is in the picture?", 300, missing="Say what is in the picture, for people who do not see it"
    )
