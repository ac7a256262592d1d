"""What came of a call."""

from collections.abc import Sequence

from wtforms import SelectMultipleField

from portal.accounts.forms import RefusableForm
from portal.core.editing import RefusedChangeError
from portal.core.forms import line_field
from portal.listings.models import CallOutcome
from portal.listings.queries.call_list import ToRing

OUTCOMES = {"confirmed": CallOutcome.CONFIRMED, "no-answer": CallOutcome.NO_ANSWER, "closed": CallOutcome.CLOSED}


class CallForm(RefusableForm):
    """Which listings it was about, and with whom one spoke. What came of it is the button that was pressed."""

    services = SelectMultipleField("Which listings is it about?", validate_choice=False)
    spoke_with = line_field("Whom did you speak with?", most=120)

    def offer(self, listings: Sequence[ToRing]) -> None:
        """Offer the listings that are on the list; all of them unless something was chosen."""
        self.services.choices = [(str(one.service_id), one.name) for one in listings]
        if self.services.data is None:
            self.services.data = [str(one.service_id) for one in listings]

    def check(self, outcome: CallOutcome) -> bool:
        """Say whether all is there that this outcome needs, and put what is missing beside the fields."""
        is_good = self.validate()
        if not self.services.data:
            self.refuse(RefusedChangeError("services", "Choose the listings that you spoke about"))
        if outcome is not CallOutcome.NO_ANSWER and not self.spoke_with.data:
            self.refuse(RefusedChangeError("spoke_with", "Enter with whom you spoke"))
        return is_good and not self.errors
