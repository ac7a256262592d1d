"""Texts with the names of columns in braces: "{Address 1}, {Address 2}"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_COLUMN = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Template:
    """A text in which columns are filled in: words at even places, names of columns at odd ones."""

    parts: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it names."""
        return self.parts[1::2]

    def fill(self, cells: Mapping[str, str]) -> str:
        """Return the text for one row.

        Words before a column are left out where it is empty, and so are those after the last one; where every
        column is empty, so is the text.
        """
        if len(self.parts) == 1:
            return self.parts[0]
        text = value = ""
        for before, column in zip(self.parts[::2], self.parts[1::2], strict=False):
            value = cells[column].strip()
            if value:
                text += (before if text else "") + value
        return f"{self.parts[0]}{text}{self.parts[-1] if value else ''}" if text else ""


def read_template(text: str) -> Template:
    """Take a text with names of columns in braces apart. Raises ValueError for braces that do not fit."""
    parts = _COLUMN.split(text)
    if any("{" in words or "}" in words for words in parts[::2]):
        raise ValueError("has a brace that is not closed or not opened; write {Name of column}")
    return Template(tuple(part.strip() if place % 2 else part for place, part in enumerate(parts)))
