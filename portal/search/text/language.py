"""The query language: words, "phrases" and -without. Everything else is punctuation; nothing in it can be slow."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from portal.search.constants import LONGEST_QUESTION, MOST_WORDS
from portal.search.text.words import STOP_WORDS, spans, tokens

_PIECE = re.compile(r'(?P<minus>(?:(?<=\s)|^)-)?(?:"(?P<phrase>[^"]*)"?|(?P<bare>[^\s"]+))')
_QUOTES = str.maketrans("“”„«»", '"""""')


@dataclass(frozen=True)
class Query:
    """What a question asks of the text. All words and phrases must be there, none of the others may.

    `words` are to be met tolerantly; a phrase is its words side by side, exactly as written. `runs` are the words as
    they were typed, in order and with the small ones, cut where something else stands between them.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    without: tuple[tuple[str, ...], ...] = ()
    runs: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.phrases or self.without)

    @property
    def asks(self) -> bool:
        """Whether anything is asked for, so that services can be ranked by it."""
        return bool(self.words or self.phrases)


def parse(text: str) -> Query:
    """Read a cleaned question. Takes any text; at most 12 words count, counted over all parts."""
    runs: list[list[str]] = [[]]
    phrases: list[tuple[str, ...]] = []
    without: list[tuple[str, ...]] = []
    left = MOST_WORDS
    for match in _pieces(text[:LONGEST_QUESTION]):
        found = tuple(tokens(match["phrase"] if match["phrase"] is not None else match["bare"])[:left])
        left -= len(found)
        if not found:
            continue
        if match["minus"]:
            without.append(found)
            runs.append([])
        elif match["phrase"] is not None and len(found) > 1:
            phrases.append(found)
            runs.append([])
        else:
            runs[-1].extend(found)
    words = [word for run in runs for word in run]
    telling = [word for word in words if word not in STOP_WORDS]
    if telling or phrases:
        words = telling
    return Query(
        tuple(dict.fromkeys(words)),
        tuple(dict.fromkeys(phrases)),
        tuple(dict.fromkeys(without)),
        tuple(tuple(run) for run in runs if run),
    )


def replaced(query: Query, spellings: Mapping[str, str]) -> Query:
    """Return a question with some of its bare words replaced."""
    runs = tuple(tuple(spellings.get(word, word) for word in run) for run in query.runs)
    words = tuple(dict.fromkeys(spellings.get(word, word) for word in query.words))
    return replace(query, words=words, runs=runs)


def respelled(text: str, spellings: Mapping[str, str]) -> str:
    """Return a question with some folded words replaced; quotes stay, and so does everything in -without."""
    parts: list[str] = []
    done = 0
    for match in _pieces(text):
        if match["minus"]:
            continue
        start = match.start()
        for first, last, word in spans(match[0]):
            if word in spellings:
                parts += (text[done : start + first], spellings[word])
                done = start + last
    return "".join((*parts, text[done:]))


def _pieces(text: str) -> Iterator[re.Match[str]]:
    return _PIECE.finditer(text.translate(_QUOTES))
