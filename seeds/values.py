"""Reads the values that stand under the keys of one file; what is wrong is collected with file and key."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from portal.core.text import slugify
from portal.directory import facts_in_words as facts
from portal.directory.imports.mapping import suggestion
from portal.directory.imports.yaml_file import YamlError, read_yaml
from portal.directory.models import Attendance
from portal.directory.operations import AccessDraft, ContactDraft, PhoneDraft, RuleDraft
from portal.directory.rules_in_words import RuleError, parse_rule
from seeds.faults import SeedFault

Entry = Mapping[str, Any]


class FileValues:
    """The values of one file. `today` is the day from which relative ones count."""

    def __init__(self, path: Path, today: dt.date, faults: list[SeedFault]) -> None:
        self._path, self._today, self._faults = path, today, faults
        self._file = f"{path.parent.name}/{path.name}"

    def content(self, kind: type) -> Any:
        try:
            content = read_yaml(self._path)
        except YamlError as error:
            self.fault("", str(error))
            return None
        if content is not None and not isinstance(content, kind):
            self.fault("", "has to be a list of groups" if kind is list else "has to be keys with venues")
            return None
        return content

    def fault(self, key: str, problem: str) -> None:
        self._faults.append(SeedFault(self._file, key, problem))

    def is_entry(self, key: str, entry: Any, allowed: tuple[str, ...]) -> bool:
        if not isinstance(entry, dict):
            self.fault(key, "has to be keys with values")
            return False
        for name in entry:
            if name not in allowed:
                self.fault(f"{key}.{name}", f"there is no such key{suggestion(str(name), set(allowed))}")
        if "key" in allowed and slugify(str(entry.get("key", ""))) != entry.get("key"):
            self.fault(key, "needs a key of letters, digits and hyphens")
            return False
        return True

    def text(self, key: str, entry: Entry, name: str) -> str:
        value = entry.get(name, "")
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            self.fault(f"{key}.{name}", "has to be text; put it in quotation marks")
            return ""
        return str(value)

    def list(self, key: str, entry: Entry, name: str) -> list[Any]:
        value = entry.get(name, [])
        if not isinstance(value, list):
            self.fault(f"{key}.{name}", "has to be a list, such as [one, two]")
            return []
        return value

    def slugs(self, key: str, entry: Entry, name: str) -> tuple[str, ...]:
        return tuple(slugify(str(each)) for each in self.list(key, entry, name))

    def parse(self, key: str, entry: Entry, name: str, parse: Callable[[str], Any]) -> Any:
        if entry.get(name) is None:
            return None
        value = entry[name]
        try:
            return parse("yes" if value is True else "no" if value is False else str(value))
        except facts.PhraseError as error:
            self.fault(f"{key}.{name}", str(error))
            return None

    def choice(self, key: str, entry: Entry, kind: Any, default: Any, *, name: str = "kind") -> Any:
        found = self.parse(key, entry, name, lambda text: facts.parse_choice(kind, text))
        return default if found is None else found

    def attendance(self, key: str, entry: Entry, *, has_venue: bool) -> tuple[Attendance, ...]:
        if "attend" not in entry:
            return (Attendance.IN_PERSON,) if has_venue else ()
        try:
            return facts.parse_attendance([str(each) for each in self.list(key, entry, "attend")])
        except facts.PhraseError as error:
            self.fault(f"{key}.attend", str(error))
            return ()

    def costs(self, key: str, entry: Entry) -> Any:
        value = entry.get("cost", [])
        try:
            return facts.parse_costs([str(each) for each in value] if isinstance(value, list) else [str(value)])
        except facts.PhraseError as error:
            self.fault(f"{key}.cost", str(error))
            return None, ()

    def confirmed_on(self, key: str, entry: Entry) -> dt.date | None:
        days = entry.get("confirmed_days_ago")
        if days is None:
            return None
        if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= 10_000:
            self.fault(f"{key}.confirmed_days_ago", "has to be a number of days")
            return None
        return self._today - dt.timedelta(days=days)

    def phones(self, key: str, entry: Entry) -> tuple[PhoneDraft, ...]:
        number = self.text(key, entry, "phone")
        return (PhoneDraft(number=number),) if number else ()

    def contacts(self, key: str, entry: Entry) -> tuple[ContactDraft, ...]:
        name = self.text(key, entry, "contact")
        return (ContactDraft(name=name),) if name else ()

    def languages(self, key: str, entry: Entry) -> tuple[str, ...]:
        codes = []
        for each in self.list(key, entry, "languages"):
            try:
                codes.append(facts.parse_language("no" if each is False else str(each)))
            except facts.PhraseError as error:
                self.fault(f"{key}.languages", str(error))
        return tuple(sorted(codes))

    def access(self, key: Any, entry: Entry) -> tuple[AccessDraft, ...]:
        access = entry.get("access", {})
        if not isinstance(access, dict):
            self.fault(f"{key}.access", "has to be keys with yes or no, such as {lift: yes}")
            return ()
        drafts = []
        for term in access:
            answer = self.parse(f"{key}.access", access, term, facts.parse_answer)
            if answer is not None:
                drafts.append(AccessDraft(term=str(term), is_there=answer[0], note=answer[1]))
        return tuple(drafts)

    def rules(self, key: str, lines: Any) -> tuple[RuleDraft, ...]:
        if not isinstance(lines, list):
            self.fault(key, "has to be a list of lines")
            return ()
        rules = []
        for line in lines:
            try:
                rules.append(parse_rule(str(line), self._today))
            except RuleError as error:
                self.fault(key, f"“{line}”: {error}")
        return tuple(rules)
