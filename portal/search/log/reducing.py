"""From a question to what may be kept of it: words that the directory knows, choices from lists, and a wide area."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from portal.core.wording import DAYS
from portal.geo.areas import AreaIndex
from portal.geo.models import AreaKind
from portal.search.asking import LISTS
from portal.search.constants import MOST_WORDS
from portal.search.results import DAY_CHOICES, RADIUS_CHOICES, SearchRequest
from portal.search.text.language import parse
from portal.search.text.synonyms import Phrase, Synonyms
from portal.search.text.words import STOP_WORDS, fold, tokens

Knows = Callable[[str], bool]

# More words than this are a sentence, which says more about a person than about what is missing.
MOST_ENTRIES, LONGEST_WORDS = 4, 200
MOST_VALUES = 5
# Of what describes the person, two facts are kept without the area, and more than two are not kept at all: rows with
# many of them would be alike only when they are the same person's.
MOST_FACTS_WITH_AREA, MOST_FACTS = 1, 2
_ABOUT_PERSON = ("age", "for", "language", "access")
_AGE_BANDS = ((0, "0-15"), (16, "16-24"), (25, "25-44"), (45, "45-64"), (65, "65-79"), (80, "80-"))
# Numbers, e-mail and web addresses are nobody's words for what they need, whether or not the directory holds them too.
_TELLING = re.compile(r"\d|@|://|^www\.", re.IGNORECASE)
_WIDE = (AreaKind.NEIGHBOURHOOD, AreaKind.BOROUGH)


def words_kept(text: str, knows: Knows, synonyms: Synonyms) -> tuple[str, int]:
    """Return the words of a question that may be kept, folded, and how many were left out.

    `knows` says whether a folded word stands in the directory. A phrase of the list of words people use is kept whole.
    What stands behind a minus is not looked for, and does not count.
    """
    pieces = fold(text).split()
    plain = " ".join(piece for piece in pieces if not _TELLING.search(piece))
    without = {word for part in parse(plain).without for word in part}
    said = [word for word in tokens(plain)[:MOST_WORDS] if word not in without]
    left_out = sum(1 for piece in pieces if _TELLING.search(piece))
    entries: dict[str, None] = {}
    for phrase, is_listed in phrases_in(said, synonyms):
        if is_listed or (phrase[0] not in STOP_WORDS and knows(phrase[0])):
            entries[" ".join(phrase)] = None
        elif phrase[0] not in STOP_WORDS:
            left_out += 1
    kept = list(entries)[:MOST_ENTRIES]
    while len(" ".join(kept)) > LONGEST_WORDS:
        kept.pop()
    return " ".join(kept), left_out + len(entries) - len(kept)


def phrases_in(said: Sequence[str], synonyms: Synonyms) -> Iterator[tuple[Phrase, bool]]:
    """Yield folded words in order, each alone or in the longest phrase of the list that begins with it; and which."""
    place = 0
    while place < len(said):
        most = min(synonyms.longest, len(said) - place)
        size = next((size for size in range(most, 0, -1) if synonyms.find(tuple(said[place : place + size]))), 0)
        yield tuple(said[place : place + max(1, size)]), size > 0
        place += max(1, size)


def what_to_keep(question: SearchRequest, knows: Knows, synonyms: Synonyms, areas: AreaIndex) -> dict[str, Any]:
    """Return the columns of a question that a search and an opening share, and `filters` and `radius`."""
    words, left_out = words_kept(question.words, knows, synonyms)
    filters = _filters(question)
    facts = sum(len(filters.get(name, ())) for name in _ABOUT_PERSON)
    area = _area(question, areas)
    if MOST_FACTS_WITH_AREA < facts <= MOST_FACTS:
        area = ""
    elif facts > MOST_FACTS:
        filters = {name: values for name, values in filters.items() if name not in _ABOUT_PERSON}
    return {
        "words": words,
        "left_out": left_out,
        "needs": " ".join(sorted(question.needs)[:MOST_VALUES]),
        "filters": filters,
        "area": area,
        "radius": min(RADIUS_CHOICES, key=lambda miles: abs(miles - question.radius)) if area else None,
    }


def _filters(question: SearchRequest) -> dict[str, list[str]]:
    lists: Mapping[str, tuple[str, ...]] = {
        **{name: getattr(question, field) for name, field in LISTS.items() if name != "need"},
        "age": () if question.age is None else (_age_band(question.age),),
        # A date would be a mark that only one question bears.
        "on": () if question.on is None else (DAY_CHOICES[: len(DAYS)][question.on.weekday()],),
        "open_now": ("1",) if question.open_now else (),
        "not_on_bank_holidays": ("1",) if question.not_on_bank_holidays else (),
    }
    return {name: sorted(values)[:MOST_VALUES] for name, values in lists.items() if values}


def _age_band(age: int) -> str:
    return next(name for least, name in reversed(_AGE_BANDS) if age >= least)


def _area(question: SearchRequest, areas: AreaIndex) -> str:
    """Return the slug of the neighbourhood around the place, or of the borough where no neighbourhood is known.

    Whoever asked for a borough as a whole asked for none of its neighbourhoods, although its middle lies in one.
    """
    place = question.place
    if place is None:
        return ""
    asked = next((area for area in areas.areas if place.area_slug and area.slug == place.area_slug), None)
    if asked is not None and asked.kind in _WIDE:
        return asked.slug
    covering = areas.covering(place.latitude, place.longitude)
    return next((area.slug for kind in _WIDE for area in covering if area.kind is kind), "")
