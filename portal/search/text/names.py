"""Whether words stand side by side in the name of a service or of its group, each as one or as several."""

from collections.abc import Sequence

# Where names stand among the folded fields of a service: its own, and its group's.
_NAMES = (0, 2)


def stand_in_name(words: Sequence[str], texts: Sequence[str]) -> bool:
    """Say whether folded words stand side by side in one of the names among the folded fields of a service."""
    wanted = f" {' '.join(map(_single, words))} "
    return any(wanted in f" {' '.join(map(_single, texts[field].split()))} " for field in _NAMES)


def numbers_of(word: str) -> tuple[str, str]:
    """Return a folded word as one and as several."""
    return _single(word), f"{_single(word)}s"


def _single(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
