"""The wording of every message: plain English in files, changed by administrators, filled in without any magic.

A placeholder is a name in braces. Nothing else in braces means anything, values are never looked at again, and
what is unknown or missing is an error when the message is queued, not when somebody reads it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import yaml

from portal.core.text import clean
from portal.messages.models import Channel, WordingChange

FOLDER = Path(__file__).with_name("wording")
LONGEST_SUBJECT = 150
LONGEST_TEXT = 10_000
LONGEST_SMS = 612  # four text messages of 153 signs
LONGEST_LINE, LONGEST_LINK, LONGEST_LINES = 500, 2_000, 20_000

# Filled in by `operations.queue` for every message, from what the site says of itself.
OF_THE_SITE = {
    "site_name": "Hereabouts",
    "phone": "020 7946 0100",
    "phone_hours": "Monday to Friday, 9am to 5pm",
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LINK = re.compile(r"https?://[^\s<>\"\\^`{|}]+", re.ASCII)
_KEYS = {
    "key", "name", "when", "why", "subject", "text", "sms", "letter", "placeholders", "required", "many_lines",
    "buttons", "urgent",
}  # fmt: skip


class WordingError(ValueError):
    """A wording is not there, not well made, or was not given what it needs: a mistake of the caller."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a changed wording: the field, and what to do, in plain words."""

    field: str
    message: str


class WordingRefusedError(Exception):
    """A changed wording cannot be used. `faults` says why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What one kind of message says. `version` counts the changes; 0 means that it is as it shipped.

    `placeholders` are the names that may be used, with an example of each; those in `required` must be used. Those
    whose name ends in `link` hold an address; standing alone on a line they become a button with the words in
    `buttons`. Values of those in `many_lines` may have several lines.
    """

    key: str
    name: str
    when: str
    subject: str
    text: str
    why: str
    placeholders: Mapping[str, str]
    required: frozenset[str]
    many_lines: frozenset[str] = frozenset()
    buttons: Mapping[str, str] = field(default_factory=dict)
    sms: str = ""
    letter: str = ""
    is_urgent: bool = False
    version: int = 0

    def text_for(self, channel: Channel) -> str:
        """Return what is said by this way. Raises WordingError where it is not meant to go that way."""
        if channel is Channel.SMS and not self.sms:
            raise WordingError(f"The wording {self.key} has no text message.")
        return {Channel.EMAIL: self.text, Channel.SMS: self.sms, Channel.LETTER: self.letter or self.text}[channel]

    @property
    def known(self) -> frozenset[str]:
        """All names that may stand in braces."""
        return frozenset(self.placeholders) | frozenset(OF_THE_SITE)


