"""Tables that people send: CSV in the ways that spreadsheets write it, and .xlsx, told apart by what is in the file.

A file from a stranger is looked at before it is unfolded: what is too large, or made to exhaust a reader, is refused
with the reason, and within a second. What comes out is text; no formula is ever worked out.
"""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_BYTES = 2_000_000
TOO_LARGE = "The file is larger than 2 MB. Send fewer rows at a time."
MOST_ROWS = 1_000
MOST_COLUMNS = 60
MOST_LETTERS = 10_000
# Of an .xlsx, which is a zip archive: parts, bytes when unfolded, of those bytes outside the cells, and tags.
MOST_PARTS = 50
MOST_UNFOLDED = 20_000_000
MOST_BESIDE = 1_000_000
MOST_TAGS = 450_000
MOST_CELLS = (MOST_ROWS + 1) * MOST_COLUMNS
# Lines with nothing in them are left out, but not without end.
MOST_LINES = 5 * MOST_ROWS

# With one of these signs first a spreadsheet takes a text for a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_QUOTED_FORMULA = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
# All but what XML 1.0 takes for a character (section 2.2).
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CELL = re.compile(rb"<(?:\w+:)?(?:c|si)[\s>/]")
_ROW = re.compile(rb"<(?:\w+:)?row[\s>/]")
_DAMAGED = "This spreadsheet is damaged. Open it, save it again as .xlsx, and send that."
_OF_CELLS = ("xl/worksheets/", "xl/sharedstrings")


class SheetRefusedError(ValueError):
    """A file is not taken; the message says why and what to do."""


@dataclass(frozen=True)
class Line:
    """One row that is not empty: its number as a spreadsheet counts, and its cells as text."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True)
class Sheet:
    """The names in the first row, as they stand there, and the rows below it."""

    header: Sequence[str]
    lines: Sequence[Line]


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: with an apostrophe in front where it could be one.

    What cannot stand in an .xlsx is left out.
    """
    text = _NOT_IN_XML.sub("", text)
    return f"'{text}" if _FORMULA.match(text) else text


def plain(text: str) -> str:
    """Take the apostrophe of `harmless` off again."""
    return text[1:] if _QUOTED_FORMULA.match(text) else text


