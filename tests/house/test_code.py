"""Rules about the code itself: sizes, names, where reads and state belong, and words that must not stand."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.core.settings import ROOT
from tests.house import exceptions

CODE = sorted((ROOT / "portal").rglob("*.py")) + sorted((ROOT / "seeds").rglob("*.py"))
TEMPLATES = sorted((ROOT / "portal" / "templates").rglob("*.html"))
MOST_LINES = {"file": 300, "function": 40, "view": 30}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def test_files_are_short() -> None:
    long = {name_of(path): len(path.read_text().splitlines()) for path in CODE}
    found = {name: lines for name, lines in long.items() if lines > MOST_LINES["file"]}
    assert set(found) == set(exceptions.LONG_FILES), found


def test_functions_are_short() -> None:
    found = {
        f"{name_of(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in CODE
        for node in functions(path)
        if node.end_lineno and node.end_lineno - node.lineno + 1 > MOST_LINES["function"]
    }
    assert set(found) == set(exceptions.LONG_FUNCTIONS), found


def test_views_are_thin() -> None:
    found = {
        f"{name_of(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in CODE
        if "views" in path.parts
        for node in functions(path)
        if node.end_lineno and node.end_lineno - node.lineno + 1 > MOST_LINES["view"]
    }
    assert set(found) == set(exceptions.LONG_VIEWS), found


@pytest.mark.parametrize("path", [path for path in CODE if "views" in path.parts], ids=name_of)
def test_views_do_not_read_the_database(path: Path) -> None:
    text = path.read_text()
    assert "select(" not in text
    assert "db.session" not in text


CHANGES = re.compile(r"transaction\(|session\.(add|add_all|delete|merge)\(|\binsert\(|sa\.(update|delete)\(|_store_")


def test_operations_name_who_acts() -> None:
    missing = [
        f"{name_of(path)}:{node.name}"
        for path in CODE
        if path.stem == "operations" or path.parent.name == "operations"
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and CHANGES.search(ast.get_source_segment(path.read_text(), node) or "")
        and "actor" not in {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
    ]
    assert missing == []


def test_only_operations_change_the_directory() -> None:
    found = [
        name_of(path)
        for path in CODE
        if "operations" not in path.parts
        and path.stem not in {"operations", "changes", "database"}
        and re.search(r"session\.(add|add_all|delete|merge)\(", path.read_text())
    ]
    assert found == []


def test_public_names_have_docstrings() -> None:
    missing = []
    for path in CODE:
        tree = ast.parse(path.read_text())
        if not ast.get_docstring(tree):
            missing.append(name_of(path))
        for node in tree.body:
            if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                missing.append(f"{name_of(path)}:{node.name}")
    assert missing == []


def test_no_names_that_say_nothing() -> None:
    hollow = re.compile(r"helpers?|utils?|manager|misc|common", re.IGNORECASE)
    assert [name_of(path) for path in CODE if hollow.fullmatch(path.stem)] == []
    defined = [
        f"{name_of(path)}:{node.name}"
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and re.search(r"helper|util|manager|handle", node.name, re.I)
    ]
    assert defined == []


def test_time_comes_from_the_clock() -> None:
    asks = re.compile(r"\b(?:datetime\.now|datetime\.utcnow|date\.today|datetime\.today)\(")
    found = [name_of(path) for path in CODE if path.name != "clock.py" and asks.search(path.read_text())]
    assert found == []


def test_templates_trust_no_text() -> None:
    found = [name_of(path) for path in TEMPLATES if re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text())]
    assert found == []


def test_nothing_is_left_unfinished() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [name_of(path) for path in (*CODE, *TEMPLATES) if marks.search(path.read_text())]
    assert found == []


def test_no_third_party_code_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert listed, "git lists no file"
    foreign = [name for name in listed if re.search(r"node_modules|vendor|\.min\.(js|css)$|static/build/", name)]
    assert foreign == []


def test_requirements_are_pinned_by_hash() -> None:
    for path in ROOT.glob("requirements*.txt"):
        text = path.read_text()
        entries = re.split(r"^(?=[a-zA-Z])", text, flags=re.MULTILINE)[1:]
        assert len(entries) > 0
        loose = [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
        assert loose == [], path.name
        assert "://" not in text, f"{path.name} names a host"
    assert "resolved" not in (ROOT / "package-lock.json").read_text()


def test_every_migration_comes_after_another() -> None:
    names = sorted(path.name for path in (ROOT / "migrations" / "versions").glob("*.py"))
    assert [int(name[:3]) for name in names] == list(range(1, len(names) + 1))
