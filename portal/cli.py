"""The console script `portal`: Flask's own command group with the portal's commands."""

import sys

import click
import flask_migrate
from flask import Flask, current_app
from flask.cli import FlaskGroup, with_appcontext

from portal.core.settings import SettingError
from seeds.cli import seed


def _create() -> Flask:
    from portal import create_app

    return create_app()


@click.group(cls=FlaskGroup, create_app=_create, add_default_commands=False)
def group() -> None:
    """Run and look after a Hereabouts site."""


@group.command()
@with_appcontext
def run() -> None:
    """Bring the database forward, load the demonstration into an empty one, index it, and serve."""
    from portal import serving

    flask_migrate.upgrade()
    serving.prepare(current_app)
    serving.serve(current_app)


group.add_command(seed)


def main() -> None:
    """Run the command line; a setting that cannot be used is one clear line."""
    try:
        group(prog_name="portal")
    except SettingError as error:
        click.echo(f"portal: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
