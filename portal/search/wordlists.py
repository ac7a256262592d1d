"""The two lists of words as the search takes them, read through a connection that sees only what was committed."""

from collections.abc import Hashable

import sqlalchemy as sa

from portal.search.text.synonyms import Phrase, Synonyms
from portal.search.words.entries import Entry, shipped_crisis_phrases, synonyms_of
from portal.search.words.models import CrisisPhrase, WordListMark, WordsPeopleUse


def read_entries(connection: sa.Connection) -> list[Entry]:
    """Return the entries of words people use that count now, in the order of their folded phrases."""
    table = WordsPeopleUse.__table__.c
    columns = (table.said, table.same, table.phrases, table.needs, table.categories, table.note)
    rows = connection.execute(sa.select(*columns).where(table.removed_at.is_(None)).order_by(table.folded))
    return [
        Entry(row.said, tuple(row.same), tuple(row.phrases), tuple(row.needs), tuple(row.categories), row.note)
        for row in rows
    ]


def read_synonyms(connection: sa.Connection) -> Synonyms:
    """Return what phrases mean: words that mean the same in each direction, the others from these only."""
    return synonyms_of(read_entries(connection))


def read_crisis_phrases(connection: sa.Connection) -> frozenset[Phrase]:
    """Return the folded phrases of crisis. While the database holds none, those count that ship."""
    kept = connection.scalars(sa.select(CrisisPhrase.folded).where(CrisisPhrase.removed_at.is_(None))).all()
    return frozenset(tuple(phrase.split()) for phrase in kept) or shipped_crisis_phrases()


def read_lists_mark(connection: sa.Connection) -> Hashable:
    """Return what is different after every change of either list, and equal while nothing has changed."""
    columns = (WordListMark.name, WordListMark.changes, WordListMark.changed_at)
    return tuple(tuple(row) for row in connection.execute(sa.select(*columns).order_by(WordListMark.name)))
