"""The console script `portal`: Flask's own command group with the portal's commands."""

import sys

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup, with_appcontext

from portal.core import logs, migrations
from portal.core.cli import keys
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
    """Bring the database forward, load the demonstration into an empty one, index it, and serve, with a worker."""
    from portal import serving

    migrations.bring_forward()
    serving.prepare(current_app)
    serving.serve(current_app)


@group.command()
@click.option("--parent", type=int, hidden=True, help="End when this process does.")
@with_appcontext
def worker(parent: int | None) -> None:
    """Do the site's jobs until told to stop; `portal run` starts one by itself."""
    from portal.core.jobs.worker import work

    if parent is None:
        click.echo("The worker waits for jobs.  (stop with Ctrl-C)")
    work(current_app, parent=parent)


group.add_command(seed)
group.add_command(keys)


def main() -> None:
    """Run the command line; a setting that cannot be used is one clear line."""
    logs.set_up()
    try:
        group(prog_name="portal")
    except SettingError as error:
        click.echo(f"portal: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
