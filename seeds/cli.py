"""The command that loads the demonstration."""

import sys

import click
from flask.cli import with_appcontext

from portal.core.web import settings
from portal.core.wording import count_in_words
from seeds.faults import SeedError
from seeds.loader import NotEmptyError, seed_demonstration


@click.command()
@with_appcontext
def seed() -> None:
    """Load the demonstration into an empty directory."""
    if not settings().demo:
        click.echo("portal seed: this site is not a demonstration (PORTAL_DEMO is 0).", err=True)
        sys.exit(1)
    try:
        counts = seed_demonstration()
    except NotEmptyError:
        click.echo("portal seed: the directory is not empty, so nothing was loaded.", err=True)
        sys.exit(1)
    except SeedError as error:
        click.echo("portal seed: nothing was loaded, because files in seeds/ have faults:", err=True)
        for fault in error.faults:
            click.echo(f"  {fault}", err=True)
        sys.exit(1)
    services = count_in_words(counts.services, "service")
    groups = count_in_words(counts.organisations, "group")
    click.echo(f"Loaded {services} of {groups} at {count_in_words(counts.venues, 'venue')}.")
