"""Every route says who may use it, and stands in the table."""

import re

from flask import Flask

from portal.core.access import access_of
from portal.core.settings import ROOT

TABLE = ROOT / "docs" / "routes.md"


def routes_of(app: Flask) -> set[tuple[str, str, str]]:
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        access = access_of(app.view_functions[rule.endpoint])
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            found.add((rule.rule, method, access or "says nothing"))
    return found


def routes_in_table() -> set[tuple[str, str, str]]:
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \| ([^|]+?) \|", TABLE.read_text(), re.MULTILINE)
    return {(rule, method, access) for rule, method, access in rows}


def test_every_route_stands_in_the_table(app: Flask) -> None:
    assert routes_of(app) == routes_in_table()


def test_no_route_says_nothing(app: Flask) -> None:
    assert [route for route in routes_of(app) if route[2] == "says nothing"] == []