def names_in(template: str) -> set[str]:
    """Return the names in braces."""
    return set(_PLACEHOLDER.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the template with each `{name}` replaced once; values are never searched for braces."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], template)


def faults_of(wording: Wording) -> list[Fault]:
    """Return what is wrong with the texts of a wording, in the order of the fields; empty when it can be used."""
    faults = []
    longest = {"subject": LONGEST_SUBJECT, "text": LONGEST_TEXT, "sms": LONGEST_SMS, "letter": LONGEST_TEXT}
    for name in ("subject", "text", "sms", "letter"):
        template: str = getattr(wording, name)
        fault = _fault_of(template, wording.known, longest[name])
        must = wording.required if name != "subject" and template else frozenset()
        missing = sorted(must - names_in(template))
        if name in {"subject", "text"} and not template.strip():
            faults.append(Fault(name, f"Enter the {name}."))
        elif fault:
            faults.append(Fault(name, fault))
        elif missing:
            faults.append(Fault(name, f"{{{missing[0]}}} has to stand in it: without it the message is of no use."))
    if "\n" in wording.subject or any(name in wording.many_lines for name in names_in(wording.subject)):
        faults.append(Fault("subject", "The subject has to be one line."))
    return faults


def _fault_of(template: str, known: frozenset[str], longest: int) -> str:
    if len(template) > longest:
        return f"Use {longest:,} letters or fewer."
    for name in _PLACEHOLDER.findall(template):
        if name not in known:
            return f"{{{name}}} is not known here. You can use: {', '.join(f'{{{one}}}' for one in sorted(known))}."
    if "{" in _PLACEHOLDER.sub("", template) or "}" in _PLACEHOLDER.sub("", template):
        return "Braces { } may stand only around the name of something that is filled in."
    return ""


def checked_values(wording: Wording, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values as they will stand in the message: cleaned, one line unless the wording says otherwise.

    Raises WordingError when one is missing, unknown, not text, or not an address where one is needed.
    """
    names = frozenset(values)
    wanted = frozenset(wording.placeholders)
    if names != wanted:
        raise WordingError(f"{wording.key}: missing {sorted(wanted - names)}, unknown {sorted(names - wanted)}")
    checked = {}
    for name, value in values.items():
        if not isinstance(value, str):
            raise WordingError(f"{wording.key}: {name} is not text.")
        if name.endswith("link"):
            if len(value) > LONGEST_LINK or not _LINK.fullmatch(value):
                raise WordingError(f"{wording.key}: {name} is not the address of a page.")
            checked[name] = value
        elif name in wording.many_lines:
            checked[name] = clean(value, limit=LONGEST_LINES, lines=True)
        else:
            checked[name] = clean(value, limit=LONGEST_LINE)
    return checked


def read_wording(text: str, key: str) -> Wording:
    """Read one file. Raises WordingError that says what is wrong with it."""
    found = yaml.safe_load(text)
    if not isinstance(found, dict) or set(found) - _KEYS:
        raise WordingError(f"{key}.yml may hold {sorted(_KEYS)} and nothing else.")
    missing = {"key", "name", "when", "why", "subject", "text", "placeholders"} - set(found)
    if missing or found["key"] != key:
        raise WordingError(f"{key}.yml lacks {sorted(missing)}, or its key is not the name of the file.")
    placeholders = {str(name): str(example) for name, example in (found["placeholders"] or {}).items()}
    odd = [name for name in placeholders if not _NAME.fullmatch(name) or name in OF_THE_SITE]
    required = frozenset(found.get("required") or ()) | {name for name in placeholders if name.endswith("link")}
    many = frozenset(found.get("many_lines") or ())
    if odd or (required | many | set(found.get("buttons") or {})) - set(placeholders):
        raise WordingError(f"{key}.yml: a placeholder is named badly, or used in a list without being described: {odd}")
    wording = Wording(
        key=key,
        name=str(found["name"]),
        when=str(found["when"]),
        why=str(found["why"]).strip(),
        subject=str(found["subject"]).strip(),
        text=str(found["text"]).strip(),
        sms=str(found.get("sms") or "").strip(),
        letter=str(found.get("letter") or "").strip(),
        placeholders=placeholders,
        required=required,
        many_lines=many,
        buttons={str(name): str(words) for name, words in (found.get("buttons") or {}).items()},
        is_urgent=found.get("urgent") is True,
    )
    faults = faults_of(wording)
    why_fault = _fault_of(wording.why, frozenset(OF_THE_SITE), 500)
    if faults or why_fault:
        raise WordingError(f"{key}.yml: {faults[0] if faults else why_fault}")
    checked_values(wording, placeholders)
    return wording


@cache
def shipped() -> Mapping[str, Wording]:
    """Return the wording of all files by key, ordered by name. Raises WordingError when one is not well made."""
    found = [read_wording(path.read_text(), path.stem) for path in FOLDER.glob("*.yml")]
    return {wording.key: wording for wording in sorted(found, key=lambda one: (one.name, one.key))}


def with_change(wording: Wording, change: WordingChange | None) -> Wording:
    """Return a shipped wording with what an administrator made of it; what is None there is as it shipped."""
    if change is None:
        return wording
    return replace(
        wording,
        version=change.number,
        subject=change.subject if change.subject is not None else wording.subject,
        text=change.text if change.text is not None else wording.text,
        sms=change.sms if change.sms is not None else wording.sms,
        letter=change.letter if change.letter is not None else wording.letter,
    )
