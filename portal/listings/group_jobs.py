"""Jobs about groups: claims that nobody objected to, and checks that expire."""

from portal.core.jobs import every
from portal.listings.operations.checks import mind_checks
from portal.listings.operations.claim_decisions import settle_claims


@every("claims.settle", minutes=10)
def settle() -> None:
    """Accept the claims whose seven days are over, and end those that were never proved."""
    settle_claims()


@every("checks.mind", minutes=10)
def mind() -> None:
    """End introductions where a check has expired, and remind of those that will."""
    mind_checks()
