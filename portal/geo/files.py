"""Opening files of postcodes that an operator was given: CSV, plain or inside a .zip, in one of two encodings."""

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO


class GeoFileError(Exception):
    """A file cannot be read at all; the message is a plain sentence that says why."""


@dataclass(frozen=True)
class Refusal:
    """Something in a file that was left out: its line (or the number of its feature), column, and what is wrong."""

    line: int
    column: str
    problem: str


# How many refused rows are kept to be shown; all are counted.
REFUSALS_KEPT = 200


@dataclass
class ImportReport:
    """What an import did: how many rows were read, stored and refused; the first refusals in detail."""

    read: int = 0
    stored: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, line: int, column: str, problem: str) -> None:
        """Count a refused row, and keep why if there is room."""
        self.refused += 1
        if len(self.refusals) < REFUSALS_KEPT:
            self.refusals.append(Refusal(line, column, problem))


class RefusedError(Exception):
    """A row or a feature cannot be stored: its column and what is wrong there."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(column, problem)
        self.column, self.problem = column, problem


@dataclass(frozen=True)
class Table:
    """An open CSV file: its rows with the line each ends on, its length in bytes and how far it was read."""

    header: Sequence[str]
    rows: Iterator[tuple[int, list[str]]]
    length: int
    position: Callable[[], int]


def _one_by_one(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are no UTF-8 as Latin-1, so that an old file needs no second pass."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


# All that opening and unpacking raise; RuntimeError is what `zipfile` says to a locked archive.
_DAMAGED = (OSError, csv.Error, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)

codecs.register_error("portal_latin1", _one_by_one)


@contextmanager
def open_table(path: Path, is_wanted: Callable[[Sequence[str]], bool]) -> Iterator[Table]:
    """Open a CSV file, or the longest one inside a .zip whose header is wanted, and read it as it streams.

    Raises GeoFileError when it cannot be opened, has no header that is wanted, or, while its rows are read, when it
    turns out to be damaged.
    """
    with ExitStack() as stack:
        try:
            if zipfile.is_zipfile(path):
                binary, length = _open_member(stack.enter_context(zipfile.ZipFile(path)), path, is_wanted)
            else:
                binary, length = path.open("rb"), path.stat().st_size
            lines = stack.enter_context(_decode(binary))
            header, rows = _split(lines)
            if not is_wanted(header):
                raise GeoFileError(_no_columns(path, header))
            table = Table(header, _numbered(rows, path), length, binary.tell)
        except _DAMAGED as error:
            raise GeoFileError(_sentence(path, error)) from error
        yield table


def _sentence(path: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{path} cannot be opened: {error.strerror or error}."
    return f"{path} is damaged or locked: {error}."


def _open_member(
    archive: zipfile.ZipFile, path: Path, is_wanted: Callable[[Sequence[str]], bool]
) -> tuple[IO[bytes], int]:
    members = [item for item in archive.infolist() if item.filename.lower().endswith(".csv")]
    for item in sorted(members, key=lambda item: -item.file_size):
        with _decode(archive.open(item)) as lines:
            header, _ = _split(lines)
        if is_wanted(header):
            return archive.open(item), item.file_size
    raise GeoFileError(f"{path} holds no CSV file with postcodes and positions.")


def _no_columns(path: Path, header: Sequence[str]) -> str:
    shown = ", ".join(header[:8]) or "nothing"
    return (
        f"{path} has no columns for a postcode and its position. It needs a header line with postcode, latitude and "
        f"longitude (or pcds, lat and long); it begins with: {shown[:200]}."
    )


def _decode(binary: IO[bytes]) -> io.TextIOWrapper:
    return io.TextIOWrapper(binary, encoding="utf-8-sig", errors="portal_latin1", newline="")


def _split(lines: io.TextIOWrapper) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    reader = csv.reader(lines)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
    except csv.Error:
        header = []
    return header, ((reader.line_num, row) for row in reader)


def _numbered(rows: Iterator[tuple[int, list[str]]], path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from rows
    except _DAMAGED as error:
        raise GeoFileError(_sentence(path, error)) from error
