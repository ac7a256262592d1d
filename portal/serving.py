"""Serving the site with gunicorn, in this process and its workers."""

from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from portal.core.database import db
from portal.core.settings import Settings
from portal.directory import queries
from seeds.loader import seed_demonstration

THREADS = 8


def prepare(app: Flask) -> None:
    """Load the demonstration into an empty directory, if this is one, and index it; a known directory is left alone."""
    settings: Settings = app.extensions["settings"]
    if settings.demo and queries.is_empty():
        click.echo("Loading the demonstration …")
        seed_demonstration()
        click.echo("Indexing it …")
        app.extensions["search"].settle()


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn over an application that each worker builds for itself."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        from portal import create_app

        return create_app()


def _warm(worker: Any) -> None:
    """Let a new worker read the directory before it answers anybody, so that the first visitor does not wait."""
    app: Flask = worker.wsgi
    with app.app_context():
        app.extensions["search"].state()
        db.session.remove()


def serve(app: Flask) -> None:
    """Serve until told to stop. Threads and connections of this process are ended before workers are made."""
    settings: Settings = app.extensions["settings"]
    app.extensions["search"].close()
    db.session.remove()
    db.engine.dispose()
    click.echo(f"{settings.site_name} answers at http://{settings.bind}/  (stop with Ctrl-C)")
    options = {"bind": settings.bind, "worker_class": "gthread", "threads": THREADS, "workers": 1, "accesslog": None}
    _Server({**options, "loglevel": "warning", "post_worker_init": _warm}).run()
