"""What one process knows of the directory at one moment, ready to answer."""

import datetime as dt
import threading
import uuid
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce

import numpy as np

from portal.directory.calendar import Calendar
from portal.directory.index_queries import Term, Watermark
from portal.directory.models import Taxonomy
from portal.search.columns.build import Columns, Mask, build, changed
from portal.search.columns.vocabulary import Vocabulary, vocabulary_of
from portal.search.constants import DESCRIPTION, ORGANISATION, SUMMARY, TERMS
from portal.search.documents import Document
from portal.search.index.reading import IndexReader, IndexSource
from portal.search.results import Results
from portal.search.suggesting import Suggestions
from portal.search.text.lookup import Lookup, Terms
from portal.search.text.meeting import Meeting
from portal.search.text.names import numbers_of, stand_in_name
from portal.search.text.sources import NO_ROWS, Form, MemorySource, Rows, Source
from portal.search.text.synonyms import Meant, Synonyms
from portal.search.text.words import tokens

# How much a need counts by its place in the list of a service, as its name does: not there, first, second, further on.
NEED_WEIGHTS = np.array((0.0, TERMS, SUMMARY, DESCRIPTION))
# A category says less of what is meant than the need that a service puts first.
CATEGORY_WEIGHT = SUMMARY
# About twenty kilobytes each.
_MOST_PAGES = 200
# So many small sources are looked through one after the other before they are made one.
_MOST_SOURCES = 16


@dataclass(frozen=True)
class State:
    """Columns, and the sources in which the words of every service that counts stand once.

    `indexed` says which rows the index on disk answers for; the documents in memory answer for the others.
    `extra` are services that the index holds and that do not count any more; `is_behind` is set when there are any, or
    when the index lacks something. `watermark` is the last change that is known. `synonyms` are the words people use,
    as they were when the lists had the mark `lists_mark`.
    """

    columns: Columns
    watermark: Watermark
    sources: Sequence[Source]
    indexed: Mask
    suggestions: Suggestions
    reader: IndexReader | None = None
    extra: frozenset[uuid.UUID] = frozenset()
    is_behind: bool = True
    synonyms: Synonyms = field(default_factory=lambda: Synonyms({}))
    lists_mark: Hashable = None

    @cached_property
    def meeting(self) -> Meeting:
        """How words are met in this state; what was asked once is kept with it."""
        columns = self.columns
        places, services = columns.vocabulary.places, columns.services
        needs = Terms(places["need"], services.need_place, NEED_WEIGHTS)
        categories = Terms(places["category"], services.category, np.array((0.0, CATEGORY_WEIGHT)))
        return Meeting(Lookup(self.sources, columns.alive, columns.texts, needs, categories))

    @cached_property
    def pages(self) -> "Pages":
        """The pages of results that were worked out last in this state."""
        return Pages()

    @cached_property
    def need_names(self) -> Synonyms:
        """What the names of needs mean, both the field's and the plain one: the need."""
        return need_names_of(self.vocabulary)

    def count_by_category(self) -> dict[str, int]:
        """Return how many services are shown under each category, by slug, in the order of the categories."""
        columns = self.columns
        counts = columns.services.category[columns.alive].sum(axis=0).tolist()
        return dict(zip(columns.vocabulary.values["category"], counts, strict=True))

    def words_held(self, words: Collection[str]) -> set[str]:
        """Return those of folded words that stand in a service that is shown."""
        return {word for word in words if any(len(source.find(Form.EXACT, word)[0]) for source in self.sources)}

    def is_in_names(self, words: Sequence[str]) -> bool:
        """Say whether words, each as one or several, stand side by side in the name of a service or its group."""
        columns = self.columns
        rows = reduce(np.intersect1d, (self._rows_named(word) for word in words))
        return any(stand_in_name(words, columns.texts[row]) for row in rows.tolist() if columns.alive[row])

    def _rows_named(self, word: str) -> Rows:
        found = [NO_ROWS]
        for form in numbers_of(word):
            for source in self.sources:
                rows, weights = source.find(Form.EXACT, form)
                found.append(rows[weights >= ORGANISATION])
        return np.concatenate(found)

    @property
    def vocabulary(self) -> Vocabulary:
        """The values that each filter knows."""
        return self.columns.vocabulary

    @property
    def is_rebuilding(self) -> bool:
        """Whether there is no index on disk that can be used."""
        return self.reader is None

    @property
    def behind(self) -> list[Document]:
        """The services that count and that the index does not answer for."""
        rows = np.flatnonzero(self.columns.alive & ~self.indexed)
        return [self.columns.documents[row] for row in rows.tolist()]


