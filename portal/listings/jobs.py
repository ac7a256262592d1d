"""Jobs of the room: asking each day what is still right, and looking each hour at some web addresses."""

import logging

from portal.core import clock
from portal.core.jobs import every
from portal.core.jobs.pacing import unhurried
from portal.core.web import settings
from portal.listings.operations.freshness import forget_links, keep_fresh
from portal.listings.operations.link_checks import check_links
from portal.listings.queries.freshness import list_due

log = logging.getLogger(__name__)

FRESHNESS, LINKS = "listings.freshness", "listings.check_links"


@every(FRESHNESS, minutes=24 * 60)
def ask_groups() -> None:
    """Do what is due today about each group, in a transaction of its own. What fails is left to the next try."""
    failed = 0
    for organisation_id in unhurried(sorted(list_due(clock.today()), key=str)):
        try:
            keep_fresh(organisation_id=organisation_id, actor=f"job:{FRESHNESS}")
        except Exception as error:
            failed += 1
            log.error("Group %s could not be asked: %s", organisation_id, type(error).__name__)
    forget_links(actor=f"job:{FRESHNESS}")
    if failed:
        raise RuntimeError(f"{failed} groups could not be asked.")


@every(LINKS, minutes=60)
def look_at_links() -> None:
    """Ask a few web addresses whether they still answer, where the operator has switched that on."""
    if settings().link_checks:
        check_links(actor=f"job:{LINKS}")
