"""Goes through a table by its mapping: rows become entries, repeated ones are folded, bad ones refused."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from portal.directory.imports.entry import Entry, Step, faults_of_entry
from portal.directory.imports.mapping import Mapping
from portal.directory.imports.report import ImportReport
from portal.directory.imports.row_entry import RowValues, make_entry
from portal.directory.imports.row_fields import RowFault, plain_email, plain_url, read_values
from portal.directory.imports.table import Row, Table
from portal.directory.operations import Form, KnownWords, problem_with

# Contact details that a mapping may have left out where they are wrong, instead of refusing the row.
FORMS: dict[str, tuple[Callable[[str], str], Form]] = {
    "service.email": (plain_email, Form.EMAIL),
    "organisation.email": (plain_email, Form.EMAIL),
    "service.website": (plain_url, Form.URL),
    "organisation.website": (plain_url, Form.URL),
    "service.phone": (str.strip, Form.PHONE),
    "organisation.phone": (str.strip, Form.PHONE),
}


@dataclass
class _Plan:
    """Which rows belong together, found in a first pass: lines by key, and which of them are closed."""

    lines: dict[str, list[int]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    rows: int = 0


class TableRows:
    """A table and its mapping, as steps of an import. `total` is the number of rows."""

    def __init__(self, table: Table, mapping: Mapping, known: KnownWords, report: ImportReport) -> None:
        self._table, self._mapping, self._known, self._report = table, mapping, known, report
        self._plan = self._make_plan()
        self.total = self._plan.rows

    def _make_plan(self) -> _Plan:
        plan = _Plan()
        for row in self._table:
            plan.rows += 1
            key = "" if row.problem else self._mapping.key_of(row.cells)
            if key:
                plan.lines.setdefault(key, []).append(row.line)
                if self._mapping.is_closed(row.cells):
                    plan.closed.add(row.line)
        return plan

    def __iter__(self) -> Iterator[Step]:
        waiting: dict[str, list[Row]] = {}
        for row in self._table:
            self._report.rows += 1
            if row.problem:
                self._report.refuse(row.line, "", "", row.problem)
                yield Step(1)
                continue
            key = self._mapping.key_of(row.cells)
            if not key:
                columns = ", ".join(self._mapping.keys[-1])
                self._report.refuse(row.line, columns, "", "is empty, so the row has no key")
                yield Step(1)
                continue
            rows = [*waiting.pop(key, []), row]
            if len(rows) < len(self._plan.lines[key]):
                waiting[key] = rows
                yield Step(1)
                continue
            yield Step(1, self._entry(key, self._fold(rows)))

    def _fold(self, rows: list[Row]) -> list[Row]:
        """Return the rows of one key that count: all different ones of several venues, else the one to believe."""
        if self._mapping.several_venues:
            different: dict[tuple[str, ...], Row] = {}
            for row in rows:
                same = different.setdefault(tuple(row.cells.values()), row)
                if same is not row:
                    self._report.fold(row.line, self._title(row), f"is the same as line {same.line}")
            return list(different.values())
        best = max(rows, key=lambda row: (row.line not in self._plan.closed, row.line))
        for row in rows:
            if row is not best:
                is_other_closed = row.line in self._plan.closed and best.line not in self._plan.closed
                why = "which is open" if is_other_closed else "the later one"
                what = f"is the same as line {best.line}, {why}; that one counts"
                self._report.fold(row.line, self._title(row), what)
        return [best]

    def _title(self, row: Row) -> str:
        name = self._mapping.fields["service.name"].fill(row.cells)
        template = self._mapping.fields.get("venue.postcode")
        postcode = template.fill(row.cells).strip() if template else ""
        return f"{name.strip()}, {postcode}" if postcode else name.strip()

    def _entry(self, key: str, rows: list[Row]) -> Entry | None:
        """Make one entry, or refuse its rows and return None."""
        faults: list[RowFault] = []
        texts = [self._texts(row) for row in rows]
        self._note_contradictions(rows, texts)
        values = RowValues(
            organisation=read_values("organisation", texts[0], 0, faults),
            service=read_values("service", texts[0], 0, faults),
            venues=[read_values("venue", each, place, faults) for place, each in enumerate(texts)],
            at_venues=[read_values("at_venue", each, place, faults) for place, each in enumerate(texts)],
            hours=[rule for each in self._mapping.hours for rule in each.rules(rows[0].cells, faults)],
        )
        if self._mapping.closed and rows[0].line in self._plan.closed:
            values.service["status"] = self._mapping.closed.status
        if not faults:
            entry = make_entry(self._mapping.source, key, rows[0].line, self._title(rows[0]), values)
            faults = [values.fault_of(fault) for fault in faults_of_entry(entry, self._known)]
            if not faults:
                return entry
        for fault in faults:
            row = rows[min(fault.place, len(rows) - 1)]
            self._report.refuse(row.line, self._mapping.column_of(fault.field), self._title(row), fault.problem)
        self._refuse_companions(rows, faults)
        return None

    def _note_contradictions(self, rows: list[Row], texts: list[dict[str, str]]) -> None:
        """What the first of several rows says of the service counts; say so where another says something else."""
        for row, each in zip(rows[1:], texts[1:], strict=True):
            for name, text in each.items():
                if name.startswith(("service.", "organisation.")) and text.strip() and text != texts[0][name]:
                    what = f"differs from line {rows[0].line}; that one was used"
                    self._report.note(row.line, self._mapping.column_of(name), self._title(row), what)

    def _refuse_companions(self, rows: list[Row], faults: list[RowFault]) -> None:
        """Say of the good rows of a service that another of its rows took them along."""
        bad = {min(fault.place, len(rows) - 1) for fault in faults}
        for place, row in enumerate(rows):
            if place not in bad:
                text = f"belongs to the service of line {rows[min(bad)].line}, which is refused"
                self._report.refuse(row.line, "", self._title(row), text)

    def _texts(self, row: Row) -> dict[str, str]:
        """Fill in the columns of one row; contact details that may be left out are, if they are wrong."""
        texts = {name: template.fill(row.cells) for name, template in self._mapping.fields.items()}
        for name in self._mapping.leave_out_if_wrong:
            tidy, form = FORMS[name]
            value = tidy(texts.get(name, ""))
            if value and (problem := problem_with(form, value)):
                text = f"“{value[:80]}” {problem}; it was left out"
                self._report.note(row.line, self._mapping.column_of(name), self._title(row), text)
                texts[name] = ""
        return texts
