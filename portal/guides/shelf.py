"""The guides that one process has in memory, so that a search asks the database nothing about them."""

from flask import Flask, current_app

from portal.core.remembered import Remembered
from portal.guides.queries import Shelf, is_current, read_shelf

# Guides change a few times a year. What this process changed itself it knows at once.
LOOK_EVERY = 5.0


def init_app(app: Flask) -> None:
    """Give an application its shelf. The database is not touched before the first question."""
    app.extensions["guides"] = Remembered(Shelf(), is_current=is_current, read=read_shelf, seconds=LOOK_EVERY)


def shelf() -> Shelf:
    """Return the guides that everybody can read. Raises nothing, also when the database is away."""
    remembered: Remembered[Shelf] = current_app.extensions["guides"]
    return remembered.value()


def forget() -> None:
    """Have this process look again at the next question."""
    current_app.extensions["guides"].forget()
