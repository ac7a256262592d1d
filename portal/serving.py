"""Serving the site with gunicorn, in this process and its workers."""

from typing import Any

import click
import sqlalchemy as sa
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from portal.accounts.models import User
from portal.core.database import db
from portal.core.jobs.worker import WorkerBeside
from portal.core.settings import SettingError, Settings
from portal.core.site import site
from portal.directory import queries
from portal.directory.operations import load_vocabulary
from portal.guides.operations import load_guides
from portal.search.words.operations import load_words
from seeds.cast import has_cast, lines_of_the_cast, seed_cast
from seeds.loader import seed_demonstration

THREADS = 8


def prepare(app: Flask) -> None:
    """Load the demonstration into an empty directory, if this is one, and index it; a known directory is left alone,
    but for lists of words and guides that have come since.

    A demonstration without users gets its cast, and says who they are. Raises SettingError when the cast, whose
    password everybody knows, stands in a site that is none.
    """
    settings: Settings = app.extensions["settings"]
    if not settings.demo:
        refuse_cast(app)
        load_vocabulary(actor="portal run")
        load_guides(actor="portal run")
        load_words(actor="portal run")
        return
    if queries.is_empty():
        click.echo("Loading the demonstration …")
        seed_demonstration()
        click.echo("Indexing it …")
        app.extensions["search"].settle()
    else:
        load_vocabulary(actor="portal run")
        load_guides(actor="portal run", is_checked=True)
        load_words(actor="portal run")
        seed_cast()
    for line in lines_of_the_cast():
        click.echo(line)


def refuse_cast(app: Flask) -> None:
    """Raise SettingError when people of the demonstration can sign in to a site that is none."""
    settings: Settings = app.extensions["settings"]
    with app.app_context():
        # A database that nobody has brought forward yet holds nobody.
        is_found = not settings.demo and sa.inspect(db.engine).has_table(User.__tablename__) and has_cast()
        # A server may make its workers after this: they must not share a connection.
        db.session.remove()
        db.engine.dispose()
    if is_found:
        raise SettingError(
            "PORTAL_DEMO is 0, but this database holds the people of the demonstration, whose password everybody "
            "knows. Start with an empty database and `portal setup`."
        )


class _Arbiter(Arbiter):  # type: ignore[misc]
    """gunicorn's main loop, which looks after the worker of the jobs as well. Being a loop, it needs no thread."""

    def manage_workers(self) -> None:
        super().manage_workers()
        self.app.worker.look_after()

    def stop(self, graceful: bool = True) -> None:
        self.app.worker.tell_to_stop()
        super().stop(graceful)


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn over an application that each worker builds for itself, with the worker of the jobs beside it."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.worker = WorkerBeside()
        self.options = {**options, "on_exit": lambda _arbiter: self.worker.stop()}
        super().__init__()

    def run(self) -> None:
        try:
            _Arbiter(self).run()
        except RuntimeError as error:
            raise click.ClickException(str(error)) from error

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        from portal import create_app

        return create_app()


def _warm(worker: Any) -> None:
    """Let a new worker read the directory, and load what draws maps, so that the first visitor does not wait."""
    from portal.geo import drawing  # noqa: F401

    app: Flask = worker.wsgi
    with app.app_context():
        app.extensions["search"].known()
        db.session.remove()


def serve(app: Flask) -> None:
    """Serve until told to stop. Threads and connections of this process are ended before workers are made."""
    settings: Settings = app.extensions["settings"]
    name = site().name
    app.extensions["search"].close()
    app.extensions["jobs"].close()
    db.session.remove()
    db.engine.dispose()
    click.echo(f"{name} answers at http://{settings.bind}/  (stop with Ctrl-C)")
    click.echo("A worker beside it does the jobs.")
    options = {"bind": settings.bind, "worker_class": "gthread", "threads": THREADS, "workers": 1, "accesslog": None}
    _Server({**options, "loglevel": "warning", "post_worker_init": _warm}).run()
