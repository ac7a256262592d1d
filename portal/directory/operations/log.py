"""Who did what, by ids only, for the log of the site."""

import logging

_log = logging.getLogger("portal.directory")


def note(actor: str, words: str) -> None:
    """Write one line for those who look closely: an import makes thousands. No names, no texts of people."""
    _log.debug("%s %s", actor, words)
