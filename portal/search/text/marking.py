"""Marks the words of a text that a question found."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from portal.search.index.stems import stem
from portal.search.text.scoring import Meaning
from portal.search.text.words import spans

_OPEN, _CLOSE = Markup("<mark>"), Markup("</mark>")


def marker(meaning: Meaning) -> Callable[[str], Markup]:
    """Return a function that escapes a text and puts <mark> around each word that was asked for, in any form.

    Words that count only together are marked where all of them stand in the text. Nothing but the text is written.
    """

    if not (meaning.words or meaning.stems or meaning.together):
        return escape

    def mark(text: str) -> Markup:
        parts: list[Markup] = []
        done = 0
        words = _words_of(text)
        here = {root for _start, _end, _word, root in words}
        stems = meaning.stems.union(*(group for group in meaning.together if group <= here))
        for start, end, word, root in words:
            if word in meaning.words or root in stems:
                parts += (escape(text[done:start]), _OPEN, escape(text[start:end]), _CLOSE)
                done = end
        parts.append(escape(text[done:]))
        return Markup().join(parts)

    return mark


@lru_cache(maxsize=1_000)
def _words_of(text: str) -> Sequence[tuple[int, int, str, str]]:
    """Return (start, end, folded word, its stem) for each word of a text. The same names are shown again and again."""
    return [(start, end, word, stem(word)) for start, end, word in spans(text)]
