"""Bringing postcodes in."""

import random
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from portal.core.database import transaction
from portal.geo import operations
from portal.geo.files import REFUSALS_KEPT, GeoFileError, ImportReport, Refusal
from portal.geo.models import Postcode

ONS = (
    '"pcd7","pcd8","pcds","dointr","doterm","lat","long"\n'
    '"SE136LG","SE13 6LG","SE13 6LG","198001","",51.458192,-0.014392\n'
    '"SE136LX","SE13 6LX","SE13 6LX","198001","198612",51.455187,-0.007783\n'
    '"JE1 1AA","JE1  1AA","JE1 1AA","198001","",99.999999,0.000000\n'
)


def bring_in(path: Path) -> ImportReport:
    with transaction():
        return operations.import_postcodes(path=path, actor="a test")


def stored(database: SQLAlchemy) -> dict[str, tuple[float, float, bool]]:
    rows = database.session.execute(sa.select(Postcode.code, Postcode.latitude, Postcode.longitude, Postcode.is_live))
    return {code: (latitude, longitude, is_live) for code, latitude, longitude, is_live in rows}


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def test_the_ons_directory(database: SQLAlchemy, tmp_path: Path) -> None:
    report = bring_in(write(tmp_path / "ONSPD.csv", ONS))
    assert (report.read, report.stored, report.refused) == (3, 2, 1)
    assert report.refusals == [Refusal(4, "latitude", "99.999999 stands for no position")]
    assert stored(database) == {
        "SE13 6LG": (51.458192, -0.014392, True),
        "SE13 6LX": (51.455187, -0.007783, False),
    }


def test_the_ons_directory_in_its_zip(database: SQLAlchemy, tmp_path: Path) -> None:
    path = tmp_path / "ONSPD.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Documents/names.csv", "code,name\n" + "x,y\n" * 1000)
        archive.writestr("Data/ONSPD.csv", ONS)
        archive.writestr("Readme.txt", "read me")
    assert bring_in(path).stored == 2
    assert "SE13 6LG" in stored(database)


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("postcode,latitude,longitude,terminated,café", "utf-8-sig"),
        ("Postcode,Lat,Lon,Terminated,Café", "utf-8"),
        ("POSTCODE , LAT , LNG , TERMINATED, CAFÉ", "latin-1"),
    ],
)
def test_plain_files(database: SQLAlchemy, tmp_path: Path, header: str, encoding: str) -> None:
    text = f"{header}\nse136lg,51.458,-0.014,,Zoë's\nSE13 6,51.45,-0.01,\nSE13,51.46,-0.01,\nSE8 4AA,51.5,0.1,2001\n"
    assert bring_in(write(tmp_path / "p.csv", text, encoding)).stored == 4
    assert stored(database) == {
        "SE13 6LG": (51.458, -0.014, True),
        "SE13 6": (51.45, -0.01, True),
        "SE13": (51.46, -0.01, True),
        "SE8 4AA": (51.5, 0.1, False),
    }


def test_twice_makes_nothing_twice_and_brings_what_changed(database: SQLAlchemy, tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "postcode,lat,lon\nSE13 6LG,51.1,0.1\nSE13 6LH,51.2,0.2\nSE13 6LG,51.3,0.3\n")
    bring_in(path)
    bring_in(write(path, "postcode,lat,lon,doterm\nSE13 6LG,51.4,0.4,202601\n"))
    assert stored(database) == {"SE13 6LG": (51.4, 0.4, False), "SE13 6LH": (51.2, 0.2, True)}


def test_more_rows_than_a_batch_with_progress(
    database: SQLAlchemy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "BATCH", 3)
    rows = "".join(f"SE13 6A{letter},51.4,0.0\n" for letter in "ABDEFGHJLN")
    path = write(tmp_path / "p.csv", "postcode,lat,lon\n" + rows)
    told: list[tuple[int, int]] = []
    with transaction():
        operations.import_postcodes(
            path=path, actor="a test", progress=lambda done, length: told.append((done, length))
        )
    assert len(stored(database)) == 10
    assert len(told) == 4
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


