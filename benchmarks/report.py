"""The figures as one plain table."""

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

PACKAGES = ("flask", "gunicorn", "sqlalchemy", "numpy", "whoosh-reloaded", "jinja2")


@dataclass
class Report:
    """Rows under the parts given, in the order in which they were first set, with one column for each size."""

    sizes: Sequence[int]
    parts: Sequence[str]
    rows: dict[tuple[str, str], dict[int, str]] = field(default_factory=dict)

    def set(self, part: str, name: str, size: int, figure: str) -> None:
        """Set one figure: in which part of the table, under which name, for how many listings."""
        self.rows.setdefault((part, name), {})[size] = figure

    def as_text(self) -> str:
        """Return the whole table with its heading."""
        heading = ["", *(f"{size:,} listings" for size in self.sizes)]
        lines = [heading]
        for part in self.parts:
            lines.append([part])
            for (its_part, name), figures in self.rows.items():
                if its_part == part:
                    lines.append([f"  {name}", *(figures.get(size, "") for size in self.sizes)])
        whole = [line for line in lines if len(line) > 1]
        widths = [max(len(line[at]) for line in whole) for at in range(len(heading))]
        return "\n".join(_aligned(line, widths) for line in lines)


def machine() -> str:
    """Return what the figures depend on besides the code: cores and versions, nothing that names the machine."""
    packages: Mapping[str, str] = {name: version(name) for name in PACKAGES}
    said = ", ".join(f"{name} {number}" for name, number in packages.items())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{cores} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}\n{said}"
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    if len(line) == 1:
        return f"\n{line[0]}"
    figures = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
    return "  ".join([line[0].ljust(widths[0]), *figures])
