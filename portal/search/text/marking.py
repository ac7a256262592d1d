"""Marks the words of a text that a question found."""

from collections.abc import Callable

from markupsafe import Markup, escape

from portal.search.index.stems import stem
from portal.search.text.scoring import Meaning
from portal.search.text.words import spans

_OPEN, _CLOSE = Markup("<mark>"), Markup("</mark>")


def marker(meaning: Meaning) -> Callable[[str], Markup]:
    """Return a function that escapes a text and puts <mark> around each word that was asked for, in any form.

    Words that count only together are marked where all of them stand in the text. Nothing but the text is written.
    """

    def mark(text: str) -> Markup:
        parts: list[Markup] = []
        done = 0
        words = [(start, end, word, stem(word)) for start, end, word in spans(text)]
        here = {root for _start, _end, _word, root in words}
        stems = meaning.stems.union(*(group for group in meaning.together if group <= here))
        for start, end, word, root in words:
            if word in meaning.words or root in stems:
                parts += (escape(text[done:start]), _OPEN, escape(text[start:end]), _CLOSE)
                done = end
        parts.append(escape(text[done:]))
        return Markup().join(parts)

    return mark
