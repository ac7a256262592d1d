"""Words of crisis: what people type when they cannot wait."""

from functools import cache
from pathlib import Path

from portal.search.text.words import tokens

PHRASES = Path(__file__).with_name("crisis_phrases.txt")


@cache
def _phrases() -> frozenset[tuple[str, ...]]:
    lines = PHRASES.read_text(encoding="utf-8").splitlines()
    return frozenset(tuple(tokens(line)) for line in lines if line.strip() and not line.startswith("#"))


def speaks_of_crisis(text: str) -> bool:
    """Say whether what somebody typed holds a word or phrase of crisis."""
    words = tokens(text)
    longest = max(len(phrase) for phrase in _phrases())
    return any(
        tuple(words[start:end]) in _phrases()
        for start in range(len(words))
        for end in range(start + 1, min(start + longest, len(words)) + 1)
    )
