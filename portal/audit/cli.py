"""`portal audit`: checking that nobody changed the audit, and signing where it ends."""

from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from portal.audit import heads
from portal.audit.chain import Walk
from portal.audit.keys import signing_key
from portal.audit.verifying import verify
from portal.core.database import db
from portal.core.wording import count_in_words

cli = AppGroup("audit", help="Check that nobody changed the audit, and sign where it ends.")


@cli.command("verify")
@click.option(
    "--head",
    "head_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A head that was kept elsewhere: shows what is missing at the end.",
)
@click.option("--key", help="The public key that the head has to be signed with, where the site's settings are not.")
@with_appcontext
def verify_command(head_file: Path | None, key: str | None) -> None:
    """Read the whole audit and name every row that was changed, removed or moved; exit status 1 when there is one."""
    head = None
    if head_file is not None:
        try:
            head = heads.read_head(head_file.read_text(encoding="utf-8"))
            head.check(key or heads.public_key_of(signing_key()))
        except (heads.HeadError, UnicodeDecodeError) as error:
            raise click.ClickException(f"{head_file}: {error}") from error
    walk, found = Walk(), 0
    for finding in verify(db.engine, walk, head):
        click.echo(finding.text)
        found += 1
    rows = count_in_words(walk.count, "row")
    if found:
        raise click.ClickException(f"{count_in_words(found, 'fault')} in {rows}. See docs/audit.md for what to do.")
    click.echo(f"{rows}, and each fits the one before it." + ("" if head else " Give --head to check the end."))


@cli.command("head")
@with_appcontext
def head_command() -> None:
    """Print where the audit ends now, signed, as one line to be kept elsewhere."""
    with db.engine.connect() as connection:
        click.echo(heads.sign_head(connection, signing_key()).text())