def read_sheet(body: bytes) -> Sheet:
    """Read a file of at most 2 MB, 1,000 rows and 60 columns. Raises SheetRefusedError."""
    if len(body) > MOST_BYTES:
        raise SheetRefusedError(TOO_LARGE)
    if not body.strip():
        raise SheetRefusedError("The file is empty.")
    if body.startswith(b"PK\x03\x04"):
        rows = _read_workbook(body)
    elif body.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetRefusedError("This is an old kind of spreadsheet, or one with a password. Save it as .xlsx or CSV.")
    else:
        rows = _read_text(_decode(body))
    return _sheet(rows)


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows as CSV that Excel opens rightly (UTF-8 with its mark), with every cell made harmless."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(rows: Iterable[Sequence[str]], *, title: str) -> bytes:
    """Return rows as an .xlsx in which every cell is text, also one that looks like a number or a formula."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell  # it takes a moment to load, and most processes see no spreadsheet

    book = Workbook(write_only=True)
    page = book.create_sheet(title)
    page.freeze_panes = "A2"
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(page, value=harmless(text))
            cell.data_type, cell.number_format = "s", "@"
            cells.append(cell)
        page.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(rows: Iterable[Sequence[str]]) -> Sheet:
    """Keep the rows that say something, within the limits."""
    header: list[str] = []
    lines: list[Line] = []
    for number, cells in enumerate(rows, start=1):
        if number > MOST_LINES:
            raise SheetRefusedError(f"The sheet goes on below row {MOST_LINES:,}. Send at most {MOST_ROWS:,} rows.")
        if len(cells) > MOST_COLUMNS:
            raise SheetRefusedError(f"Row {number} has more than {MOST_COLUMNS} columns.")
        if not any(cell.strip() for cell in cells):
            continue
        if not header:
            header = [cell.strip() for cell in cells]
            continue
        if len(lines) == MOST_ROWS:
            raise SheetRefusedError(f"The sheet has more than {MOST_ROWS:,} rows. Send fewer rows at a time.")
        lines.append(Line(number, tuple(cells)))
    return Sheet(header, lines)


def _decode(body: bytes) -> str:
    if b"\0" in body or body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SheetRefusedError("This is not a table we can read. Save it as .xlsx or as CSV (UTF-8).")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetRefusedError("This is not a text we can read. Save it as .xlsx or as CSV (UTF-8).")


def _read_text(text: str) -> Iterator[Sequence[str]]:
    first, _, rest = text.partition("\n")
    separator = ""
    if found := re.fullmatch(r"sep=([,;])\s*", first):
        separator, text = found[1], rest
        first = rest.partition("\n")[0]
    unquoted = re.sub(r'"[^"]*"', "", first)
    separator = separator or (";" if unquoted.count(";") > unquoted.count(",") else ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        yield from reader
    except csv.Error:
        raise SheetRefusedError(
            f"Line {reader.line_num} cannot be read: a quotation mark is missing, or a cell is far too long."
        ) from None


def _read_workbook(body: bytes) -> Iterator[Sequence[str]]:
    from openpyxl import load_workbook  # as above

    _look_inside(body)
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        page = book.worksheets[0]
        page.reset_dimensions()
        for row in page.iter_rows():
            if len(row) > MOST_COLUMNS:
                raise SheetRefusedError(f"The sheet has more than {MOST_COLUMNS} columns.")
            yield [_text_of(cell.value) for cell in row]
    except SheetRefusedError:
        raise
    except Exception as error:  # a damaged workbook fails in as many ways as there are parts in it
        raise SheetRefusedError(
            "This spreadsheet is damaged. Open it, save it again as .xlsx, and send that."
        ) from error


def _look_inside(body: bytes) -> None:
    """Refuse an archive by its totals before it is unfolded, and then by what the reader would have to work through."""
    too_much = "This spreadsheet holds far more than a list of listings. Copy the rows into a new one and send that."
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNFOLDED:
                raise SheetRefusedError(too_much)
            if len({part.filename.lower() for part in parts}) < len(parts) or any(part.flag_bits & 1 for part in parts):
                raise SheetRefusedError("This spreadsheet has a password or is damaged. Save it again without one.")
            tags = beside = 0
            for part in parts:
                content = archive.read(part)
                _refuse_entities(content)
                tags += content.count(b"<")
                is_of_cells = part.filename.lower().startswith(_OF_CELLS)
                beside += 0 if is_of_cells else len(content)
                if tags > MOST_TAGS or beside > MOST_BESIDE:
                    raise SheetRefusedError(too_much)
                cells = sum(1 for _ in _CELL.finditer(content))
                rows = sum(1 for _ in _ROW.finditer(content))
                if rows and cells > rows * MOST_COLUMNS:
                    raise SheetRefusedError(f"The sheet has more than {MOST_COLUMNS} columns.")
                if is_of_cells and cells > MOST_CELLS:
                    raise SheetRefusedError(f"The sheet has more than {MOST_ROWS:,} rows. Send fewer rows at a time.")
    except SheetRefusedError:
        raise
    except Exception as error:  # as above: the archive is damaged or made to be
        raise SheetRefusedError(
            "This spreadsheet is damaged. Open it, save it again as .xlsx, and send that."
        ) from error


def _refuse_entities(content: bytes) -> None:
    """Refuse definitions by which a small part unfolds without end; in whatever way they are written."""
    start = content[:4]
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0")) or b"\0\0" in start:
        raise SheetRefusedError("This spreadsheet is written in an unusual way. Save it again as .xlsx.")
    upper = content.upper()
    if b"<!DOCTYPE" in upper or b"<!ENTITY" in upper:
        raise SheetRefusedError("This spreadsheet holds definitions that we do not take. Save it again as .xlsx.")


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return value.strftime("%H:%M") if isinstance(value, dt.time) else str(value)
