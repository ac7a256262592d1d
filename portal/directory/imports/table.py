"""A CSV file as rows with their line numbers. It can be gone through more than once and is never held whole."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.core.text import clean
from portal.directory.imports.text_file import FileError, TextFile

LONGEST_LINE = 1_000_000
MOST_COLUMNS = 500
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Row:
    """One row: the line it begins on and its cells by column, or what keeps it from being read."""

    line: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A CSV file whose header has been read."""

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows that are not empty."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            next(reader)
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield Row(line, {}, _in_plain_words(error))
                    continue
                if any(cell.strip() for cell in cells):
                    yield self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> Row:
        if len(cells) > len(self.header) and any(cell.strip() for cell in cells[len(self.header) :]):
            return Row(line, {}, f"has {len(cells)} cells, but the first line names {len(self.header)} columns")
        padded = cells + [""] * (len(self.header) - len(cells))
        return Row(line, dict(zip(self.header, padded, strict=False)))


def open_table(file: TextFile) -> Table:
    """Read the header of a CSV file. Raises FileError when it is none."""
    name = file.path.name
    if file.longest_line > LONGEST_LINE:
        raise FileError(f"{name} has a line of {file.longest_line:,} bytes, too long for a row. Is it a CSV file?")
    delimiter = _delimiter(file.begins)
    with file.path.open(encoding=file.encoding, newline="") as lines:
        try:
            header = [clean(cell) for cell in next(csv.reader(lines, delimiter=delimiter, strict=True), [])]
        except csv.Error as error:
            raise FileError(f"{name}: the first line {_in_plain_words(error)}.") from None
    while header and not header[-1]:
        header.pop()
    if not header:
        raise FileError(f"{name}: the first line has to name the columns, but it is empty.")
    if len(header) > MOST_COLUMNS:
        raise FileError(f"{name}: the first line names {len(header):,} columns, at most {MOST_COLUMNS} are read.")
    if repeated := sorted({column for column in header if column and header.count(column) > 1}):
        raise FileError(f"{name}: the first line names the column “{repeated[0][:60]}” twice.")
    return Table(path=file.path, encoding=file.encoding, delimiter=delimiter, header=tuple(header))


def _delimiter(begins: str) -> str:
    """Return the sign that parts the names of the columns: the most frequent one outside quotation marks."""
    first = begins.lstrip("\r\n").splitlines()[0] if begins.strip() else ""
    outside = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _in_plain_words(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end" in text:
        return "opens a quotation mark that is never closed"
    if "field limit" in text:
        return "has a cell that is too long, or opens a quotation mark that is never closed"
    if "expected after" in text:
        return "has a quotation mark in the middle of a cell"
    if "new-line" in text:
        return "has a line break that does not belong there"
    return "is not a row of a CSV file"
