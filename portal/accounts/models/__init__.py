"""The nouns of accounts."""

from portal.accounts.models.membership import Invitation, Membership, Team, TeamArea
from portal.accounts.models.session import BrowserSession, Ending, Guess, KeptForm
from portal.accounts.models.user import OutsideIdentity, Passkey, User

__all__ = [
    "BrowserSession",
    "Ending",
    "Guess",
    "Invitation",
    "KeptForm",
    "Membership",
    "OutsideIdentity",
    "Passkey",
    "Team",
    "TeamArea",
    "User",
]
