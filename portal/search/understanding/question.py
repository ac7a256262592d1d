"""Reading a question as a whole."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

from portal.search.constants import LONGEST_QUESTION
from portal.search.results import Understood
from portal.search.text.words import STOP_WORDS
from portal.search.understanding import places
from portal.search.understanding.phrases import TROUBLE
from portal.search.understanding.rules import rules_for
from portal.search.understanding.shapes import NEAR_ME, SINGLES, Known, Reading, Understanding, Value
from portal.search.understanding.typed import KEPT, Typed

# Filters whose words stand in the names of groups: there they stay together ("Friday Night Project").
_NAMED_AFTER = frozenset({"day", "time", "cost"})
_TOGETHER_WITH_BEFORE = frozenset({"time", "cost"})
# What says when. Whoever is in trouble is not asking for something that is on then.
_WHEN = frozenset({"day", "time", "on", "open_now"})
_JOINING = frozenset({"and", "or", "to", "but"})
# Words that ask for nothing by themselves. They are left out when something else was read.
_IDLE = STOP_WORDS | {
    "whats", "things", "thing", "stuff", "something", "anything", "somewhere", "anywhere", "going", "happening",
    "please", "looking", "find", "want", "there", "services", "places", "events", "only", "also", "not", "open",
    "activities", "activity", "groups", "group", "clubs", "classes", "sessions", "people", "someone", "somebody",
}  # fmt: skip
_LOOSE_ENDS = frozenset({
    "on", "at", "in", "for", "and", "or", "the", "a", "an", "near", "that", "is", "are", "which", "with", "from", "to",
    "please", "but", "open", "of",
})  # fmt: skip


def understand(q: str, *, as_words: Iterable[str] = (), known: Known) -> Understanding:
    """Return what the words of a cleaned question say besides words to look up. Takes any text and never raises.

    `as_words` are stretches of it that are to be looked up as they are. Looked at are 200 characters; the work grows
    with their number and not faster. "Quotes", -minus and phrases that are names of things are never read.
    """
    return _Reader(Typed(q[:LONGEST_QUESTION], as_words), known).understanding()


class _Reader:
    """One question being read, from its first word to its last."""

    def __init__(self, typed: Typed, known: Known) -> None:
        self.typed = typed
        self.known = known
        self.taken = [False] * len(typed.words)
        self.pieces: list[tuple[int, Understood]] = []
        self.dropped: list[str] = []
        self.values: dict[str, Value] = {}

    def understanding(self) -> Understanding:
        at, far = 0, -1
        while at < len(self.typed.words):
            reading = self._longest(at, follows_radius=at == far) if self.typed.begins_free(at) else None
            if reading is None:
                at += 1
                continue
            self._take(at, reading.end, reading.values)
            at = reading.end
            far = at if any(value.filter == "radius" for value in reading.values) else -1
        self._take_name_at_end()
        where = self.values.get("where")
        pieces = tuple(piece for _at, piece in sorted(self.pieces, key=lambda item: item[0]))
        rest = self._rest()
        if self.is_crisis and not self.known.is_crisis(rest):
            return Understanding(self.typed.q)
        return Understanding(rest, pieces, tuple(self.dropped), NEAR_ME in self.values, where.place if where else None)

    def _longest(self, at: int, *, follows_radius: bool) -> Reading | None:
        best: Reading | None = None
        for rule in rules_for(self.typed.keys[at]):
            match = rule.pattern.match(self.typed.line, self.typed.starts[at])
            end = self.typed.place_of_end.get(match.end(), 0) if match else 0
            if match is None or end <= (best.end if best else at):
                continue
            values = tuple(value for value in rule.read(match, self.known) if value)
            if values and self._can_take(at, end, values):
                best = Reading(end, values)
        for found in (
            places.read_postcode(self.typed, at, self.known),
            places.read_near_name(self.typed, at, self.known, follows_radius=follows_radius),
        ):
            if found and found.end > (best.end if best else at) and "where" not in self.values:
                best = found
        return best

    def _can_take(self, at: int, end: int, values: Sequence[Value]) -> bool:
        """Say whether these values are still free and their words do not belong to the name of something."""
        filters = {value.filter for value in values}
        if not filters.isdisjoint(SINGLES & self.values.keys()):
            return False
        if filters.isdisjoint(_NAMED_AFTER):
            return True
        keys = self.typed.keys
        is_small = end < len(keys) and keys[end] in STOP_WORDS
        if self._are_name(keys[end - 1 : end + 1 + is_small]):
            return False
        is_single = end - at == 1 and not filters.isdisjoint(_TOGETHER_WITH_BEFORE)
        return not (is_single and at and not self.taken[at - 1] and self._are_name(keys[at - 1 : end]))

    def _are_name(self, pair: Sequence[str]) -> bool:
        """Say whether two words, or three with a small one between them, stand side by side in a name."""
        is_telling = not STOP_WORDS & {pair[0], pair[-1]} or len(pair) > 2
        return len(pair) > 1 and is_telling and KEPT not in pair and self.known.is_phrase(pair)

    def _take(self, at: int, end: int, values: Sequence[Value]) -> None:
        words = self.typed.text(at, end)
        self.taken[at:end] = [True] * (end - at)
        for value in values:
            self.values.setdefault(value.filter, value)
            if value.filter == NEAR_ME or (value.filter in _WHEN and self.is_in_trouble):
                self.dropped.append(words)
                continue
            piece = Understood(words=words, filter=value.filter, value=value.value, label=value.label)
            if all((one.filter, one.value) != (piece.filter, piece.value) for _at, one in self.pieces):
                self.pieces.append((at, piece))

    @cached_property
    def is_in_trouble(self) -> bool:
        """Whether somebody tells what happened to them, or cannot wait."""
        keys = self.typed.keys
        said = (*((key,) for key in keys), *pairwise(keys))
        return not TROUBLE.isdisjoint(said) or self.is_crisis

    @cached_property
    def is_crisis(self) -> bool:
        """Whether what was typed holds words of crisis."""
        return self.known.is_crisis(self.typed.q)

    def _take_name_at_end(self) -> None:
        """Read the name of a place that ends the words which are left, unless a place is known already."""
        if "where" in self.values or self.known.has_where:
            return
        end = next((place + 1 for place in reversed(range(len(self.taken))) if not self.taken[place]), 0)
        start = end
        while start and not self.taken[start - 1] and self.typed.keys[start - 1] != KEPT:
            start -= 1
        found = places.read_name_at_end(self.typed, start, end, self.known) if start < end else None
        if found:
            self._take(found[0], end, (found[1],))

    def _rest(self) -> str:
        """Return what was typed without what was read, without "and" between two of those, and without loose ends."""
        typed, taken = self.typed, self.taken
        if not any(taken):
            return typed.q
        for place in range(1, len(taken) - 1):
            taken[place] |= typed.keys[place] in _JOINING and taken[place - 1] and taken[place + 1]
        left = [place for place in range(len(taken)) if not taken[place]]
        while left and typed.keys[left[-1]] in _LOOSE_ENDS:
            taken[left.pop()] = True
        if all(typed.keys[place] in _IDLE for place in left):
            return ""
        kept, at = [], 0
        for word in (word for word, is_taken in zip(typed.words, taken, strict=True) if is_taken):
            kept.append(typed.q[at : word.start])
            at = word.end
        kept.append(typed.q[at:])
        chunks = " ".join(kept).split()
        return " ".join(chunk for chunk in chunks if any(sign.isalnum() or sign in '"“”„«»' for sign in chunk))
