"""The words for the values of filters, made once for each state of the lists."""

from collections.abc import Iterable

from flask import Flask, current_app

from portal.directory.queries import list_all_terms, read_terms_mark
from portal.search.results_page import Names


class KnownNames:
    """The names that one process used last. Safe from several threads: what is known is swapped whole."""

    def __init__(self) -> None:
        self._known: tuple[tuple[object, ...], Names] | None = None

    def read(self, languages: Iterable[str]) -> Names:
        """Return the names as the lists are now, with those of the languages given by their codes."""
        codes = tuple(sorted(languages))
        # The mark is read before the lists: what is kept under it is never older than it says.
        key = (read_terms_mark(), codes)
        known = self._known
        if known is None or known[0] != key:
            known = self._known = (key, Names(list_all_terms(), codes))
        return known[1]


def init_app(app: Flask) -> None:
    """Give an application its own memory of names. The database is not touched."""
    app.extensions["known_names"] = KnownNames()


def known_names(languages: Iterable[str]) -> Names:
    """Return the words for the values of filters, in the running application."""
    found: KnownNames = current_app.extensions["known_names"]
    return found.read(languages)