class Pages:
    """Pages of results that were worked out in this minute, by whatever they depend on beside the state.

    Many people follow the same link, and whoever looks at a map or comes back asks for the same page once more. What
    was asked is not kept for longer than it is true. Safe from several threads.
    """

    def __init__(self) -> None:
        # The minute and its pages are swapped as one, so that nobody reads a page under another minute.
        self._held: tuple[int, dict[Hashable, Results]] = (0, {})
        self._lock = threading.Lock()

    def find(self, minute: int, key: Hashable) -> Results | None:
        """Return a page that is known of a minute, or None."""
        known_minute, pages = self._held
        return pages.get(key) if minute == known_minute else None

    def keep(self, minute: int, key: Hashable, page: Results) -> None:
        """Keep a page of a minute; those of another are let go, and the first of too many."""
        with self._lock:
            if minute != self._held[0]:
                self._held = (minute, {})
            pages = self._held[1]
            pages[key] = page
            if len(pages) > _MOST_PAGES:
                del pages[next(iter(pages))]


def need_names_of(vocabulary: Vocabulary) -> Synonyms:
    """Return what the names of needs mean, both the field's and the plain one: the need."""
    named = [
        (tuple(tokens(name)), slug)
        for (taxonomy, slug), term in vocabulary.terms.items()
        if taxonomy is Taxonomy.NEED
        for name in (term.name, term.plain_name)
    ]
    return Synonyms({name: Meant(needs=tuple(slug for other, slug in named if other == name)) for name, _ in named})


def first_state(
    documents: Sequence[Document],
    terms: Iterable[Term],
    watermark: Watermark,
    today: dt.date,
    calendar: Calendar | None = None,
) -> State:
    """Return a state without an index: everything is answered from memory. Needs `with_reader` or `from_memory`."""
    columns = build(documents, vocabulary_of(terms, documents), today, calendar)
    return State(
        columns=columns,
        watermark=watermark,
        sources=(),
        indexed=np.zeros(len(documents), bool),
        suggestions=Suggestions(columns),
    )


def from_memory(state: State) -> State:
    """Return the state with all services looked up in memory, since there is no index that can be used."""
    indexed = np.zeros(len(state.columns.documents), bool)
    return replace(state, sources=_memory(state.columns, ~indexed), indexed=indexed, reader=None, is_behind=True)


def with_reader(state: State, reader: IndexReader, pending: Collection[uuid.UUID]) -> State:
    """Return the state with the words looked up in an index, and in memory for what it does not hold.

    `pending` are the services that changed since the index was written.
    """
    row_of, changed_since = state.columns.row_by_number, {key.int for key in pending}
    rows = np.array([-1 if found is None else row_of.get(found, -1) for found in reader.ids], np.int64)
    extra = [found for found, row in zip(reader.ids, rows.tolist(), strict=True) if row < 0 and found is not None]
    rows[np.isin(rows, [row_of[key] for key in changed_since if key in row_of])] = -1
    indexed = np.zeros(len(state.columns.documents), bool)
    indexed[rows[rows >= 0]] = True
    sources = (IndexSource(reader, rows), *_memory(state.columns, ~indexed))
    is_behind = bool(pending) or bool(extra) or not bool(indexed[state.columns.alive].all())
    return replace(
        state,
        sources=sources,
        indexed=indexed,
        reader=reader,
        is_behind=is_behind,
        extra=frozenset(uuid.UUID(int=found) for found in extra),
    )


def with_changes(
    state: State, documents: Sequence[Document], touched: Collection[uuid.UUID], watermark: Watermark
) -> State:
    """Return the state after some services changed: `documents` are those that are still shown."""
    columns = changed(state.columns, documents, touched)
    fresh = np.zeros(len(columns.documents), bool)
    fresh[len(state.columns.documents) :] = True
    indexed = np.concatenate((state.indexed, np.zeros(len(documents), bool))) & columns.alive
    sources = (*state.sources, *_memory(columns, fresh))
    if len(sources) > _MOST_SOURCES:
        on_disk = [source for source in sources if isinstance(source, IndexSource)]
        sources = (*on_disk, *_memory(columns, ~indexed))
    return State(
        columns=columns,
        watermark=watermark,
        sources=sources,
        indexed=indexed,
        suggestions=Suggestions(columns, state.suggestions),
        reader=state.reader,
        extra=state.extra | {key for key in touched if columns.find_row(key) is None},
        is_behind=True,
        synonyms=state.synonyms,
        lists_mark=state.lists_mark,
    )


def _memory(columns: Columns, rows: Mask) -> tuple[Source, ...]:
    wanted = np.flatnonzero(rows & columns.alive).tolist()
    return (MemorySource((row, columns.documents[row].texts) for row in wanted),) if wanted else ()
