"""`portal index`: making the search index anew, and comparing it with the database."""

import click
from flask.cli import AppGroup, with_appcontext

from portal.core.wording import count_in_words
from portal.search.engine import engine
from portal.search.index.folder import DamagedIndexError

cli = AppGroup("index", help="Make the search index anew, or compare it with the database.")

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
