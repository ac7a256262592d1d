"""Breaks one line of the code in a copy of the project, and runs the tests that are meant to notice."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from portal.core.settings import ROOT

# What the copy needs; data, caches and installed packages stay where they are.
COPIED = ("portal", "seeds", "tests", "migrations", "docs", "setup.cfg", "pyproject.toml", "wsgi.py", "README.md")


@dataclass(frozen=True)
class Mutation:
    """One guard taken away: in `file`, the only place of `old` becomes `new`; `tests` (pytest arguments) must fail."""

    what: str
    file: str
    old: str
    new: str
    tests: str

    def __str__(self) -> str:
        return self.what


def mutated(text: str, mutation: Mutation) -> str:
    """Return the text with the guard taken away. Raises ValueError when the place is not there exactly once."""
    if text.count(mutation.old) != 1:
        raise ValueError(f"{mutation.file}: {mutation.old!r} stands there {text.count(mutation.old)} times, not once.")
    return text.replace(mutation.old, mutation.new)


def copy_project(folder: Path) -> Path:
    """Copy what the tests need into an empty folder and return it."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(source, folder / name)
    (folder / "search_index").mkdir()
    return folder


def run_tests(folder: Path, tests: str) -> subprocess.CompletedProcess[str]:
    """Run some tests of a copy against its own code, and return what came of it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "PYTEST_"))}
    environment["PYTHONPATH"] = str(folder)
    program = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests.split()]
    return subprocess.run(
        program, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def is_noticed(done: subprocess.CompletedProcess[str]) -> bool:
    """Say whether a test failed, as opposed to a copy that could not even be read."""
    return done.returncode == 1 and re.search(r"^(FAILED|ERROR) tests/", done.stdout, re.MULTILINE) is not None
