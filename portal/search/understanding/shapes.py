"""The shapes that pass between the readers of a question."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.directory.calendar import Calendar
from portal.geo.place import Place
from portal.search.results import Understood

# Filters that hold one value: what comes second stays a word.
SINGLES = frozenset({"on", "open_now", "age", "radius", "where", "bank_holidays"})
# Words that were taken away and set no filter: "near me".
NEAR_ME = "near_me"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What has to be known of the world to read a question.

    `today` is a London day. `knows(filter, value)` says whether a filter has a value and `label` says it in words;
    `find_place(text, is_bare)` gives a place that is sure to be meant, where a bare name stands without "in" or
    "near"; `is_phrase(words)` says whether folded words stand side by side in the name of something listed, or are a
    phrase that moderators know.
    `is_crisis(text)` says whether it holds words of crisis. `has_where` is set when a place was chosen already.
    """

    today: dt.date
    calendar: Calendar
    knows: Callable[[str, str], bool]
    label: Callable[[str, str], str]
    find_place: Callable[[str, bool], Place | None]
    is_phrase: Callable[[Sequence[str]], bool]
    is_crisis: Callable[[str], bool]
    has_where: bool = False


@dataclass(frozen=True)
class Value:
    """One value of a filter, by its name in the address, and what it means in plain English."""

    filter: str
    value: str
    label: str
    place: Place | None = None


@dataclass(frozen=True)
class Reading:
    """Something that was read: up to which word (not included), and the values it stands for."""

    end: int
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Understanding:
    """A question that was read: `rest` is what is left to look up, `pieces` what was taken out of it, in order.

    One stretch of words may be several pieces ("tonight" is today and the evening). `dropped` was taken out and sets
    no filter; `wants_near_me` says that "near me" was among it. `place` belongs to the piece with the filter "where".
    """

    rest: str
    pieces: tuple[Understood, ...] = ()
    dropped: tuple[str, ...] = ()
    wants_near_me: bool = False
    place: Place | None = None

    @property
    def read(self) -> tuple[str, ...]:
        """All stretches of words that were taken out, each once."""
        return tuple(dict.fromkeys((*(piece.words for piece in self.pieces), *self.dropped)))
