"""Reads a mapping file (YAML). Everything that it can say is checked here, with the key and what is wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from portal.core.text import clean
from portal.directory.facts_in_words import PhraseError, parse_state
from portal.directory.imports.hours import WEEKDAYS, HoursSet
from portal.directory.imports.mapping import ClosedRule, Mapping, suggestion
from portal.directory.imports.row_fields import FIELDS, NOUNS
from portal.directory.imports.rows import FORMS
from portal.directory.imports.template import Template, read_template
from portal.directory.imports.text_file import FileError
from portal.directory.imports.yaml_file import YamlError, read_yaml
from portal.directory.operations import TAXONOMIES, KnownWords
from portal.directory.rules_in_words import RuleError

KEYS = ("source", "key", "organisation", "venue", "at_venue", "service", "hours", "closed", "leave_out_if_wrong")
_FLAGS = {True: "yes", False: "no"}
_LISTS = {"categories", "needs", "audiences", "languages", "attend", "areas", "cost", "access", "phone", "when"}


class MappingError(FileError):
    """A mapping cannot be used; the message names every key at fault."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        super().__init__(f"{name} cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = tuple(faults)


def read_mapping(path: Path, header: Sequence[str], known: KnownWords, source: str = "") -> Mapping:
    """Read a mapping for a table with these columns. `source` overrides the mapping's own. Raises MappingError."""
    try:
        content = read_yaml(path)
    except YamlError as error:
        raise MappingError(path.name, [str(error)]) from None
    reader = _Reader(header, known)
    mapping = reader.read(content, source)
    if mapping is None or reader.faults:
        raise MappingError(path.name, reader.faults)
    return mapping


