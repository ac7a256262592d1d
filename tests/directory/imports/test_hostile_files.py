"""Files that are not what they should be: one clear sentence, exit code 1, nothing stored, no traceback."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from portal.directory.models import Organisation, Service
from tests.directory.imports.conftest import MAPPING, ROOMS, Run

Rooms = Callable[..., tuple[Path, str, Path]]
HEAD = b"organisation,name\n"
DEEP = b"[" * 100_000
FILES = [
    ("nothing.csv", b"", "nothing.csv is empty."),
    ("line.csv", b"x" * 50_000_000, "has a line of 50,000,000 bytes"),
    ("line.json", b"[" + b" " * 50_000_000, "is not JSON"),
    ("nul.csv", HEAD + b"a,b\nc\0,d\n", "line 3 holds a NUL byte"),
    ("sheet.xlsx", b"PK\x03\x04rest", "is a spreadsheet or an archive, not text"),
    ("utf16.csv", "organisation,name\na,b\n".encode("utf-16"), "is written in UTF-16"),
    ("columns.csv", b"one,two\n1,2\n", "has no column “organisation”, so it is not our template"),
    ("strange.csv", b"organisation,name,colour\na,b,c\n", "has no column “colour”"),
    ("near.csv", b"organisation,name,descripton\na,b,c\n", "did you mean “description”?"),
    ("twice.csv", b"organisation,name,name\na,b,c\n", "names the column “name” twice"),
    ("blank.csv", b"\n\n", "has to name the columns, but it is empty"),
    ("open.csv", b'"organisation,name\n', "opens a quotation mark that is never closed"),
    ("bad.json", b'{"contents": [}', "is not JSON"),
    ("deep.json", DEEP, "nested too deeply"),
    ("nan.json", b'[{"id": NaN}]', "impossible number"),
    ("other.json", b'{"hello": "world"}', "holds no Open Referral services"),
    ("digits.json", b"[" + b"9" * 5000 + b"]", "impossible number"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("name", "content", "sentence"), FILES, ids=[name for name, _content, _sentence in FILES])
def test_a_file_that_cannot_be_read(
    run_import: Run, database: SQLAlchemy, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    result = run_import(path)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert database.session.scalar(sa.select(sa.func.count(Service.id))) == 0


def test_a_folder_and_a_missing_file(run_import: Run, tmp_path: Path) -> None:
    assert "there is no such file" in run_import(tmp_path / "none.csv").output
    folder = run_import(tmp_path)
    assert folder.exit_code == 1
    assert "is not a file" in folder.output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(
    run_import: Run, rooms: Rooms, database: SQLAlchemy, encoding: str, delimiter: str
) -> None:
    arguments = rooms(mapping=MAPPING.replace("hours:", "#hours:"))
    text = "\n".join(line.split(',"')[0] for line in ROOMS.replace("Blue", "Café").splitlines())
    arguments[0].write_bytes(text.replace(",", delimiter).encode(encoding))
    result = run_import(*arguments)
    assert result.exit_code == 0, result.output
    names = set(database.session.scalars(sa.select(Service.name)))
    assert names == {"Café Room", "Red Room"}


def test_a_quotation_mark_never_closed_costs_the_rows_behind_it_and_no_others(
    run_import: Run, rooms: Rooms, database: SQLAlchemy
) -> None:
    result = run_import(*rooms(f'{ROOMS}Lewisham,"Open Room,3 High Road,SE13 6LG,,,,,\nLewisham,Lost,,SE6 4JU,,,,,\n'))
    assert "opens a quotation mark that is never closed" in result.output
    assert set(database.session.scalars(sa.select(Service.name))) == {"Blue Room", "Red Room"}


def test_text_is_cleaned_and_stays_text(run_import: Run, rooms: Rooms, database: SQLAlchemy) -> None:
    name = "<b>{{ 7*7 }}</b> \u202eevil\u200b\x1b[31m"
    result = run_import(*rooms(ROOMS.replace("Blue Room", name)))
    assert result.exit_code == 0, result.output
    assert "<b>{{ 7*7 }}</b> evil[31m" in set(database.session.scalars(sa.select(Service.name)))


def test_a_report_cannot_carry_a_formula(run_import: Run, rooms: Rooms, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    text = ROOMS.replace("Blue Room", "=HYPERLINK(1)").replace("blue@example.org", "none")
    result = run_import(*rooms(text), "--report", path)
    assert "is not an e-mail address" in result.output
    assert "'=HYPERLINK" in path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://",
        "https://exa mple.org",
        "//example.org",
        "ftp://example.org",
        "http://a@b.org",
        "x",
    ],
)
def test_addresses_that_are_refused(run_import: Run, rooms: Rooms, database: SQLAlchemy, url: str) -> None:
    mapping = MAPPING.replace("cost: free", 'cost: free, website: "{Mail}"').replace('email: "{Mail}", ', "")
    result = run_import(*rooms(ROOMS.replace("blue@example.org", url), mapping))
    assert "is not a web address" in result.output
    assert set(database.session.scalars(sa.select(Service.name))) == {"Red Room"}
    assert database.session.scalar(sa.select(sa.func.count(Organisation.id))) == 1


def test_when_every_row_is_refused_the_command_fails(run_import: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(HEAD + b",b\n,c\n")
    result = run_import(path)
    assert result.exit_code == 1
    assert "every row was refused" in result.output
