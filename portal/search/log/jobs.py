"""Jobs about the log of searches: the old ones go."""

from portal.core.jobs import every
from portal.search.log.operations import forget_old_searches


@every("search.forget-old-searches", minutes=24 * 60)
def forget() -> None:
    """Erase searches that nobody compares with any more."""
    forget_old_searches(actor="job:searches")
