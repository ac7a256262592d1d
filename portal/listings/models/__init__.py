"""What groups write, what moderators decide, and what keeps it fresh."""

from portal.listings.models.checking import CheckKind, GroupHelp, OrganisationCheck
from portal.listings.models.claim import Claim, ClaimMove, ClaimState, GroupLead, Proof
from portal.listings.models.figures import Figure, LinkCheck, Seen
from portal.listings.models.freshness import (
    CallOutcome,
    FreshnessCall,
    FreshnessChoice,
    FreshnessLink,
    Nudge,
    NudgeKind,
)
from portal.listings.models.listing import (
    MOVES,
    SHOWN_MOVES,
    Listing,
    ListingState,
    ListingVersion,
    Picture,
    Shown,
)
from portal.listings.models.suggestion import NotTheSame, Suggestion, SuggestionKind, SuggestionState
from portal.listings.models.watch import Watch

__all__ = [
    "MOVES",
    "SHOWN_MOVES",
    "CallOutcome",
    "CheckKind",
    "Claim",
    "ClaimMove",
    "ClaimState",
    "Figure",
    "FreshnessCall",
    "FreshnessChoice",
    "FreshnessLink",
    "GroupHelp",
    "GroupLead",
    "LinkCheck",
    "Listing",
    "ListingState",
    "ListingVersion",
    "NotTheSame",
    "Nudge",
    "NudgeKind",
    "OrganisationCheck",
    "Picture",
    "Proof",
    "Seen",
    "Shown",
    "Suggestion",
    "SuggestionKind",
    "SuggestionState",
    "Watch",
]
