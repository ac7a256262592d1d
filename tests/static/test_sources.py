"""What the sources of the pages and their assets promise: nothing foreign, nothing inline, every icon drawn."""

import json
import re
from pathlib import Path

import pytest
import yaml

from portal.core.settings import ROOT

TEMPLATES = ROOT / "portal" / "templates"
BUILD = ROOT / "portal" / "static" / "build"


def _templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


def _built(name: str) -> str:
    manifest: dict[str, str] = json.loads((BUILD / "manifest.json").read_text())
    return (BUILD / manifest[name]).read_text()


@pytest.mark.parametrize("path", _templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_has_nothing_that_the_policy_forbids(path: Path) -> None:
    found = re.findall(r"""\s(?:style|on[a-z]+)\s*=\s*["']""", path.read_text())
    assert found == [], "A style or a handler in the markup does not work under the security policy."


def test_every_need_has_its_icon() -> None:
    needs = yaml.safe_load((ROOT / "portal" / "directory" / "vocabulary" / "needs.yml").read_text())
    drawn = set(re.findall(r"set drawn\.(\w+) -%", (TEMPLATES / "components" / "icons.html").read_text()))
    assert {need["icon"].replace("-", "_") for need in needs} <= drawn


@pytest.mark.parametrize("name", ["app.css", "map.css"])
def test_style_sheets_load_nothing_and_wear_no_crown(name: str) -> None:
    css = _built(name)
    assert re.findall(r"url\(|@import|@font-face", css) == []
    assert re.findall(r"gds transport|crest|crown", css, re.IGNORECASE) == []


def test_no_text_is_smaller_than_sixteen_pixels() -> None:
    sizes = {float(rem) * 16 for rem in re.findall(r"font-size:\s*([\d.]+)rem", _built("app.css"))}
    # 15 is the weekday and the month in a date plate, which stand in words beside it.
    assert {size for size in sizes if size < 16} == {15.0}


def test_the_lock_file_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert len(packages) > 10
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_macros_and_the_style_sheet_are_of_one_release() -> None:
    dependencies = json.loads((ROOT / "package.json").read_text())["dependencies"]
    pinned = re.search(r"^govuk-frontend-jinja==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert (pinned[1], dependencies["govuk-frontend"]) == ("4.1.0", "6.3.0"), "These two follow each other."
