"""All patterns of what can be read, and which of them are worth trying at a word."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from portal.search.understanding import days, people, places, times
from portal.search.understanding.shapes import Known, Value

Reader = Callable[[re.Match[str], Known], Sequence[Value | None]]

_NOT_LETTERS = re.compile(r"\(\?P<\w+>|\\.")
# A run of letters in a pattern, with the sign after it that may make its last letter optional.
_RUN = re.compile(r"([a-z]+)(\?)?")
_BY_NUMBER = re.compile(r"\\d|£")
_LENGTH = 4


class Rule:
    """One pattern with what it stands for. It is followed from the beginning of a word to the end of one."""

    def __init__(self, pattern: str, read: Reader) -> None:
        self.pattern = re.compile(rf"(?:{pattern})(?= |$)")
        self.read = read
        self._takes_numbers = bool(_BY_NUMBER.search(pattern))
        self._beginnings: set[str] = set()
        for run, optional in _RUN.findall(_NOT_LETTERS.sub(" ", pattern)):
            self._beginnings |= {run[:_LENGTH], run[:-1][:_LENGTH]} if optional else {run[:_LENGTH]}

    def may_begin(self, key: str) -> bool:
        """Say whether a match may begin with a word; False is sure, True may be wrong.

        Whatever a pattern begins with is a run of its letters: the whole word, or at least three letters of it.
        """
        if not key.isalpha():
            return self._takes_numbers
        return bool({key, key[:3], key[:_LENGTH]} & self._beginnings)


_RULES = tuple(Rule(*rule) for rule in (*days.RULES, *times.RULES, *people.RULES, *places.RULES))


@lru_cache(maxsize=4096)
def rules_for(key: str) -> Sequence[Rule]:
    """Return the rules that may match where a folded word stands."""
    return tuple(rule for rule in _RULES if rule.may_begin(key))
