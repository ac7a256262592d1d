"""How the words of a service stand in its tsvector, and how they are asked for.

A tsvector has four labels, and there are six fields. So each word stands there once, under the field where it weighs
most, as one of two lexemes: `=word` labelled A to D for name, terms, organisation and summary, `-word` labelled A or B
for venue and description. Stems stand likewise, as `~stem` and `_stem`. Every label is one field, so weights are exact.
"""

from collections.abc import Sequence

from portal.search.index.stems import stem
from portal.search.text.sources import Form
from portal.search.text.words import BREAK

_LABELS = "ABCD"
_FAMILIES = {Form.EXACT: ("=", "-"), Form.STEM: ("~", "_")}


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
    parts = [f"{_lexeme(Form.EXACT, word, field)}:1{_label(field)}" for word, field in words.items()]
    parts += [f"{_lexeme(Form.STEM, root, field)}:1{_label(field)}" for root, field in stems.items()]
    return " ".join(parts), frozenset(words), frozenset(stems)


def anywhere(form: Form, term: str) -> str:
    """Return a tsquery for a word or stem in any field."""
    return f"{_lexeme(form, term, 0)} | {_lexeme(form, term, 4)}"


def in_field(form: Form, term: str, field: int) -> str:
    """Return a tsquery for a word or stem whose best field is the one of that place in FIELD_WEIGHTS."""
    return f"{_lexeme(form, term, field)}:{_label(field)}"


def _lexeme(form: Form, term: str, field: int) -> str:
    escaped = term.replace("\\", "\\\\").replace("'", "''")
    return f"'{_FAMILIES[form][field // 4]}{escaped}'"


def _label(field: int) -> str:
    return _LABELS[field % 4]
