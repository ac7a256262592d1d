"""A site of our own in a folder that is thrown away: its database with made-up listings, and its index."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from portal import create_app
from portal.core.database import db
from portal.core.migrations import bring_forward
from portal.core.settings import Settings


@dataclass(frozen=True)
class Site:
    """Where the site lies, and the address of its database if that is not a file there. Everything else is as the
    product sets it."""

    folder: Path
    address: str = ""

    @property
    def settings(self) -> Settings:
        """The settings of an application in this process."""
        return Settings(database_url=self._database, search_index=self._index)

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables that give a server the same settings."""
        return {"PORTAL_DATABASE_URL": self._database, "PORTAL_SEARCH_INDEX": str(self._index)}

    @property
    def _database(self) -> str:
        return self.address or f"sqlite:///{self.database_file}"

    @property
    def database_file(self) -> Path:
        """The file of the database."""
        return self.folder / "bench.sqlite3"

    @property
    def _index(self) -> Path:
        return self.folder / "search_index"

    def migrate(self) -> None:
        """Make the database with every migration applied."""
        with self.opened():
            bring_forward()

    @contextmanager
    def opened(self) -> Iterator[Flask]:
        """Run an application over the site in this process, within its context, and close it whole."""
        app = create_app(self.settings)
        try:
            with app.app_context():
                yield app
                db.session.remove()
                db.engine.dispose()
        finally:
            app.extensions["search"].close()
