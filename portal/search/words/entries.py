"""Entries of the two lists as values, what they mean together, and those that ship with the portal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

import yaml

from portal.search.text.synonyms import Meant, Phrase, Synonyms
from portal.search.text.words import tokens

Item = TypeVar("Item")

SHIPPED_WORDS = Path(__file__).with_name("people_use.yml")
SHIPPED_CRISIS = Path(__file__).parents[1] / "crisis_phrases.txt"


@dataclass(frozen=True)
class Entry:
    """What one phrase that people say means: other words as typed, and slugs of needs and categories.

    `same` is two-way: each of these words means the phrase, and all that it means. `phrases` is one-way: these words
    are looked up for all of the former, and mean nothing by themselves.
    """

    said: str
    same: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    note: str = ""


def folded(text: str) -> Phrase:
    """Return a phrase as it is looked up: its folded words in order, empty when there are none."""
    return tuple(tokens(text))


def synonyms_of(entries: Iterable[Entry]) -> Synonyms:
    """Return what entries mean together. What is said of one phrase in several entries is added up, in their order."""
    phrases: dict[Phrase, list[Phrase]] = {}
    needs: dict[Phrase, list[str]] = {}
    categories: dict[Phrase, list[str]] = {}
    for entry in entries:
        same = [folded(phrase) for phrase in (entry.said, *entry.same)]
        others = [*same, *(folded(phrase) for phrase in entry.phrases)]
        for phrase in same:
            phrases.setdefault(phrase, []).extend(other for other in others if other not in {phrase, ()})
            needs.setdefault(phrase, []).extend(entry.needs)
            categories.setdefault(phrase, []).extend(entry.categories)
    return Synonyms(
        {
            phrase: Meant(_once(phrases[phrase]), _once(needs[phrase]), _once(categories[phrase]))
            for phrase in phrases
            if phrase
        }
    )


@cache
def shipped_entries() -> tuple[Entry, ...]:
    """Return the words people use that ship, in the order of the file."""
    found = yaml.load(SHIPPED_WORDS.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both are safe loaders
    return tuple(
        Entry(
            said=one["said"],
            same=tuple(one.get("same", ())),
            phrases=tuple(one.get("also", ())),
            needs=tuple(one.get("needs", ())),
            categories=tuple(one.get("categories", ())),
            note=one.get("note", ""),
        )
        for one in found
    )


def shipped_crisis() -> list[str]:
    """Return the phrases of crisis that ship, as they stand in the file."""
    lines = SHIPPED_CRISIS.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


@cache
def shipped_crisis_phrases() -> frozenset[Phrase]:
    """Return the phrases of crisis that ship, folded."""
    return frozenset(map(folded, shipped_crisis()))


def _once(items: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(items))


# The loader in C is there with most builds of PyYAML, and ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
