"""The shape of the index on disk."""

from collections.abc import Iterator, Mapping
from typing import Any

from whoosh import fields, formats

# Counts up with every change of shape or of what is written: an index of another number is made anew.
SCHEMA_NUMBER = 2
STATE = "@state"


class WeighedWords(fields.FieldType):
    """Words with weights that were worked out before: one posting for each word, its weight as it was given."""

    def __init__(self) -> None:
        # Lengths are kept ("scorable") only because the writer asks the disk for one at every posting where none are.
        super().__init__(formats.Existence(), None, scorable=True)  # type: ignore[no-untyped-call]

    def index(self, value: Mapping[str, float], **_options: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        """Yield (word, frequency, weight, nothing) for each word."""
        for word, weight in value.items():
            yield word.encode(), 1, weight, b""


def make_schema() -> fields.Schema:
    """Return the fields: the service's id (or the state's), words as written, stems, a digest, and the state.

    The digest tells two versions of a service apart. The state is a document of the index, so that the last change
    applied is committed together with it.
    """
    return fields.Schema(
        id=fields.ID(unique=True, stored=True),
        exact=WeighedWords(),
        stem=WeighedWords(),
        digest=fields.STORED(),
        state=fields.STORED(),
    )
