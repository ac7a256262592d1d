"""What a question might have meant besides: needs that its words speak of, and other spellings of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from portal.search.columns.vocabulary import Vocabulary
from portal.search.results import SearchRequest
from portal.search.text.language import Query, respelled
from portal.search.text.scoring import Scoring
from portal.search.text.synonyms import Phrase, Synonyms


class Speech(Protocol):
    """What the words of a question may speak of."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The values that each filter knows."""

    @property
    def synonyms(self) -> Synonyms:
        """The words people use."""

    @property
    def need_names(self) -> Synonyms:
        """The names of needs."""


def offered_needs(state: Speech, query: Query, request: SearchRequest) -> list[str]:
    """Return the needs (slugs) that the words speak of, in their order: by the list of words people use or by name.

    Only those that can be chosen and are not chosen already.
    """
    vocabulary = state.vocabulary
    spoken: list[str] = []
    for words in (*query.runs, *query.phrases):
        found = [*_spoken_of(words, state.synonyms), *_spoken_of(words, state.need_names)]
        spoken += [need for _place, needs in sorted(found, key=lambda one: one[0]) for need in needs]
    return [
        need
        for need in dict.fromkeys(spoken)
        if need not in request.needs and vocabulary.knows("need", need) and vocabulary.is_offered("need", need)
    ]


def _spoken_of(words: Phrase, known: Synonyms) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the place of each known phrase in a row of words, and its needs."""
    place = 0
    while place < len(words):
        stretch = known.longest_at(words, place)
        if stretch is not None:
            yield place, stretch.meant.needs
        place = place + 1 if stretch is None else stretch.end


def other_spellings(scoring: Scoring, query: Query, request: SearchRequest) -> Iterator[SearchRequest]:
    """Yield the question with its unknown words replaced by near ones: the nearest first, then the most common.

    The first has the nearest for each; each further one has another for one of them. Quotes and -without stay.
    """
    near = scoring.respellings(query)
    best = {word: others[0] for word, others in near.items()}
    if best:
        yield _respelled(request, best)
    for place in range(1, max(map(len, near.values()), default=0)):
        for word, others in near.items():
            if place < len(others):
                yield _respelled(request, best | {word: others[place]})


def _respelled(request: SearchRequest, words: dict[str, str]) -> SearchRequest:
    rest = None if request.rest is None else respelled(request.rest, words)
    return replace(request, q=respelled(request.q, words), rest=rest, page=1)
