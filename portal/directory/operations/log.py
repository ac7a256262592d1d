"""Who did what, by ids only, for the log of the site."""

import logging

_log = logging.getLogger("portal.directory")


def note(actor: str, words: str) -> None:
    """Write one line to the log. Names and texts of people do not belong in it."""
    _log.info("%s %s", actor, words)
