"""Every change of a listing, a claim, a check, a suggestion, and of what groups and residents are told."""
