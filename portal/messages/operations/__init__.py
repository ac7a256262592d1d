"""Every change of the outbox, of wording and of the marks of addresses.

The functions that take a session work within the caller's transaction (`core.database.transaction`).
"""

from portal.messages.operations.deciding import (
    DECISIONS,
    DecisionError,
    decide,
    hold_messages,
    mark_safe,
    mark_unsafe,
    release_messages,
)
from portal.messages.operations.dropping import drop
from portal.messages.operations.queueing import queue
from portal.messages.operations.tries import (
    LEASE,
    Ticket,
    claim,
    note_no_way,
    settle,
    settle_unsure,
    take_back_overdue,
    wipe_old,
)
from portal.messages.operations.wordings import StaleWordingError, change_wording, reset_wording

__all__ = [
    "DECISIONS",
    "LEASE",
    "DecisionError",
    "StaleWordingError",
    "Ticket",
    "change_wording",
    "claim",
    "decide",
    "drop",
    "hold_messages",
    "mark_safe",
    "mark_unsafe",
    "note_no_way",
    "queue",
    "release_messages",
    "reset_wording",
    "settle",
    "settle_unsure",
    "take_back_overdue",
    "wipe_old",
]
