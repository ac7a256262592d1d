"""Words of crisis: what people type when they cannot wait."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from portal.search.text.words import tokens

# Needs that are urgent in themselves.
URGENT_NEEDS = frozenset({"domestic-abuse"})
# From so many letters on, a word with one slip is still this word and no other.
LONG = 7
PHRASES = Path(__file__).with_name("crisis_phrases.txt")


@cache
def _phrases() -> frozenset[tuple[str, ...]]:
    lines = PHRASES.read_text(encoding="utf-8").splitlines()
    return frozenset(tuple(tokens(line)) for line in lines if line.strip() and not line.startswith("#"))


def is_urgent(text: str, needs: Sequence[str] = ()) -> bool:
    """Say whether urgent help belongs above the results, from what was typed and the needs (slugs) that were chosen."""
    return speaks_of_crisis(text) or not URGENT_NEEDS.isdisjoint(needs)


def speaks_of_crisis(text: str) -> bool:
    """Say whether what somebody typed holds a word or phrase of crisis; long single words with one slip count."""
    words = tokens(text)
    if any(_is_near(word, other) for word in words if len(word) >= LONG for other in _long_words()):
        return True
    longest = max(len(phrase) for phrase in _phrases())
    return any(
        tuple(words[start:end]) in _phrases()
        for start in range(len(words))
        for end in range(start + 1, min(start + longest, len(words)) + 1)
    )


@cache
def _long_words() -> tuple[str, ...]:
    return tuple(sorted(phrase[0] for phrase in _phrases() if len(phrase) == 1 and len(phrase[0]) >= LONG))


def _is_near(word: str, other: str) -> bool:
    """Say whether two words differ by at most one letter more, less, wrong or swapped with its neighbour."""
    if abs(len(word) - len(other)) > 1:
        return False
    start = next((place for place, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), None)
    if start is None:
        return True
    rest, rest_of_other = word[start:], other[start:]
    return (
        rest[1:] == rest_of_other[1:]
        or rest[1:] == rest_of_other
        or rest == rest_of_other[1:]
        or (rest[1:2] + rest[:1] + rest[2:] == rest_of_other)
    )
