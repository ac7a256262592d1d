"""Commands of the room: `portal geo import-postcodes FILE…` and `portal geo import-areas FILE --kind KIND`."""

import sys
import time
from pathlib import Path

import click
from flask.cli import AppGroup

from portal.core.database import transaction
from portal.core.wording import count_in_words
from portal.geo import operations
from portal.geo.files import GeoFileError, ImportReport
from portal.geo.models import AreaKind

ACTOR = "command line"
REFUSALS_SHOWN = 20

cli = AppGroup("geo", help="Postcodes, places and areas.")

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@cli.command("import-postcodes")
@click.argument("files", nargs=-1, required=True, type=FILE)
def import_postcodes(files: tuple[Path, ...]) -> None:
    """Bring in postcodes: the ONS Postcode Directory or any CSV with postcode, latitude and longitude, also zipped."""
    for path in files:
        started = time.perf_counter()
        try:
            with (
                click.progressbar(length=100, label=path.name, file=sys.stderr) as bar,
                transaction(),
            ):
                report = operations.import_postcodes(
                    path=path,
                    actor=ACTOR,
                    progress=lambda done, length: bar.update(100 * done // max(1, length) - bar.pos),
                )
        except GeoFileError as error:
            _stop(f"{error} Nothing of it was stored.")
        _show(path, report, "postcode", started, at="line")


@cli.command("import-areas")
@click.argument("path", metavar="FILE", type=FILE)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in AreaKind]),
    default=AreaKind.DRAWN.value,
    show_default=True,
    help="What the areas are, where the file does not say.",
)
def import_areas(path: Path, kind: str) -> None:
    """Bring in the outlines of areas from a GeoJSON file in WGS 84."""
    started = time.perf_counter()
    try:
        with transaction():
            report = operations.import_areas(path=path, kind=AreaKind(kind), actor=ACTOR)
    except GeoFileError as error:
        _stop(f"{error} Nothing of it was stored.")
    _show(path, report, "area", started, at="feature")


def _show(path: Path, report: ImportReport, noun: str, started: float, *, at: str) -> None:
    """Print the summary; stop with code 1 when not one row could be used."""
    seconds = time.perf_counter() - started
    click.echo(
        f"{path.name}: {count_in_words(report.stored, noun)} stored, {report.refused:,} refused, {seconds:.1f} s."
    )
    for refusal in report.refusals[:REFUSALS_SHOWN]:
        column = f", {refusal.column}" if refusal.column else ""
        click.echo(f"  {at} {refusal.line}{column}: {refusal.problem}")
    if report.refused > REFUSALS_SHOWN:
        click.echo(f"  … and {report.refused - REFUSALS_SHOWN:,} more")
    if not report.stored:
        _stop(f"{path.name} holds no {noun} that could be stored.")


def _stop(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(1)