def test_every_refused_row_is_told_and_none_of_it_stored(database: SQLAlchemy, tmp_path: Path) -> None:
    rows = [
        "SE13 6LG,north,0.1",
        "SE13 6LH,91,0.1",
        "SE13 6LJ,51.4,181",
        "SE13 6LL,nan,0.1",
        "SE13 6LN,,",
        "SE13 6LP,0,0",
        "SE13 6LV,51.4,0.1",
        "Lewisham,51.4,0.1",
        "SE13 6LQ",
        "",
        "SE13 6LR,51.4,0.1",
        "SE13 6LS,1e400,0.1",
    ]
    report = bring_in(write(tmp_path / "p.csv", "postcode,lat,lon\n" + "\n".join(rows)))
    assert [(found.line, found.column, found.problem) for found in report.refusals] == [
        (2, "latitude", "'north' is not a number"),
        (3, "latitude", "91 is not between -90 and 90 degrees"),
        (4, "longitude", "181 is not between -180 and 180 degrees"),
        (5, "latitude", "nan is not between -90 and 90 degrees"),
        (6, "latitude", "it is empty"),
        (7, "latitude", "SE13 6LP has the position 0, 0, which is in the sea off Africa"),
        (8, "postcode", "'SE13 6LV' is not a UK postcode"),
        (9, "postcode", "'Lewisham' is not a UK postcode"),
        (10, "", "the row ends after 1 columns"),
        (13, "latitude", "1e400 is not between -90 and 90 degrees"),
    ]
    assert report.refused == 10
    assert list(stored(database)) == ["SE13 6LR"]


def test_refusals_are_counted_but_not_hoarded(database: SQLAlchemy, tmp_path: Path) -> None:
    report = bring_in(write(tmp_path / "p.csv", "postcode,lat,lon\n" + "x,1,1\n" * (REFUSALS_KEPT + 50)))
    assert report.refused == REFUSALS_KEPT + 50
    assert len(report.refusals) == REFUSALS_KEPT


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "begins with: nothing"),
        (b"name,colour\nA,red\n", "begins with: name, colour"),
        (b"\x00\x01\x02\xff\xfe" * 50, "has no columns"),
        (b"PK\x03\x04 not a zip after all", "has no columns"),
        ("postcode,lat,lon\n".encode("utf-16"), "has no columns"),
    ],
)
def test_a_file_that_is_none(database: SQLAlchemy, tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    with pytest.raises(GeoFileError, match=says):
        bring_in(path)
    assert stored(database) == {}


def test_a_file_that_is_missing(database: SQLAlchemy, tmp_path: Path) -> None:
    with pytest.raises(GeoFileError, match="cannot be opened: No such file"):
        bring_in(tmp_path / "nowhere.csv")


def test_a_zip_without_postcodes(database: SQLAlchemy, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "name\nx\n")
    with pytest.raises(GeoFileError, match="holds no CSV file with postcodes"):
        bring_in(path)
    assert stored(database) == {}


@pytest.mark.parametrize(
    ("method", "place"),
    # At 35 the packed stream itself begins, behind the 30 bytes of its header and the five of its name.
    [(zipfile.ZIP_STORED, 200_000), (zipfile.ZIP_DEFLATED, 100_000), (zipfile.ZIP_DEFLATED, 35)],
)
def test_a_zip_that_is_damaged(database: SQLAlchemy, tmp_path: Path, method: int, place: int) -> None:
    generator = random.Random(3)
    rows = "".join(f"SE13 6LG,51.{generator.randrange(10**9)},0.1\n" for _ in range(20_000))
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.csv", "postcode,lat,lon\n" + rows)
    content = bytearray(path.read_bytes())
    content[place : place + 40] = b"\xff" * 40
    path.write_bytes(bytes(content))
    with pytest.raises(GeoFileError, match="is damaged or locked"):
        bring_in(path)
    assert stored(database) == {}


def test_an_endless_quote_is_refused_without_a_traceback(database: SQLAlchemy, tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", 'postcode,lat,lon\nSE13 6LG,51.4,0.1\n"SE13 6LH,' + "x,1\n" * 60_000)
    with pytest.raises(GeoFileError, match="damaged or locked: field larger"):
        bring_in(path)
    assert stored(database) == {}


def test_the_real_files(database: SQLAlchemy, real_data: Path) -> None:
    lewisham = bring_in(real_data / "lewisham_postcodes.csv")
    assert (lewisham.stored, lewisham.refused) == (8419, 0)
    outcodes = bring_in(real_data / "uk_outcodes.csv")
    assert (outcodes.stored, outcodes.refused) == (2856, 0)
    bring_in(real_data / "lewisham_postcodes.csv")
    found = stored(database)
    assert len(found) == 8419 + 2856
    assert sum(is_live for code, (_, _, is_live) in found.items() if " " in code) == 4969
