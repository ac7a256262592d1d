"""`portal keys`: making a key, sealing everything anew with the newest one, and what each key still seals.

The group belongs to the console script itself, not to the site, since `portal keys new` has to work where the site
refuses to start for want of a key.
"""

import sys

import click
from cryptography.fernet import Fernet
from flask.cli import AppGroup

from portal.core import rotation
from portal.core.database import db
from portal.core.sealing import seals
from portal.core.wording import count_in_words

keys = AppGroup("keys", help="The keys that seal what people confide.")


@keys.command("new", with_appcontext=False)
def new() -> None:
    """Print a new key for PORTAL_ENCRYPTION_KEYS. It is stored nowhere."""
    click.echo(Fernet.generate_key().decode())


@keys.command("status")
def status() -> None:
    """Say how many values each key still seals; exit status 1 when some are opened by none."""
    found = rotation.count_holdings(db.engine, seals())
    for number, (mark, count) in enumerate(found.by_key.items()):
        place = "newest" if number == 0 else f"number {number + 1}"
        free = "" if count or number == 0 else ", may go once no backup needs it"
        click.echo(f"key {mark} ({place}): {count_in_words(count, 'value')}{free}")
    if found.unopened:
        click.echo(
            f"No key opens {count_in_words(found.unopened, 'value')}: "
            "a key is missing from PORTAL_ENCRYPTION_KEYS, or somebody altered them.",
            err=True,
        )
        sys.exit(1)


@keys.command("rotate")
def rotate() -> None:
    """Seal everything anew with the newest key, while the site runs. Stopped half-way, it goes on when run again."""
    with click.progressbar(length=1, label="Sealing", file=sys.stderr) as bar:

        def progress(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        report = rotation.rotate(db.engine, seals(), progress=progress)
    click.echo(
        f"{count_in_words(report.resealed, 'value')} sealed anew with key {seals().keys[0].mark}; "
        f"{count_in_words(report.current, 'value')} now stand under it."
    )
    if report.left:
        click.echo(f"{count_in_words(report.left, 'value')} were held by others. Run it again.", err=True)
    if report.unopened_count:
        click.echo(f"No key opens {count_in_words(report.unopened_count, 'value')}; they stay as they are:", err=True)
        for place in report.unopened:
            click.echo(f"  {place}", err=True)
    if report.left or report.unopened_count:
        sys.exit(1)
