"""From what was understood to filters, and from filters back to what was chosen."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from portal.geo.place import Place
from portal.search.constants import MOST_WORDS
from portal.search.results import DEFAULT_RADIUS, SearchRequest, Understood
from portal.search.understanding.knowing import known_now
from portal.search.understanding.question import understand
from portal.search.understanding.typed import keys_of

# Filters that hold several values, by their name in the address, with the field of the request that holds them.
LISTS = {
    "category": "categories",
    "need": "needs",
    "kind": "kinds",
    "day": "days",
    "time": "times",
    "cost": "costs",
    "access": "access",
    "for": "audiences",
    "language": "languages",
}
# Filters that hold one: the field, and what it holds when nothing is said.
_SINGLES: dict[str, tuple[str, Any]] = {
    "on": ("on", None),
    "open_now": ("open_now", False),
    "bank_holidays": ("not_on_bank_holidays", False),
    "age": ("age", None),
    "radius": ("radius", DEFAULT_RADIUS),
}


def with_words_read(request: SearchRequest) -> SearchRequest:
    """Return a question of which only choices are known with its words read. Needs an application context.

    What was chosen wins: a value of a filter that holds one is not changed, and a value that was chosen already is
    not understood once more. Values of a filter that holds several add up.
    """
    if not request.q:
        return request
    found = understand(request.q, as_words=request.as_words, known=known_now(has_where=bool(request.where)))
    fields: dict[str, Any] = {}
    understood: list[Understood] = []
    overruled: list[Understood] = []
    for piece in found.pieces:
        is_new = _take(request, fields, piece, found.place)
        (understood if is_new else overruled).append(piece)
    return replace(
        request,
        **fields,
        rest=None if found.rest == request.q else found.rest,
        understood=tuple(understood),
        overruled=tuple(overruled),
        wants_near_me=found.wants_near_me,
    )


def _take(request: SearchRequest, fields: dict[str, Any], piece: Understood, place: Place | None) -> bool:
    """Put a piece among the changed fields; says whether it changes anything."""
    if piece.filter == "where":
        if request.where:
            return False
        fields["place"] = place
    elif piece.filter in LISTS:
        field = LISTS[piece.filter]
        held = fields.get(field, getattr(request, field))
        if piece.value in held:
            return False
        fields[field] = (*held, piece.value)
    else:
        field, usual = _SINGLES[piece.filter]
        if getattr(request, field) != usual:
            return False
        fields[field] = _read(piece)
    return True


def _read(piece: Understood) -> Any:
    if piece.filter == "on":
        return dt.date.fromisoformat(piece.value)
    if piece.filter in {"age", "radius"}:
        return int(piece.value) if piece.filter == "age" else float(piece.value)
    return True


def only_chosen(request: SearchRequest) -> SearchRequest:
    """Return the question with its choices alone, as they stand in its address; the words are as they were typed."""
    fields: dict[str, Any] = {}
    for piece in request.understood:
        if piece.filter == "where":
            fields["place"] = None
        elif piece.filter in LISTS:
            field = LISTS[piece.filter]
            held = fields.get(field, getattr(request, field))
            fields[field] = tuple(value for value in held if value != piece.value)
        else:
            field, usual = _SINGLES[piece.filter]
            fields[field] = usual
    return replace(request, **fields, rest=None, understood=(), overruled=(), wants_near_me=False)


def as_chosen(request: SearchRequest) -> SearchRequest:
    """Return the same question with everything that was understood as a choice, and only the other words typed.

    What is left of the words must mean the same when it is read again ("open free now" without "free" would become
    "open now"), so such words are marked as plain ones. Needs an application context.
    """
    if request.rest is None:
        return request
    where = request.where or (request.place.key if request.place else "")
    return replace(
        request,
        q=request.rest,
        where=where,
        rest=None,
        understood=(),
        overruled=(),
        wants_near_me=False,
        as_words=_kept_plain(request.rest, request.as_words, has_where=bool(where)),
    )


def _kept_plain(rest: str, as_words: tuple[str, ...], *, has_where: bool) -> tuple[str, ...]:
    known = known_now(has_where=has_where)
    for _ in range(MOST_WORDS):
        found = understand(rest, as_words=as_words, known=known).read
        if not found:
            break
        as_words = (*as_words, *found)
    return those_in(rest, as_words)


def taken_back(request: SearchRequest, words: str) -> SearchRequest:
    """Return the question in whose address a stretch of words is marked as plain words. Not read anew."""
    return replace(only_chosen(request), as_words=(*request.as_words, words), page=1, problems=())


def those_in(q: str, pieces: Iterable[str]) -> tuple[str, ...]:
    """Return those stretches of words that stand in a question, each once."""
    keys = keys_of(q)
    found: dict[tuple[str, ...], str] = {}
    for piece in pieces:
        wanted = keys_of(piece)
        if wanted and any(keys[at : at + len(wanted)] == wanted for at in range(len(keys))):
            found.setdefault(wanted, piece)
    return tuple(found.values())
