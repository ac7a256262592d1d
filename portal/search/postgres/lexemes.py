"""How the words of a service stand in its tsvector, and how they are asked for.

Each word stands there once, as a lexeme that begins with the place of the field where it weighs most: `0=yoga` for a
name, `5=yoga` for a description; its stem likewise, as `0~yoga`. The labels of a tsvector are four, and there are six
fields; and labels are not in the index, so that each row would have to be unpacked to read them.
"""

from collections.abc import Sequence

from portal.search.index.stems import stem
from portal.search.text.sources import Form
from portal.search.text.words import BREAK

_SIGNS = {Form.EXACT: "=", Form.STEM: "~"}


def vector_of(texts: Sequence[str]) -> tuple[str, frozenset[str], frozenset[str]]:
    """Return (tsvector as text, words, stems) of one service's folded fields, in the order of FIELD_WEIGHTS."""
    words: dict[str, int] = {}
    for field, text in enumerate(texts):
        for word in text.split():
            if word != BREAK:
                words.setdefault(word, field)
    stems: dict[str, int] = {}
    for word, field in words.items():
        root = stem(word)
        stems[root] = min(field, stems.get(root, field))
    parts = [f"'{field}{end_of(Form.EXACT, word)}" for word, field in words.items()]
    parts += [f"'{field}{end_of(Form.STEM, root)}" for root, field in stems.items()]
    return " ".join(parts), frozenset(words), frozenset(stems)


def end_of(form: Form, term: str) -> str:
    """Return the lexeme of a word or stem, quoted, from the place of the field on: that and a quote go before it."""
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"{_SIGNS[form]}{escaped}'"
