"""Everybody is let in where the table says so, and nowhere else: every route, every method, everybody, every object."""

import os
import random
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.core.settings import ROOT, Settings
from tests.house.access_walk import Asked, Table, lines_of, walk
from tests.house.access_world import make_world

PARTS = 6
TABLE = ROOT / "docs" / "access.md"
HEAD = """# Who is let in

Every address and method, asked by everybody: a visitor and the standing cast, all signed in with their second factor
just now, for an object of their own, a colleague’s, another team’s (or somebody else’s), and one that is not there. A
test asks all of it and compares. What a route asks for stands in [routes](routes.md).

`yes`: let in (a form may still have asked for more). `404`: not there for this person. `sign in`, `again`: sent to sign
in, or to show once more who they are. `–`: there is no such object.

`PORTAL_TEST_WRITE_ACCESS=1 python -m pytest tests/house/test_access.py -k each` writes it anew; read what changed.

"""


def written(table: Table) -> str:
    """Return the table as text."""
    names = list(next(iter(table.values())))
    lines = ["| address | method | whose | " + " | ".join(name.title() for name in names) + " |"]
    lines.append("|---" * (3 + len(names)) + "|")
    for asked, row in table.items():
        cells = " | ".join(row[name] for name in names)
        lines.append(f"| `{asked.rule}` | {asked.method} | {asked.whose} | {cells} |")
    return HEAD + "\n".join(lines) + "\n"


def read() -> Table:
    """Return the table as people reviewed it."""
    rows = re.findall(r"^\| (.+) \|$", TABLE.read_text(), re.MULTILINE)
    names = [name.lower() for name in rows[0].split(" | ")[3:]]
    table: Table = {}
    for row in rows[1:]:
        rule, method, whose, *cells = row.split(" | ")
        table[Asked(rule.strip("`"), method, whose)] = dict(zip(names, cells, strict=True))
    return table


@pytest.mark.parametrize("part", range(PARTS))
def test_everybody_is_let_in_where_the_table_says(
    part: int, app: Flask, settings: Settings, proof: Callable[..., int]
) -> None:
    """In parts, so that they run side by side. PostgreSQL, which decides nothing here, is asked for a sample."""
    app.test_client_class = FlaskClient
    world = make_world(app)
    lines = list(lines_of(app, world))[part::PARTS]
    if not settings.database.startswith("sqlite"):
        count = proof("lines of the table of access on PostgreSQL", sample=len(lines) // 10, full=len(lines))
        lines = random.Random(part).sample(lines, count)
    found = walk(app, settings.database, world, lines)
    reviewed = read()
    wrong = {
        (asked.rule, asked.method, asked.whose, name): (answer, expected)
        for asked, row in found.items()
        for name, answer in row.items()
        if (expected := reviewed.get(asked, {}).get(name, "not in the table")) != answer
    }
    assert wrong == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_table_has_a_line_for_each_and_no_more(app: Flask, settings: Settings) -> None:
    world = make_world(app)
    lines = list(lines_of(app, world))
    if os.environ.get("PORTAL_TEST_WRITE_ACCESS") == "1":
        app.test_client_class = FlaskClient
        TABLE.write_text(written(walk(app, settings.database, world, lines)))
        pytest.skip("The table was written anew: read it.")
    assert list(read()) == [asked for _, asked in lines]
