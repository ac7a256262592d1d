"""The words of made-up listings, from two lists, and a long tail of invented ones, since real text has that too."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

_FOLDER = Path(__file__).parent
_WORDS: dict[str, list[str]] = yaml.safe_load((_FOLDER / "words.yml").read_text(encoding="utf-8"))

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ADJECTIVES = _WORDS["adjectives"]
GROUPS = _WORDS["groups"]
VENUES = _WORDS["venues"]
STREETS = _WORDS["streets"]
SENTENCES = _WORDS["sentences"]
GETTING_THERE = _WORDS["getting_there"]
FIRST_NAMES = _WORDS["first_names"]
LANGUAGES = _WORDS["languages"]


@dataclass(frozen=True, kw_only=True)
class Theme:
    """One sort of offer. Terms are slugs of the shipped vocabulary; `ages` are (from, to), none for everybody.

    `share` says how often it is drawn; `outreach` that it is often online, by telephone or at home.
    """

    categories: Sequence[str]
    needs: Sequence[str]
    names: Sequence[str]
    says: Sequence[str]
    kind: str
    share: int
    audiences: Sequence[str] = ()
    ages: Sequence[tuple[int | None, int | None]] = ()
    outreach: bool = False
    confidential: bool = False
    in_term: bool = False


THEMES = [Theme(**theme) for theme in yaml.safe_load((_FOLDER / "themes.yml").read_text(encoding="utf-8"))]


def make_word(rng: Random) -> str:
    """Return an invented word of two syllables or three that sounds like an English name."""
    syllables = "".join(
        rng.choice(_WORDS["sounds"]) + rng.choice(_WORDS["vowels"]) for _ in range(rng.choice((1, 2, 2, 3)))
    )
    return (syllables + rng.choice(_WORDS["ends"])).capitalize()


def make_rare_words(rng: Random, count: int) -> list[str]:
    """Return so many different invented words, the first of which are meant to be drawn most often."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[make_word(rng)] = None
    return list(found)


def draw_skewed(rng: Random, words: Sequence[str]) -> str:
    """Return one of the words: the first ones often, the last ones hardly ever, as words are in any text."""
    return words[int(len(words) * rng.random() ** 3)]
