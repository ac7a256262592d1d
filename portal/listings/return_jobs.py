"""The job that shows listings again on the day on which their group said that it is back."""

from portal.core import clock
from portal.core.jobs import every
from portal.listings.operations.places import return_due
from portal.listings.queries.listings import list_due_back

RETURN = "listings.return"


@every(RETURN, minutes=60)
def bring_back_due() -> None:
    """Show again what is back today; each in a transaction of its own."""
    for listing_id in list_due_back(clock.today()):
        return_due(listing_id=listing_id, actor=f"job:{RETURN}")
