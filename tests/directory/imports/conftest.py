"""What the tests of imports share: the command, and a small table of rooms with its mapping."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from portal.core.settings import ROOT

Run = Callable[..., Result]

ROOMS = """Borough,Room,Street,Postcode,Mon,Tue,Sat,Shut,Mail
Lewisham,Blue Room,1 High Road,SE13 6LG,10:00-13:00,"10:00-13:00,14:00-17:00",,,blue@example.org
Lewisham,Red Room,2 High Road,SE6 4JU,,,09:00-12:00,,
"""
MAPPING = """
source: rooms
key: [Borough, Room, Postcode]
organisation: {name: "{Borough}", kind: public body}
venue: {name: "{Room}", address_1: "{Street}", postcode: "{Postcode}"}
service: {name: "{Room}", kind: place, categories: [places], email: "{Mail}", cost: free}
hours: {columns: {monday: Mon, tuesday: Tue, saturday: Sat}}
closed: {column: Shut, when: not empty}
"""


@pytest.fixture
def run_import(app: Flask) -> Run:
    """The command: `run_import(path, "--strict")`."""
    runner = app.test_cli_runner()

    def run(*arguments: object) -> Result:
        return runner.invoke(args=["import", *map(str, arguments)])

    return run


@pytest.fixture
def rooms(tmp_path: Path) -> Callable[..., tuple[Path, str, Path]]:
    """Write a table and its mapping and return what the command needs: `run_import(*rooms(text))`."""

    def write(text: str = ROOMS, mapping: str = MAPPING) -> tuple[Path, str, Path]:
        table, meaning = tmp_path / "rooms.csv", tmp_path / "rooms.yml"
        table.write_text(text, encoding="utf-8")
        meaning.write_text(mapping, encoding="utf-8")
        return table, "--mapping", meaning

    return write


@pytest.fixture(scope="session")
def examples() -> Path:
    """The examples that ship in docs/."""
    return ROOT / "docs" / "examples"
