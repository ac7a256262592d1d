"""Hours written in one column for each weekday: "10:00-13:00,14:00-17:00"."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from portal.core.text import clean
from portal.directory.imports.row_fields import RowFault
from portal.directory.operations import RuleDraft
from portal.directory.rules_in_words import LONG_AGO

WEEKDAYS = {
    "Monday": "MO", "Tuesday": "TU", "Wednesday": "WE", "Thursday": "TH", "Friday": "FR",
    "Saturday": "SA", "Sunday": "SU",
}  # fmt: skip
_TIME = re.compile(r"(\d{2}):(\d{2})")
Span = tuple[dt.time, dt.time]


@dataclass(frozen=True, kw_only=True)
class HoursSet:
    """One set of columns, by weekday ("MO"), and how a cell is written: `to` within a span, `between` two spans."""

    columns: Mapping[str, str]
    note: str = ""
    to: str = "-"
    between: str = ","
    closed_words: frozenset[str] = frozenset()
    not_on_bank_holidays: bool = False

    def rules(self, cells: Mapping[str, str], faults: list[RowFault]) -> list[RuleDraft]:
        """Read one row into weekly rules; days with the same span share a rule. What is wrong is added to `faults`."""
        days: dict[Span, list[str]] = {}
        for weekday, column in self.columns.items():
            try:
                for span in self._spans(cells[column]):
                    days.setdefault(span, []).append(weekday)
            except ValueError as error:
                faults.append(RowFault(0, f"hours:{column}", str(error)))
        return [
            RuleDraft(
                starts_on=LONG_AGO,
                by_day=",".join(weekdays),
                opens_at=opens,
                closes_at=closes,
                note=self.note,
                not_on_bank_holidays=self.not_on_bank_holidays,
            )
            for (opens, closes), weekdays in days.items()
        ]

    def _spans(self, cell: str) -> list[Span]:
        text = clean(cell)
        if not text or text.casefold() in self.closed_words:
            return []
        spans = sorted({self._span(part.strip(), text) for part in text.split(self.between)})
        for (_opens, closes), (next_opens, _closes) in pairwise(spans):
            if next_opens < closes:
                raise ValueError(f"“{text[:60]}” has spans that overlap")
        return spans

    def _span(self, text: str, whole: str) -> Span:
        ends = [end.strip() for end in text.split(self.to)]
        if len(ends) != 2:
            raise ValueError(f"“{whole[:60]}” is not hours such as 10:00{self.to}13:00")
        opens, closes = _time(ends[0]), _time(ends[1])
        if closes == dt.time():
            closes = dt.time(23, 59)
        if closes <= opens:
            raise ValueError(f"“{whole[:60]}” closes before it opens")
        return opens, closes


def _time(text: str) -> dt.time:
    """Read "09:00". One digit for the hour is refused: "1:00" may be a slip for 10:00 or for 13:00."""
    found = _TIME.fullmatch(text)
    if text == "24:00":
        return dt.time(23, 59)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"“{text[:40]}” is not a time written with two digits each, such as 09:30")
    return dt.time(int(found[1]), int(found[2]))
