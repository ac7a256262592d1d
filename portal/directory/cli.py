"""Commands of the directory."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from portal.core.wording import count_in_words
from portal.directory.imports import FileError, Import, ImportReport, Keeping, prepare
from portal.directory.imports.report import Remark
from portal.directory.models.change import Noun
from portal.directory.operations import Outcome

# Notes beyond these are counted here and written in full to the report.
MOST_NOTES = 20
MOST_WITHOUT_POSITION = 5
_NOUNS = {Noun.SERVICE: "services", Noun.ORGANISATION: "organisations", Noun.LOCATION: "locations"}


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", type=click.Path(path_type=Path), help="What the columns of a CSV file mean (YAML).")
@click.option("--strict", is_flag=True, help="Store all rows or none.")
@click.option("--dry-run", is_flag=True, help="Check everything and store nothing.")
@click.option("--source", default="", help="The name under which the import knows its rows again.")
@click.option("--report", "report_path", type=click.Path(path_type=Path), help="Write every remark to this CSV file.")
@with_appcontext
def import_command(
    file: Path, mapping: Path | None, strict: bool, dry_run: bool, source: str, report_path: Path | None
) -> None:
    """Import services from Open Referral UK JSON, our CSV template, or any CSV with a mapping."""
    keeping = Keeping.NOTHING if dry_run else Keeping.ALL_OR_NOTHING if strict else Keeping.GOOD_ROWS
    try:
        prepared = prepare(file, mapping=mapping, source=source, actor="portal import")
        stays = _run(prepared, keeping)
        _print(prepared.report, keeping)
        if report_path is not None:
            _write(prepared.report, report_path)
    except FileError as error:
        click.echo(f"portal import: {error}", err=True)
        sys.exit(1)
    report = prepared.report
    if report.refused and ((strict and not stays) or report.refused_rows == report.rows):
        sys.exit(1)


def _run(prepared: Import, keeping: Keeping) -> bool:
    with click.progressbar(length=prepared.total, label="Importing", file=sys.stderr) as bar:
        return prepared.run(keeping, bar.update)


def _write(report: ImportReport, path: Path) -> None:
    try:
        report.write(path)
    except OSError as error:
        raise FileError(f"the report cannot be written to {path.name}: {error.strerror or error}.") from None
    click.echo(f"Every remark stands in {path}.")


def _print(report: ImportReport, keeping: Keeping) -> None:
    if report.refused:
        click.echo(f"Refused ({count_in_words(report.refused_rows, 'row')}):")
        _print_table(report.unit, report.refused)
    if report.folded:
        click.echo(f"The same thing more than once ({count_in_words(len(report.folded), 'row')} folded):")
        _print_table(report.unit, report.folded)
    _print_some("Notes", report.unit, report.notes, MOST_NOTES)
    _print_some("Stored without a position", report.unit, report.nowhere, MOST_WITHOUT_POSITION)
    _print_counts(report)
    _print_end(report, keeping)


def _print_some(title: str, unit: str, remarks: list[Remark], most: int) -> None:
    if remarks:
        click.echo(f"{title} ({len(remarks):,}):")
        _print_table(unit, remarks[:most])
    if len(remarks) > most:
        click.echo(f"  and {len(remarks) - most:,} more: --report FILE writes them all")


def _print_table(unit: str, remarks: list[Remark]) -> None:
    """Print remarks as a table: line, column, what is wrong, and what the row is called."""
    lines = [str(remark.line or "") for remark in remarks]
    first = max(len(unit), *map(len, lines))
    second = min(40, max(len("column"), *(len(remark.column) for remark in remarks)))
    click.echo(f"  {unit:>{first}}  {'column':<{second}}  what")
    for line, remark in zip(lines, remarks, strict=True):
        title = f" ({remark.title})" if remark.title else ""
        click.echo(f"  {line:>{first}}  {remark.column:<{second}}  {remark.text}{title}")


def _print_counts(report: ImportReport) -> None:
    rows = count_in_words(report.rows, "row")
    click.echo(f"{rows}: {report.refused_rows:,} refused, {len(report.folded):,} duplicates folded.")
    for noun, name in _NOUNS.items():
        counts = ", ".join(f"{report.count(noun, outcome):,} {outcome.value}" for outcome in Outcome)
        click.echo(f"{name:>13}: {counts}")
    if report.positions:
        places = ", ".join(f"{count:,} {how}" for how, count in sorted(report.positions.items()))
        click.echo(f"    positions: {places}")


def _print_end(report: ImportReport, keeping: Keeping) -> None:
    if keeping is Keeping.NOTHING:
        click.echo("This was a dry run: nothing was stored.")
    elif report.refused and report.refused_rows == report.rows:
        click.echo("Nothing was stored, because every row was refused.")
    elif keeping is Keeping.ALL_OR_NOTHING and report.refused:
        click.echo("Nothing was stored, because rows were refused and --strict was given.")
    elif report.refused:
        click.echo("The other rows were stored. With --strict nothing would have been.")
