"""Bringing the database forward. Alembic takes a moment to load, and a site that only serves or works never asks."""

from typing import Any

import click
from flask import Flask, current_app
from flask.cli import ScriptInfo

from portal.core.database import db
from portal.core.settings import ROOT


class _Commands(click.Group):
    """Stands in for Flask-Migrate's commands until one of them is asked for."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        assert parent is not None
        commands = _load(parent.ensure_object(ScriptInfo).load_app())
        return commands.make_context(info_name, args, parent, **extra)


def init_app(app: Flask) -> None:
    """Give an application the commands `portal db …`."""
    app.cli.add_command(_Commands("db", help="Bring the database forward, and look at its migrations."))


def bring_forward() -> None:
    """Apply every migration that the running application's database has not seen yet."""
    from flask_migrate import upgrade

    _load(current_app)
    upgrade()


def _load(app: Flask) -> click.Group:
    """Let Flask-Migrate know the application, and return its commands."""
    from flask_migrate import Migrate
    from flask_migrate.cli import db as commands

    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, compare_type=True)
    found: click.Group = commands
    return found