class _Reader:
    """Reads one mapping and collects what is wrong with it."""

    def __init__(self, header: Sequence[str], known: KnownWords) -> None:
        self._known = known
        self._columns = {column.casefold(): column for column in header if column}
        self.faults: list[str] = []

    def read(self, content: Any, source: str) -> Mapping | None:
        if not isinstance(content, dict):
            self._fault("", "a mapping is keys with values, such as “source: libraries”")
            return None
        for key in content:
            if key not in KEYS:
                self._fault(str(key), f"there is no such key{suggestion(str(key), KEYS)}")
        mapping = Mapping(
            source=source or self._source(content.get("source")),
            keys=(self._key(content.get("key")),),
            fields=self._fields(content),
            hours=self._hours(content.get("hours", [])),
            closed=self._closed(content.get("closed")),
            leave_out_if_wrong=self._leave_out(content.get("leave_out_if_wrong", [])),
        )
        for name in ("organisation.name", "service.name"):
            if name not in mapping.fields:
                self._fault(name, "is missing; every row needs it")
        return mapping

    def _fault(self, key: str, problem: str) -> None:
        self.faults.append(f"{key[:80]}: {problem}" if key else problem)

    def _column(self, key: str, name: Any) -> str:
        found = self._columns.get(clean(str(name)).casefold())
        if found is None:
            near = suggestion(str(name), set(self._columns.values()))
            self._fault(key, f"the table has no column “{str(name)[:60]}”{near}")
        return found or ""

    def _source(self, value: Any) -> str:
        if not isinstance(value, str) or not clean(value):
            self._fault("source", "is missing: a short name under which the import knows its rows again")
            return ""
        if len(clean(value)) > 120:
            self._fault("source", "is longer than 120 characters")
        return clean(value)

    def _key(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            self._fault("key", "is missing: a list of the columns that together name a row")
            return ()
        return tuple(self._column("key", name) for name in value)

    def _fields(self, content: dict[str, Any]) -> dict[str, Template]:
        fields: dict[str, Template] = {}
        for noun, names in NOUNS.items():
            given = content.get(noun, {})
            if not isinstance(given, dict):
                self._fault(noun, "has to be keys with values, such as “name: {Library name}”")
                continue
            for name, value in given.items():
                key = f"{noun}.{name}"
                if name not in names:
                    self._fault(key, f"there is no such field{suggestion(str(name), set(names))}")
                    continue
                template = self._template(key, value)
                if template is not None:
                    fields[key] = template
        return fields

    def _template(self, key: str, value: Any) -> Template | None:
        text = self._text(key, value)
        if text is None:
            return None
        try:
            template = read_template(text)
        except ValueError as error:
            self._fault(key, str(error))
            return None
        parts = list(template.parts)
        for place in range(1, len(parts), 2):
            parts[place] = self._column(key, parts[place])
        if len(parts) == 1:
            self._check_fixed(key, text)
        return Template(tuple(parts))

    def _text(self, key: str, value: Any) -> str | None:
        """Return what stands behind a key as one text; a list becomes parts with semicolons, yes and no words."""
        if isinstance(value, bool):
            return _FLAGS[value]
        if isinstance(value, (str, int, float)):
            return str(value)
        name = key.rpartition(".")[2]
        if name == "access" and isinstance(value, dict):
            return ";".join(f"{slug}: {self._text(key, answer)}" for slug, answer in value.items())
        if name in _LISTS and isinstance(value, list) and all(isinstance(part, (str, int)) for part in value):
            return ";".join(map(str, value))
        self._fault(key, "has to be text")
        return None

    def _check_fixed(self, key: str, text: str) -> None:
        try:
            values = FIELDS[key](text)
        except (PhraseError, RuleError) as error:
            self._fault(key, str(error))
            return
        for name, taxonomy in TAXONOMIES.items():
            for slug in values.get(name, ()):
                if (taxonomy, slug) not in self._known.terms:
                    slugs = {known for of, known in self._known.terms if of is taxonomy}
                    self._fault(key, f"“{slug[:60]}” is not in the list{suggestion(slug, slugs)}")

    def _hours(self, value: Any) -> tuple[HoursSet, ...]:
        sets = value if isinstance(value, list) else [value]
        read = [self._hours_set(f"hours.{number}", each) for number, each in enumerate(sets, start=1)]
        return tuple(each for each in read if each is not None)

    def _hours_set(self, key: str, value: Any) -> HoursSet | None:
        allowed = ("columns", "note", "to", "between", "closed_words", "not_on_bank_holidays")
        if not isinstance(value, dict) or "columns" not in value:
            self._fault(key, "has to name its columns, such as “columns: '{Day} hours'”")
            return None
        for name in value:
            if name not in allowed:
                self._fault(f"{key}.{name}", f"there is no such key{suggestion(str(name), allowed)}")
        for name in ("to", "between"):
            if not isinstance(value.get(name, "-"), str) or not value.get(name, "-").strip():
                self._fault(f"{key}.{name}", "has to be a sign, such as “-”")
                return None
        words = value.get("closed_words", [])
        note = clean(str(value.get("note", "")))
        if not isinstance(words, list) or len(note) > 300:
            self._fault(key, "closed_words has to be a list, and the note at most 300 characters long")
            return None
        return HoursSet(
            columns=self._hours_columns(f"{key}.columns", value["columns"]),
            note=note,
            to=value.get("to", "-").strip(),
            between=value.get("between", ",").strip(),
            closed_words=frozenset(clean(str(word)).casefold() for word in words),
            not_on_bank_holidays=value.get("not_on_bank_holidays", False) is True,
        )

    def _hours_columns(self, key: str, value: Any) -> dict[str, str]:
        """Read the columns: one text with {Day} for all seven, or a column for each day that there is."""
        if isinstance(value, str) and "{Day}" in value:
            return {code: self._column(key, value.replace("{Day}", day)) for day, code in WEEKDAYS.items()}
        if isinstance(value, dict) and value:
            columns = {}
            for day, name in value.items():
                code = WEEKDAYS.get(str(day).capitalize())
                if code is None:
                    self._fault(f"{key}.{day}", "is not a day of the week")
                else:
                    columns[code] = self._column(f"{key}.{day}", name)
            return {code: columns[code] for code in WEEKDAYS.values() if code in columns}
        self._fault(key, "write “'{Day} hours'”, or a column for each day, such as “monday: Mon”")
        return {}

    def _closed(self, value: Any) -> ClosedRule | None:
        if value is None:
            return None
        if not isinstance(value, dict) or not {"column", "when"} <= value.keys() <= {"column", "when", "status"}:
            self._fault("closed", "needs “column” and “when” (“not empty”, or a list of words), and may have “status”")
            return None
        when = value["when"]
        if when != "not empty" and not (isinstance(when, list) and when):
            self._fault("closed.when", "has to be “not empty” or a list of words")
            return None
        words = None if when == "not empty" else frozenset(self._word(word) for word in when)
        try:
            status = parse_state(str(value.get("status", "closed")))
        except PhraseError as error:
            self._fault("closed.status", str(error))
            return None
        return ClosedRule(column=self._column("closed.column", value["column"]), words=words, status=status)

    def _word(self, word: Any) -> str:
        return _FLAGS[word] if isinstance(word, bool) else clean(str(word)).casefold()

    def _leave_out(self, value: Any) -> frozenset[str]:
        if not isinstance(value, list):
            self._fault("leave_out_if_wrong", "has to be a list of fields, such as [service.email]")
            return frozenset()
        for name in value:
            if name not in FORMS:
                self._fault("leave_out_if_wrong", f"“{str(name)[:60]}” is not one of: {', '.join(sorted(FORMS))}")
        return frozenset(name for name in value if name in FORMS)
