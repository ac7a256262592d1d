"""Other processes of the site. To load the site takes longer than most tests; these are forked from one that has.

What is forked has nothing of the test itself: no connection, no thread, no patch, no time that stands still.
"""

import multiprocessing
from collections.abc import Callable
from typing import Any

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "portal.serving",
        "portal.accounts.security",
        "portal.accounts.views.admin",
        "portal.accounts.views.invitations",
        "portal.accounts.views.team",
        "portal.guides.views",
        "portal.listings.views",
        "portal.messages.views",
        "portal.search.cli",
        "portal.search.views",
    ]
)
Pipe, Queue = _context.Pipe, _context.Queue


def start(act: Callable[..., object], *arguments: object) -> Any:
    """Start a process that does this, with arguments that can be pickled, and return it."""
    process = _context.Process(target=act, args=arguments, daemon=True)
    process.start()
    return process
