"""Imports: Open Referral UK, our own CSV template, and any other CSV with a mapping. See docs/importing.md."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from portal.core.database import transaction
from portal.core.text import clean
from portal.directory.imports.mapping import template_mapping
from portal.directory.imports.mapping_file import read_mapping
from portal.directory.imports.open_referral import OpenReferralItems
from portal.directory.imports.open_referral_json import open_page
from portal.directory.imports.open_referral_terms import read_vocabulary
from portal.directory.imports.report import ImportReport
from portal.directory.imports.rows import TableRows
from portal.directory.imports.storing import Keeping, Store
from portal.directory.imports.table import open_table
from portal.directory.imports.text_file import FileError, TextFile, inspect
from portal.directory.operations import KnownWords, add_missing_terms, read_known_words

__all__ = ["FileError", "Import", "ImportReport", "Keeping", "prepare"]

OPEN_REFERRAL = "open-referral"
TEMPLATE = "template"


@dataclass(frozen=True)
class Import:
    """A file that was recognised and can be imported. `total` is how many rows it has."""

    total: int
    steps: TableRows | OpenReferralItems
    store: Store
    report: ImportReport

    def run(self, keeping: Keeping, advance: Callable[[int], None]) -> bool:
        """Import, tell `advance` how many rows were gone through, and say whether what was stored stays."""
        return self.store.run(self.steps, keeping, advance)


def prepare(path: Path, *, mapping: Path | None, source: str, actor: str) -> Import:
    """Recognise a file and make it ready. The terms that ship are added to the database where they are missing.

    `source` is the name under which the import knows its rows again; "" for the one that goes with the kind of
    file. Raises FileError with a sentence that can be shown.
    """
    file = inspect(path)
    with transaction() as session:
        add_missing_terms(session, actor=actor)
        known = read_known_words(session)
        vocabulary = read_vocabulary(session)
    name = clean(source)
    if len(name) > 120:
        raise FileError("The name of the source is longer than 120 characters.")
    if _is_json(file):
        if mapping is not None:
            raise FileError(f"{path.name} is JSON; a mapping is for tables (CSV) only.")
        page = open_page(file)
        report = ImportReport(unit="item")
        if page.of > 1:
            report.note(0, "", "", f"this is page {page.number} of {page.of}; import the other pages as well")
        store = Store(source=name or OPEN_REFERRAL, known=known, actor=actor, report=report)
        items = OpenReferralItems(page, source=store.source, vocabulary=vocabulary, known=known, report=report)
        return Import(items.total, items, store, report)
    return _prepare_table(file, mapping, name, known, actor)


def _prepare_table(file: TextFile, mapping: Path | None, name: str, known: KnownWords, actor: str) -> Import:
    table = open_table(file)
    if mapping is not None:
        meaning = read_mapping(mapping, table.header, known, name)
    else:
        meaning = template_mapping(table.header, name or TEMPLATE)
    report = ImportReport()
    rows = TableRows(table, meaning, known, report)
    return Import(rows.total, rows, Store(source=meaning.source, known=known, actor=actor, report=report), report)


def _is_json(file: TextFile) -> bool:
    return file.begins.lstrip("\ufeff \t\r\n").startswith(("{", "["))
