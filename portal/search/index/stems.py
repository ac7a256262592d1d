"""The stem of an English word."""

from functools import lru_cache

from whoosh.lang.porter2 import stem as _porter2


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem of a folded word (M. F. Porter, "Porter2", 2001). Words with digits or foreign letters stay."""
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return word
    found: str = _porter2(word)
    return found or word
