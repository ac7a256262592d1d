"""Jobs about figures: the old ones go."""

from portal.core.jobs import every
from portal.listings.operations.figures import forget_old_figures


@every("listings.forget-old-figures", minutes=24 * 60)
def forget() -> None:
    """Drop figures that nobody looks at any more."""
    forget_old_figures(actor="job:figures")
