"""What became of an import: counts, and each refusal, fold and note with its line."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from portal.core.text import clean
from portal.directory.models.change import Noun
from portal.directory.operations import Outcome


@dataclass(frozen=True)
class Remark:
    """Something about one row: `line` of a table or number of an item, `title` what the row is called."""

    line: int
    column: str
    title: str
    text: str


@dataclass
class ImportReport:
    """Everything that an import says at its end. `unit` is "line" for tables and "item" for JSON."""

    unit: str = "line"
    rows: int = 0
    refused: list[Remark] = field(default_factory=list)
    folded: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    nowhere: list[Remark] = field(default_factory=list)
    outcomes: Counter[tuple[Noun, Outcome]] = field(default_factory=Counter)
    positions: Counter[str] = field(default_factory=Counter)

    @property
    def refused_rows(self) -> int:
        """How many rows were refused."""
        return len({remark.line for remark in self.refused})

    def count(self, noun: Noun, outcome: Outcome) -> int:
        """How many organisations, locations or services were new, changed or unchanged."""
        return self.outcomes[noun, outcome]

    def refuse(self, line: int, column: str, title: str, text: str) -> None:
        """Take down why a row is refused."""
        self.refused.append(Remark(line, clean(column, limit=100), clean(title, limit=100), clean(text, limit=300)))

    def fold(self, line: int, title: str, text: str) -> None:
        """Take down that a row stands for the same thing as another."""
        self.folded.append(Remark(line, "", clean(title, limit=100), clean(text, limit=300)))

    def note(self, line: int, column: str, title: str, text: str) -> None:
        """Take down what the operator should know about a row that was stored."""
        self.notes.append(Remark(line, clean(column, limit=100), clean(title, limit=100), clean(text, limit=300)))

    def unplaced(self, line: int, title: str, postcode: str) -> None:
        """Take down that a row was stored without a position."""
        why = f"the postcode “{clean(postcode)}” is not known" if postcode else "there is no postcode"
        self.nowhere.append(Remark(line, "", clean(title, limit=100), why))

    def remarks(self) -> Iterator[tuple[str, Remark]]:
        """Yield all remarks with their kind, by line."""
        kinds = (("refused", self.refused), ("folded", self.folded), ("note", self.notes), ("note", self.nowhere))
        pairs = [(kind, remark) for kind, remarks in kinds for remark in remarks]
        yield from sorted(pairs, key=lambda pair: pair[1].line)

    def write(self, path: Path) -> None:
        """Write all remarks as CSV."""
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["kind", self.unit, "column", "name", "what is wrong"])
            for kind, remark in self.remarks():
                texts = (remark.column, remark.title, remark.text)
                writer.writerow([kind, remark.line, *map(_harmless, texts)])


def _harmless(text: str) -> str:
    """Keep a spreadsheet program from taking a cell for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t"} else text
