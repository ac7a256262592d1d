"""Tables that groups send: what is read, what comes out as text, and what is refused, quickly and with the reason."""

import datetime as dt
import io
import time
import zipfile
from collections.abc import Sequence

import openpyxl
import pytest

from portal.listings.sheet_days import CellError, rule_as_text, text_as_rule
from portal.listings.sheets import SheetRefusedError, harmless, plain, read_sheet, write_csv, write_xlsx

ROWS = [
    ["id", "name"],
    ["", "=1+1"],
    ["", "+44 20"],
    ["", "-3"],
    ["", "@SUM"],
    ["", "\tx"],
    ["", "'=a"],
    ["", "O'Hara"],
]


def workbook(*rows: Sequence[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(**parts: bytes) -> bytes:
    """Return a whole workbook in which some parts are others; `sheet` is the first sheet."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "styles": "xl/styles.xml", "strings": "xl/sharedStrings.xml"}
    replaced = {names[name]: body for name, body in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["id", "name"]))) as whole, zipfile.ZipFile(out, "w", 8) as made:
        for one in whole.namelist():
            made.writestr(one, replaced.pop(one, b"") or whole.read(one))
        for name, body in replaced.items():
            made.writestr(name, body)
    return out.getvalue()


def sheet_of(inside: bytes, head: bytes = b"") -> bytes:
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return (
        b'<?xml version="1.0"?>'
        + head
        + b'<worksheet xmlns="'
        + space
        + b'"><sheetData>'
        + inside
        + b"</sheetData></worksheet>"
    )


def test_cells_that_could_be_formulas_come_out_as_text_and_back_again() -> None:
    assert [harmless(row[1]) for row in ROWS[1:]] == ["'=1+1", "'+44 20", "'-3", "'@SUM", "'\tx", "''=a", "O'Hara"]
    assert harmless("\0\x1b=1+1\ufffe") == "'=1+1"
    for body in (write_csv(ROWS), write_xlsx(ROWS, title="Listings")):
        read = read_sheet(body)
        assert [plain(line.cells[1]) for line in read.lines] == [row[1] for row in ROWS[1:]]
    cells = openpyxl.load_workbook(io.BytesIO(write_xlsx([["007", "=cmd|' /C calc'!A0"]], title="x"))).active[1]
    assert [(cell.data_type, cell.number_format, cell.value) for cell in cells] == [
        ("s", "@", "007"), ("s", "@", "'=cmd|' /C calc'!A0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "id,name\r\n,Café “Zoë”\r\n".encode(),
        "id,name\n,Café “Zoë”\n".encode("utf-8-sig"),
        "id;name\r\n;Café “Zoë”\r\n".encode("cp1252"),
        "sep=;\nid;name\n;Café “Zoë”\n\n\n".encode(),
        workbook(["id", "name"], [None, "Café “Zoë”"], [None, None]),
    ],
)
def test_the_ways_in_which_spreadsheets_write(body: bytes) -> None:
    read = read_sheet(body)
    assert list(read.header) == ["id", "name"]
    assert [line.cells[1] for line in read.lines] == ["Café “Zoë”"]


def test_numbers_dates_and_formulas_of_a_workbook_are_text() -> None:
    read = read_sheet(workbook(["id", "name"], [12.0, "=1+1"], [True, 2.5]))
    assert [tuple(line.cells) for line in read.lines] == [("12", "=1+1"), ("yes", "2.5")]


HOSTILE = {
    "too many bytes": (b"a" * 2_000_001, "larger than 2 MB"),
    "nothing": (b" \n ", "empty"),
    "not a text": (b"\x89PNG\0\0\0", "not a table"),
    "old excel": (b"\xd0\xcf\x11\xe0" + b"x" * 99, "old kind"),
    "1,001 rows": (b"name\n" + b"x\n" * 1001, "more than 1,000 rows"),
    "61 columns": (b"name" + b"," * 60, "60 columns"),
    "blank lines": (b"name\n" + b"\n" * 1_900_000, "goes on below row"),
    "open quotation": (b'name\n"' + b"x" * 1_900_000, "quotation mark"),
    "not a zip": (b"PK\x03\x04" + b"\0" * 5000, "damaged"),
    "zip bomb": (archive(sheet=b" " * 25_000_000), "far more than"),
    "wide row": (archive(sheet=sheet_of(b"<row>" + b"<c/>" * 60_000 + b"</row>")), "60 columns"),
    "far column": (archive(sheet=sheet_of(b'<row><c r="XFD1"><v>1</v></c></row>')), "60 columns"),
    "far row": (archive(sheet=sheet_of(b'<row r="1048576"><c t="n"><v>1</v></c></row>')), "goes on below row"),
    "many cells": (archive(sheet=sheet_of(b"<row>" + b"<c/>" * 400_000 + b"</row>")), "60 columns"),
    "many rows": (archive(sheet=sheet_of(b"<row><c/></row>" * 100_000)), "more than 1,000 rows"),
    "many styles": (archive(styles=b"<styleSheet>" + b"<xf/>" * 300_000 + b"</styleSheet>"), "far more than"),
    "many strings": (archive(strings=b"<sst>" + b"<si><t/></si>" * 200_000 + b"</sst>"), "more than"),
    "entities": (
        archive(sheet=sheet_of(b"", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>')), "definitions",
    ),
    "entities in UTF-16": (archive(sheet='<!DOCTYPE x [<!ENTITY a "a">]><x/>'.encode("utf-16")), "unusual way"),
    "no sheet": (archive(sheet=b"<nonsense>"), "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_huge_and_hostile_files_are_refused_within_a_second_and_say_why(name: str, no_collecting: None) -> None:
    body, said = HOSTILE[name]
    begun = time.process_time()
    with pytest.raises(SheetRefusedError, match=said):
        read_sheet(body)
    assert time.process_time() - begun < 1


def test_the_largest_table_that_fits_is_read() -> None:
    read = read_sheet(write_xlsx([["name"] * 10, *([["words"] * 10] * 1000)], title="x"))
    assert (len(read.header), len(read.lines)) == (10, 1000)


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday 10:30-12:00",
        "Tuesday and Friday 10:30-12:00, in term time, not on bank holidays",
        "first Friday 14:00-15:00",
        "first and last Friday 14:00",
        "every second Tuesday 10:30-12:00, from 2026-11-24, until 2027-06-01",
        "2026-12-05 and 2026-12-19 14:00-16:00",
        "Monday 09:00-10:00, except 2026-12-21 and 2026-12-28, also 2026-12-23",
        "every day 08:00-20:00",
    ],
)
def test_days_are_written_as_they_are_read(text: str, clock: object) -> None:
    written = rule_as_text(text_as_rule(text))
    assert (
        written.replace("Monday and Tuesday and Wednesday and Thursday and Friday and Saturday and Sunday", "every day")
        == text
    )
    assert rule_as_text(text_as_rule(written)) == written


@pytest.mark.parametrize(
    "text", ["sometimes", "Tuesday 25:00", "Tuesday 12:00-10:00", "Tuesday 10:30, also soon", "x" * 900]
)
def test_days_that_nobody_understands_say_so(text: str) -> None:
    with pytest.raises(CellError):
        text_as_rule(text)


_MANY = " and ".join(str(dt.date(2026, 12, 1) + dt.timedelta(days=number)) for number in range(101))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Tuesday 10:30, also 9999-12-31", "9999-12-31 is too long ago or too far ahead"),
        ("Tuesday 10:30, except 1999-12-31", "too long ago"),
        ("every second Tuesday 10:30, from 2014-12-30", "too long ago"),
        ("Tuesday 10:30, until 2040-01-01", "too far ahead"),
        ("2040-01-01 10:30", "too far ahead"),
        (f"Tuesday 10:30, also {_MANY}", "more than 100 dates"),
    ],
)
def test_a_table_takes_no_days_that_the_form_refuses(text: str, reason: str) -> None:
    with pytest.raises(CellError, match=reason):
        text_as_rule(text)
    if "100" in reason:
        assert len(text_as_rule(text.replace(" and 2027-03-11", "")).also_on) == 100
