"""The page about security: every requirement once, counts that agree, and tests and files that exist."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from portal.core.settings import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "security.md").read_text()
STATES = ("met", "partly", "not met", "does not apply")

# The numbers of OWASP ASVS 5.0.0: `3.2.1-2` are 3.2.1 and 3.2.2.
LEVEL_1 = """
    1.2.1-5 1.3.1-2 1.5.1 2.1.1 2.2.1-2 2.3.1 3.2.1-2 3.3.1 3.4.1-2 3.5.1-3 4.1.1 4.4.1 5.2.1-2 5.3.1-2 6.1.1 6.2.1-8
    6.3.1-2 6.4.1-2 7.2.1-4 7.4.1-2 8.1.1 8.2.1-2 8.3.1 9.1.1-3 9.2.1 10.4.1-5 11.3.1-2 11.4.1 12.1.1 12.2.1-2 13.4.1
    14.2.1 14.3.1 15.1.1 15.2.1 15.3.1
"""
LEVEL_2 = """
    1.1.1-2 1.2.6-9 1.3.3-11 1.4.1-3 1.5.2 2.1.2-3 2.2.3 2.3.2-4 2.4.1 3.3.2-4 3.4.3-6 3.5.4-5 3.7.1-2 4.1.2-3 4.2.1
    4.3.1-2 4.4.2-4 5.1.1 5.2.3 5.4.1-3 6.1.2-3 6.2.9-12 6.3.3-4 6.4.3-4 6.5.1-5 6.6.1-3 6.8.1-4 7.1.1-3 7.3.1-2 7.4.3-5
    7.5.1-2 7.6.1-2 8.1.2 8.2.3 8.4.1 9.2.2-4 10.1.1-2 10.2.1-2 10.3.1-4 10.4.6-11 10.5.1-5 10.6.1-2 10.7.1-3 11.1.1-2
    11.2.1-3 11.3.3 11.4.2-4 11.5.1 11.6.1 12.1.2-3 12.3.1-4 13.1.1 13.2.1-5 13.3.1-2 13.4.2-5 14.1.1-2 14.2.2-4
    14.3.2-3
    15.1.2-3 15.2.2-3 15.3.2-7 16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3 17.1.1 17.2.1-4 17.3.1-2
"""


def numbers_of(ranges: str) -> list[str]:
    """Return every number of some ranges."""
    found = []
    for one in ranges.split():
        section, first, last = re.fullmatch(r"(\d+\.\d+)\.(\d+)(?:-(\d+))?", one).groups()  # type: ignore[union-attr]
        found += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


ROWS = [cells_of(line) for line in PAGE.splitlines() if re.match(r"\| \d+\.\d+\.\d+ \|", line)]
MENTIONED = sorted(set(re.findall(r"`([^`\s]+\.(?:py|md|html|txt|toml|cfg|json|js)(?:::\w+)?)`", PAGE)))


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def counted() -> Iterator[list[str]]:
    """Yield the lines of the table of counts that the tables below it call for."""
    levels = {"level 1": {"1"}, "level 2": {"2"}, "both": {"1", "2"}}
    for name, wanted in levels.items():
        states = Counter(row[3] for row in ROWS if row[1] in wanted)
        yield [name, *(str(states[state]) for state in STATES), str(states.total())]


@pytest.mark.parametrize(("level", "ranges", "how_many"), [("1", LEVEL_1, 70), ("2", LEVEL_2, 183)])
def test_every_requirement_stands_there_once(level: str, ranges: str, how_many: int) -> None:
    wanted = numbers_of(ranges)
    assert len(wanted) == len(set(wanted)) == how_many
    assert sorted(row[0] for row in ROWS if row[1] == level) == sorted(wanted)


def test_requirements_stand_in_order() -> None:
    numbers = [tuple(int(part) for part in row[0].split(".")) for row in ROWS]
    assert numbers == sorted(numbers)


def test_every_line_says_how_it_stands_and_where_or_why() -> None:
    assert [row for row in ROWS if len(row) != 5 or row[3] not in STATES or not all(row)] == []


def test_what_is_met_is_shown_by_something() -> None:
    shown = re.compile(r"`[^`]+\.(?:py|html|toml|cfg|js)|section 2\.|\]\(|ruff|docs/")
    bare = [row[0] for row in ROWS if row[3] == "met" and not shown.search(row[4])]
    # Memory is safe because of the language.
    assert bare == ["1.4.1"]


def test_the_counts_agree_with_the_tables() -> None:
    printed = [cells_of(line) for line in PAGE.splitlines() if re.match(r"\| (level \d|both) \|", line)]
    assert printed == list(counted())


@pytest.mark.parametrize("mentioned", MENTIONED)
def test_what_the_page_names_exists(mentioned: str) -> None:
    path, _, name = mentioned.partition("::")
    assert (ROOT / path).is_file(), path
    assert not name or name in names_in(path), f"{path} has no {name}"


def test_tests_and_files_are_named_at_all() -> None:
    assert sum("::" in one for one in MENTIONED) > 100
    odd = [one for one in re.findall(r"`([^`]*(?:::|\btests/)[^`]*)`", PAGE) if one not in MENTIONED]
    assert odd == [], "written in a way that this test does not look at"


def test_every_link_leads_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", PAGE) if not link.startswith("https:")]
    assert len(links) > 10
    assert [link for link in links if not (DOCS / link).is_file()] == []


def test_every_setting_and_section_that_it_names_is_there() -> None:
    settings = (DOCS / "settings.md").read_text()
    named = set(re.findall(r"PORTAL_[A-Z_]*[A-Z]", PAGE))
    assert {name for name in named if f"`{name}`" not in settings} == set()
    headings = set(re.findall(r"^### (2\.\d+) ", PAGE, re.MULTILINE))
    assert set(re.findall(r"sections? (2\.\d+)", PAGE)) <= headings
