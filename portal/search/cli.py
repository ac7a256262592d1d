"""`portal index` for the search index, `portal words` for the lists of words; and `portal setup` with what ships."""

from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from portal.accounts.cli import SETUP
from portal.core.wording import count_in_words
from portal.guides.cli import setup as start
from portal.search.engine import engine
from portal.search.index.folder import DamagedIndexError
from portal.search.words.operations import load_words

cli = AppGroup("index", help="Make the search index anew, or compare it with the database.")
words = AppGroup("words", help="Words people use and words of crisis.")

_SHOWN = 10


@cli.command("rebuild")
@with_appcontext
def rebuild() -> None:
    """Make the search index anew, beside the one in use, and swap them."""

    def progress(done: int, of: int) -> None:
        click.echo(f"\rIndexed {done:,} of {count_in_words(of, 'service')}", nl=done == of)

    if not engine().rebuild(progress):
        raise click.ClickException("The index is being made anew by another process just now. Try again later.")


@cli.command("verify")
@with_appcontext
def verify() -> None:
    """Compare the search index with the database; exit status 1 when they differ."""
    try:
        found = engine().difference()
    except DamagedIndexError as error:
        raise click.ClickException(f"The index cannot be used: {error}. Make it anew: portal index rebuild") from error
    parts = (("missing", found.missing), ("extra", found.extra), ("stale", found.stale))
    for word, ids in parts:
        more = "" if len(ids) <= _SHOWN else f" and {len(ids) - _SHOWN:,} more"
        if ids:
            click.echo(f"{word}: {', '.join(str(one) for one in ids[:_SHOWN])}{more}")
    if found:
        raise click.ClickException("The index differs from the database. Make it anew: portal index rebuild")
    click.echo("The index agrees with the database.")


@words.command("load")
@with_appcontext
def load() -> None:
    """Add the words that ship and are missing. What moderators changed or took away stays as they left it."""
    loaded = load_words(actor="portal words")
    click.echo(f"Words people use: {loaded.words:,} added. Words of crisis: {loaded.crisis:,} added.")


@click.pass_context
def _start(context: click.Context, /, **_given: Any) -> None:
    context.forward(start)
    with_appcontext(load_words)(actor=SETUP)


setup = click.Command("setup", params=start.params, help=start.help, callback=_start)
