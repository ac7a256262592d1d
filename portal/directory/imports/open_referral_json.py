"""Opens Open Referral UK JSON: a page, a list of full services, or one full service."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from portal.core.text import clean
from portal.directory.imports.text_file import FileError, TextFile
from portal.directory.operations import Form, problem_with

MOST_ITEMS = 200_000
MOST_PARTS = 500
Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """The services of a file, and which page of how many it is (1 of 1 for a list)."""

    items: list[Any]
    number: int = 1
    of: int = 1


def open_page(file: TextFile) -> Page:
    """Read the services of a file. Raises FileError when it holds none."""
    name = file.path.name
    try:
        with file.path.open(encoding=file.encoding) as text:
            content = json.load(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise FileError(f"{name} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from None
    except (RecursionError, ValueError):
        raise FileError(
            f"{name} is not JSON that can be read: nested too deeply, or with an impossible number."
        ) from None
    page = _page(content)
    if page is None:
        raise FileError(f"{name} holds no Open Referral services: neither “contents” nor a service with id and name.")
    if len(page.items) > MOST_ITEMS:
        raise FileError(f"{name} holds {len(page.items):,} services, at most {MOST_ITEMS:,} are read.")
    return page


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError


def _page(content: Any) -> Page | None:
    if isinstance(content, list):
        return Page(content)
    if not isinstance(content, dict):
        return None
    if isinstance(content.get("contents"), list):
        number, of = content.get("page_number"), content.get("total_pages")
        if isinstance(number, int) and isinstance(of, int):
            return Page(content["contents"], number, of)
        return Page(content["contents"])
    return Page([content]) if "id" in content and "name" in content else None


@dataclass
class ItemReader:
    """Reads values out of one item and collects what is wrong (`faults`) or only worth saying (`notes`)."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def fault(self, column: str, problem: str) -> None:
        """Take down what keeps the item from being stored."""
        self.faults.append((column, problem))

    def note(self, column: str, text: str) -> None:
        """Take down what the operator should know."""
        self.notes.append((column, text))

    def text(self, item: Json, *names: str, lines: bool = False) -> str:
        """Return the first text that is there under one of the names, cleaned; "" when there is none."""
        for name in names:
            value = item.get(name)
            if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
                value = str(value)
            if isinstance(value, str):
                if plain := clean(value, lines=lines):
                    return plain
            elif value is not None:
                self.fault(name, "has to be text")
        return ""

    def parts(self, item: Json, name: str) -> list[Json]:
        """Return the objects of a list; none when it is missing."""
        value = item.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            self.fault(name, "has to be a list of objects")
            return []
        if len(value) > MOST_PARTS:
            self.fault(name, f"has {len(value):,} parts, at most {MOST_PARTS} fit")
            return []
        return value

    def part(self, item: Json, name: str) -> Json:
        """Return an object; an empty one when it is missing."""
        value = item.get(name)
        if value is not None and not isinstance(value, dict):
            self.fault(name, "has to be an object")
        return value if isinstance(value, dict) else {}

    def identity(self, item: Json, column: str) -> uuid.UUID | None:
        """Return the id of an object; it is a fault when it has none or one that is no UUID."""
        value = item.get("id")
        if not isinstance(value, str):
            self.fault(column, "is missing" if value is None else "has to be a UUID")
            return None
        try:
            return uuid.UUID(value.strip())
        except ValueError:
            self.fault(column, f"“{clean(value, limit=60)}” is not a UUID")
            return None

    def form(self, column: str, value: str, form: Form) -> str:
        """Return a contact detail, or "" with a note when it cannot be used: a feed is not ours to mend."""
        if value and (problem := problem_with(form, value)):
            self.note(column, f"“{value[:80]}” {problem}; it was left out")
            return ""
        return value

    def whole_number(self, item: Json, name: str) -> int | None:
        """Return a whole number; fractions are rounded down, texts that are numbers taken as such."""
        number = self.number(item, name)
        if number is not None and abs(number) >= 10**9:
            self.fault(name, "is not a number that can be")
            return None
        return None if number is None else int(number)

    def number(self, item: Json, name: str) -> Decimal | None:
        """Return a number; None when there is none, with a fault when there is something else."""
        value = item.get(name)
        if value is None or value == "":
            return None
        try:
            if isinstance(value, bool):
                raise ValueError
            number = Decimal(value)
            if not number.is_finite():
                raise ValueError
            return number
        except (ValueError, ArithmeticError, TypeError):
            self.fault(name, f"“{clean(str(value), limit=40)}” is not a number")
            return None

    def parsed(self, item: Json, name: str, parse: Callable[[str], Any]) -> Any:
        """Return what `parse` makes of a text; None when there is none. A ValueError becomes a fault."""
        text = self.text(item, name)
        if not text:
            return None
        try:
            return parse(text)
        except ValueError:
            self.fault(name, f"“{text[:40]}” was not understood")
            return None
