"""What is read about the two lists of words, for the pages on which moderators edit them."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import sqlalchemy as sa

from portal.core.database import db, reading
from portal.search.wordlists import read_entries
from portal.search.words.entries import Entry, folded
from portal.search.words.models import CrisisPhrase, WordsPeopleUse

PER_PAGE = 50
MOST_REMOVED = 20

Kept = TypeVar("Kept", WordsPeopleUse, CrisisPhrase)


@dataclass(frozen=True)
class ListPage(Generic[Kept]):
    """One page of a list: `number` of `pages`, `total` entries in all."""

    rows: Sequence[Kept]
    number: int
    pages: int
    total: int


def list_words(words: str = "", page: int = 1) -> ListPage[WordsPeopleUse]:
    """Return a page of the words people use in the order of the alphabet: all, or those in which `words` stand.

    They are looked for in what is said, in the other words for it, and in the slugs of needs and categories.
    """
    asked = " ".join(folded(words))
    found = [
        row
        for row in _rows(WordsPeopleUse)
        if not asked or _holds((row.said, *row.same, *row.phrases, *row.needs, *row.categories), asked)
    ]
    return _page(found, page)


def list_crisis(words: str = "", page: int = 1) -> ListPage[CrisisPhrase]:
    """Return a page of the phrases of crisis in the order of the alphabet: all, or those in which `words` stand."""
    asked = " ".join(folded(words))
    return _page([row for row in _rows(CrisisPhrase) if not asked or _holds((row.said,), asked)], page)


def list_removed(kind: type[Kept]) -> Sequence[Kept]:
    """Return what was taken out of a list, the newest first, at most twenty."""
    gone = sa.select(kind).where(kind.removed_at.is_not(None)).order_by(kind.removed_at.desc(), kind.folded)
    return db.session.scalars(gone.limit(MOST_REMOVED)).all()


def find_words(words_id: uuid.UUID) -> WordsPeopleUse | None:
    """Return an entry of the words people use, or None when there is none or it was taken away."""
    return _find(WordsPeopleUse, words_id)


def find_crisis_phrase(phrase_id: uuid.UUID) -> CrisisPhrase | None:
    """Return a phrase of crisis, or None when there is none or it was taken away."""
    return _find(CrisisPhrase, phrase_id)


def entry_of(row: WordsPeopleUse) -> Entry:
    """Return a row of the words people use as a value."""
    return Entry(row.said, tuple(row.same), tuple(row.phrases), tuple(row.needs), tuple(row.categories), row.note)


def list_entries() -> list[Entry]:
    """Return all words people use that count now."""
    with reading() as connection:
        return read_entries(connection)


def _rows(kind: type[Kept]) -> Sequence[Kept]:
    return db.session.scalars(sa.select(kind).where(kind.removed_at.is_(None)).order_by(kind.folded)).all()


def _find(kind: type[Kept], row_id: uuid.UUID) -> Kept | None:
    row = db.session.get(kind, row_id)
    return None if row is None or row.removed_at is not None else row


def _holds(texts: Iterable[str], asked: str) -> bool:
    return any(asked in " ".join(folded(text)) for text in texts)


def _page(found: Sequence[Kept], page: int) -> ListPage[Kept]:
    pages = max(1, -(-len(found) // PER_PAGE))
    number = min(max(1, page), pages)
    return ListPage(found[(number - 1) * PER_PAGE : number * PER_PAGE], number, pages, len(found))
