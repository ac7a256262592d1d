"""The query language: words, "phrases" and -without. Everything else is punctuation; nothing in it can be slow."""

import re
from dataclasses import dataclass

from portal.search.constants import LONGEST_QUESTION, MOST_WORDS
from portal.search.text.words import STOP_WORDS, tokens

_PIECE = re.compile(r'(?P<minus>(?:(?<=\s)|^)-)?(?:"(?P<phrase>[^"]*)"?|(?P<bare>[^\s"]+))')
_QUOTES = str.maketrans("“”„«»", '"""""')


@dataclass(frozen=True)
class Query:
    """What a question asks of the text. All words and phrases must be there, none of the others may.

    `words` are to be met tolerantly; a phrase is its words side by side, exactly as written.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    without: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.phrases or self.without)

    @property
    def asks(self) -> bool:
        """Whether anything is asked for, so that services can be ranked by it."""
        return bool(self.words or self.phrases)


def parse(text: str) -> Query:
    """Read a cleaned question. Takes any text; at most 12 words count, counted over all parts."""
    words: list[str] = []
    phrases: list[tuple[str, ...]] = []
    without: list[tuple[str, ...]] = []
    left = MOST_WORDS
    for match in _PIECE.finditer(text[:LONGEST_QUESTION].translate(_QUOTES)):
        found = tuple(tokens(match["phrase"] if match["phrase"] is not None else match["bare"])[:left])
        left -= len(found)
        if not found:
            continue
        if match["minus"]:
            without.append(found)
        elif match["phrase"] is not None and len(found) > 1:
            phrases.append(found)
        else:
            words.extend(found)
    telling = [word for word in words if word not in STOP_WORDS]
    if telling or phrases:
        words = telling
    return Query(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(phrases)), tuple(dict.fromkeys(without)))
