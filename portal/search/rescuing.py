"""What to offer when nothing was found."""

from collections.abc import Iterator
from dataclasses import replace

from portal.core.wording import DAYS, date_in_words
from portal.directory.languages import language_name
from portal.search.answering import answer, answer_each
from portal.search.asking import LISTS, without
from portal.search.columns.vocabulary import Vocabulary
from portal.search.results import DAY_CHOICES, Drop, Hit, Rescue, SearchRequest
from portal.search.text.language import parse
from portal.search.understanding.applying import as_chosen, taken_back, with_words_read

_MOST_DROPS, _MOST_BEYOND, _MOST_NEEDS = 6, 3, 4
# Farther than any two places of the country.
_EVERYWHERE = 1_000.0
_PLAIN = {
    **dict(zip(DAY_CHOICES, DAYS, strict=False)),
    "weekday": "Monday to Friday",
    "weekend": "weekends",
    "free": "free",
    "donation": "pay what you can",
    "up-to-5": "up to £5",
}


def rescue(request: SearchRequest) -> Rescue:
    """Return what to leave out, with how many there are then, the nearest beyond the radius, and related needs."""
    typed, request = request, as_chosen(request)
    labelled = [
        *_ways_out(request, answer(request).vocabulary),
        *(("what we read out of your words", plain) for plain in _plainly(typed)),
    ]
    answers = answer_each([changed for _label, changed in labelled])
    drops = [
        Drop(label=label, request=changed, total=found.total)
        for (label, changed), found in zip(labelled, answers, strict=True)
        if found.total
    ]
    if not drops and len(labelled) > 1:
        drops = _bare(request)
    drops.sort(key=lambda drop: -drop.total)
    return Rescue(drops=drops[:_MOST_DROPS], beyond=_beyond(request), related_needs=_related_needs(request))


def _plainly(request: SearchRequest) -> list[SearchRequest]:
    """Return the question with its words as they were typed, where something was read out of them."""
    read = tuple(piece.words for piece in request.understood)
    for words in read:
        request = taken_back(request, words)
    return [with_words_read(request)] if read else []


def _bare(request: SearchRequest) -> list[Drop]:
    """Return the question with nothing but its words, where leaving out one thing does not help."""
    bare = SearchRequest(q=request.words, as_words=request.as_words, view=request.view)
    total = answer(bare).total if request.words else 0
    return [Drop(label="everything but your words", request=bare, total=total)] if total else []


def _ways_out(request: SearchRequest, vocabulary: Vocabulary) -> Iterator[tuple[str, SearchRequest]]:
    """Yield (what to leave out in words, the question without it) for everything that narrows the question."""
    words = request.words.split()
    if len(parse(request.words).words) > 1:
        for place, word in enumerate(words):
            rest = " ".join(words[:place] + words[place + 1 :])
            yield f"the word “{word}”", replace(request, q=rest, page=1, problems=())
    if words:
        yield "your words" if len(words) > 1 else f"the word “{words[0]}”", without(request, "q")
    for name, field in LISTS.items():
        for value in getattr(request, field):
            yield _label(vocabulary, name, value), without(request, name, value)
    if request.on:
        yield date_in_words(request.on), without(request, "on")
    if request.open_now:
        yield "open now", without(request, "open_now")
    if request.not_on_bank_holidays:
        yield "“not on bank holidays”", without(request, "bank_holidays")
    if request.age is not None:
        yield f"age {request.age}", without(request, "age")
    if request.place:
        yield f"near {request.place.name}", without(request, "where")


def _label(vocabulary: Vocabulary, name: str, value: str) -> str:
    if name in {"category", "need", "access", "for"}:
        return vocabulary.label(name, value)
    return language_name(value) if name == "language" else _PLAIN.get(value, value)


def _beyond(request: SearchRequest) -> list[Hit]:
    """Return the nearest that fit but for the radius."""
    if request.place is None:
        return []
    wide = answer(replace(request, radius=_EVERYWHERE, sort="distance", page=1))
    found = answer(request)
    near = {hit.service_id for hit in found.hits(0, found.total)}
    hits = [hit for hit in wide.hits(0, len(near) + _MOST_BEYOND) if hit.service_id not in near]
    return [hit for hit in hits[:_MOST_BEYOND] if hit.miles is not None]


def _related_needs(request: SearchRequest) -> list[str]:
    """Return the needs that services with these words, or these needs, most often answer besides."""
    categories = () if request.words else request.categories
    wide = SearchRequest(q=request.words, needs=request.needs, categories=categories)
    if not (parse(wide.q) or wide.needs or wide.categories):
        return []
    found = answer(wide)
    if not found.total and request.words:
        found = answer(replace(wide, q=""))
        if not (wide.needs or wide.categories):
            return []
    counts = sorted(found.count_needs().items(), key=lambda one: -one[1])
    offered = [need for need, _count in counts if found.vocabulary.is_offered("need", need)]
    return [need for need in offered if need not in request.needs][:_MOST_NEEDS]
