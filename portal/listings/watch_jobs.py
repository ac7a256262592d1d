"""The job that forgets addresses nobody confirmed."""

from portal.core.jobs import every
from portal.listings.operations.watches import forget_unconfirmed


@every("watches.forget", minutes=24 * 60)
def forget_addresses() -> None:
    """Take away the addresses that asked to be told about something and never confirmed it."""
    forget_unconfirmed(actor="job:watches.forget")
