"""The command `portal setup`: what accounts do at the start, and then the guides that ship."""

from typing import Any

import click
from flask.cli import with_appcontext

from portal.accounts.cli import SETUP
from portal.accounts.cli import setup as start
from portal.guides.operations import load_guides


@click.pass_context
def _start(context: click.Context, /, **_given: Any) -> None:
    context.forward(start)
    with_appcontext(load_guides)(actor=SETUP)


setup = click.Command("setup", params=start.params, help=start.help, callback=_start)
