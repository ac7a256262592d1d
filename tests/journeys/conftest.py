"""A real Chromium against a real server over the demonstration data."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Playwright, sync_playwright

from portal.core.settings import ROOT, Settings
from tests.conftest import _skip

INSTALL = "Chromium is not installed: apt-get install chromium (or the like)."
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (320, 1280)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome of the system, or None."""
    given = os.environ.get("PORTAL_TEST_CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome")
    return given or next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """One browser for the whole run."""
    path = find_chromium()
    if path is None:
        _skip("a browser", INSTALL)
    driver: Playwright = request.getfixturevalue("playwright_driver")
    browser = driver.chromium.launch(executable_path=path, args=QUIET)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def seeded(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `kept` with the database and the index of the demonstration, to be copied to `used` beside it.

    An index belongs to the address of its database, so each journey finds both where they were made.
    """
    from portal import create_app
    from portal.core.database import db
    from portal.search.engine import engine
    from seeds.loader import seed_demonstration

    folder = tmp_path_factory.mktemp("seeded")
    used = folder / "used"
    used.mkdir()
    shutil.copy(migrated_sqlite, used / "portal.sqlite3")
    app = create_app(site_in(used, folder))
    with app.app_context():
        seed_demonstration()
        assert engine().settle()
        db.session.remove()
        db.engine.dispose()
    app.extensions["search"].close()
    used.rename(folder / "kept")
    return folder


def site_in(folder: Path, mail: Path) -> Settings:
    """Return the settings of a site whose database and index are in a folder, and its mail in another."""
    return Settings(
        database_url=f"sqlite:///{folder / 'portal.sqlite3'}",
        search_index=folder / "search_index",
        # The secret of the tests' sites, since the cast's names are sealed with it.
        secret_key="for-tests-only",
        mail_url=f"folder:{mail / 'mail'}",
    )


@pytest.fixture
def settings(seeded: Path, tmp_path: Path) -> Settings:
    """Journeys walk over the demonstration; what the databases differ in is tested beneath."""
    used = seeded / "used"
    shutil.rmtree(used, ignore_errors=True)
    shutil.copytree(seeded / "kept", used)
    return site_in(used, tmp_path)


class Complaints(list[str]):
    """What the browser complained about: scripts that failed, and what the policy refused."""

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.append(message.text)

    def hear_error(self, error: Error) -> None:
        self.append(str(error))


@pytest.fixture
def complaints() -> Complaints:
    """What the browser complained about so far; whoever expects something takes it away."""
    return Complaints()


@pytest.fixture
def open_page(browser: Browser, app: Flask, live_url: str, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Open a page by its path: `open_page("/services", width=320, script=False)`. Complaints fail the test."""
    contexts: list[Any] = []

    def open_it(path: str, *, width: int = 1280, height: int = 900, script: bool = True, **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            base_url=live_url,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", complaints.hear)
        page.on("pageerror", complaints.hear_error)
        page.goto(path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Run axe over a page and return what it found, one line each; nothing is left out."""

    def run(page: Page) -> list[str]:
        # The policy keeps other scripts out, and axe with them, so it is brought in by the debugger.
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.read_text())
        # The size of targets is a rule of WCAG 2.2, which axe leaves out unless it is asked.
        rules = "{'target-size': {enabled: true}}"
        options = f"{{resultTypes: ['violations'], rules: {rules}}}"
        # What passed stays in the browser: it is long, and to bring it here takes as long as to find it.
        violations = page.evaluate(f"axe.run(document, {options}).then((found) => found.violations)")
        return [
            f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for rule in violations
            for node in rule["nodes"]
        ]

    return run
