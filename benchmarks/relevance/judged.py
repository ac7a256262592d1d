"""The questions that were judged, as they stand in `tests/search/judged.yml`."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from portal.core.settings import ROOT

FILE = ROOT / "tests" / "search" / "judged.yml"
MOMENT = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
HALVES = ("tune", "aside")
GRADES = (1, 2, 3)
KINDS = (
    "exact names",
    "part of a name",
    "forms of a word",
    "slips of the finger",
    "joined and split words",
    "words people use",
    "needs in plain words",
    "phrases and without",
    "questions as a whole",
    "who it is for",
    "where",
    "when",
    "organisations",
    "confidential services",
    "nothing to be found",
    "words of crisis",
)
_KEYS = {"id", "kind", "half", "ask", "at", "grades", "never", "urgent"}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A question and what somebody who knows every service would answer.

    `ask` holds words of the address; `at` is when it is asked; `grades` go from 3 (exactly what is meant) to 1
    (somewhat useful), by the service's key in the seeds; without any, nothing should be found. `never` must not be
    shown. `is_urgent` says whether urgent help has to stand above the results, None when either will do.
    """

    id: str
    kind: str
    half: str
    ask: Mapping[str, str]
    at: dt.datetime
    grades: Mapping[str, int]
    never: Sequence[str]
    is_urgent: bool | None

    @property
    def in_words(self) -> str:
        """The question on one line."""
        parts = [f"{name}={value}" for name, value in self.ask.items() if name != "q"]
        return " · ".join([part for part in (self.ask.get("q", ""),) if part] + parts)


def read_judged(file: Path = FILE) -> list[Judged]:
    """Return all questions in the order of the file. Raises ValueError when one of them is not as it should be."""
    return [_read(entry) for entry in yaml.safe_load(file.read_text(encoding="utf-8"))]


def _read(entry: dict[str, Any]) -> Judged:
    unknown = set(entry) - _KEYS
    grades = {key: grade for grade, keys in entry.get("grades", {}).items() for key in keys}
    is_sound = entry["kind"] in KINDS and entry["half"] in HALVES and set(grades.values()) <= set(GRADES)
    if unknown or not is_sound or sum(len(keys) for keys in entry.get("grades", {}).values()) != len(grades):
        raise ValueError(f"The judged question {entry.get('id')} is not as it should be.")
    urgent = entry.get("urgent", False)
    return Judged(
        id=entry["id"],
        kind=entry["kind"],
        half=entry["half"],
        ask=entry["ask"],
        at=entry.get("at", MOMENT),
        grades=grades,
        never=entry.get("never", ()),
        is_urgent=None if urgent == "any" else bool(urgent),
    )
