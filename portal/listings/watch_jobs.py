"""The daily job that forgets what people left with us: addresses nobody confirmed, and suggestions long settled."""

from portal.core.jobs import every
from portal.listings.operations.suggestions import forget_settled
from portal.listings.operations.watches import forget_unconfirmed

FORGET = "watches.forget"


@every(FORGET, minutes=24 * 60)
def forget_addresses() -> None:
    """Take away the addresses that asked to be told and never confirmed it, and what was told and settled long ago."""
    forget_unconfirmed(actor=f"job:{FORGET}")
    forget_settled(actor=f"job:{FORGET}")
