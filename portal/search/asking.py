"""From the words of an address to a question within its limits, and back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.directory.languages import NAMES
from portal.geo import queries as geo
from portal.geo.place import Place, UnknownPlace
from portal.search.asking_values import Asked, read_age, read_date, read_page, read_radius
from portal.search.constants import LONGEST_PLACE, LONGEST_QUESTION
from portal.search.engine import engine
from portal.search.results import (
    DAY_CHOICES,
    DEFAULT_RADIUS,
    SORTS,
    TIME_CHOICES,
    Problem,
    SearchRequest,
)
from portal.search.understanding.applying import LISTS, only_chosen, those_in, with_words_read

__all__ = ["LISTS", "VIEWS", "read_request", "to_args", "without"]

# Names in the address stand in their canonical order in LISTS and in `to_args`.
VIEWS = ("list", "map")
# A question has no more words than are worth taking back; each costs time wherever it is looked for.
MOST_TAKEN_BACK = 20
_UNKNOWN = "We do not know this choice, so we left it out."


def read_request(args: MultiDict[str, str]) -> SearchRequest:
    """Return the question that an address asks, its words read as a whole. What cannot be used becomes a Problem.

    Takes anything. Values that are out of range give way to the nearest sensible one. Needs an application context,
    since the place is looked up.
    """
    problems: list[Problem] = []
    asked = Asked(args, problems)
    vocabulary = engine().known().vocabulary
    q, where = asked.text("q", LONGEST_QUESTION), asked.text("where", LONGEST_PLACE)
    place, unknown = _place(where)
    lists: dict[str, Any] = {
        field: asked.values(name, _known(name, vocabulary.knows), _UNKNOWN) for name, field in LISTS.items()
    }
    chosen = SearchRequest(
        q=q,
        as_words=those_in(q, asked.texts("words", LONGEST_QUESTION)[:MOST_TAKEN_BACK]) if q else (),
        where=where,
        place=place,
        unknown_place=unknown,
        radius=read_radius(asked),
        on=read_date(asked),
        open_now=asked.text("open_now", 5).lower() in {"1", "on", "yes", "true"},
        not_on_bank_holidays=asked.text("bank_holidays", 5).lower() == "no",
        age=read_age(asked),
        sort=asked.one_of("sort", SORTS),
        view=asked.one_of("view", VIEWS),
        page=read_page(asked),
        problems=tuple(problems),
        **lists,
    )
    return with_words_read(chosen)


def _place(where: str) -> tuple[Place | None, UnknownPlace | None]:
    found = geo.find_place(where) if where else None
    return (found, None) if isinstance(found, Place) else (None, found)


def _known(name: str, knows: Callable[[str, str], bool]) -> Callable[[str], bool]:
    fixed: Mapping[str, Sequence[str]] = {"day": DAY_CHOICES, "time": TIME_CHOICES}
    if name in fixed:
        return lambda value: value in fixed[name]
    if name == "language":
        # A link that was kept stays right when nobody speaks the language just now.
        return lambda value: value in NAMES or knows(name, value)
    return lambda value: knows(name, value)


def to_args(request: SearchRequest) -> dict[str, list[str]]:
    """Return the words of the address of a question: in one order, without what is not said or is as usual.

    What was understood stays in the words as they were typed, and is understood again when the address is asked.
    """
    args: dict[str, list[str]] = {}
    request = only_chosen(request)

    def put(name: str, values: Iterable[str]) -> None:
        found = [value for value in values if value]
        if found:
            args[name] = found

    put("q", [request.q])
    put("words", request.as_words if request.q else [])
    put("where", [request.place.key if request.place else request.where])
    put("radius", [f"{request.radius:g}"] if request.radius != DEFAULT_RADIUS else [])
    for name, field in LISTS.items():
        put(name, getattr(request, field))
    put("on", [request.on.isoformat()] if request.on else [])
    put("open_now", ["1"] if request.open_now else [])
    put("bank_holidays", ["no"] if request.not_on_bank_holidays else [])
    put("age", [str(request.age)] if request.age is not None else [])
    put("sort", [request.sort] if request.sort != SORTS[0] else [])
    put("view", [request.view] if request.view != VIEWS[0] else [])
    put("page", [str(request.page)] if request.page != 1 else [])
    return args


def without(request: SearchRequest, name: str, value: str = "") -> SearchRequest:
    """Return the question with one value of a filter taken back, or the whole filter when no value is named.

    `name` is the filter's in the address. The page begins anew; a filter that does not exist changes nothing. Words
    that say the same are plain words from then on. Of a question whose words were read this is good for an address
    only, since they are not read again; `as_chosen` first, where it shall be answered.
    """
    fresh: dict[str, Any] = {"page": 1, "problems": ()}
    if name in LISTS:
        values = getattr(request, LISTS[name])
        fresh[LISTS[name]] = tuple(one for one in values if value and one != value)
    elif name == "where":
        fresh |= {"where": "", "place": None, "unknown_place": None, "radius": DEFAULT_RADIUS}
    elif name == "bank_holidays":
        fresh["not_on_bank_holidays"] = False
    else:
        defaults: dict[str, Any] = {"q": "", "radius": DEFAULT_RADIUS, "on": None, "open_now": False, "age": None,
                                    "sort": SORTS[0], "view": VIEWS[0]}  # fmt: skip
        fresh |= {name: defaults[name]} if name in defaults else {}
    said = [piece for piece in (*request.understood, *request.overruled) if piece.filter == name]
    same = [piece.words for piece in said if not value or piece.value == value]
    return replace(request, **fresh, as_words=tuple(dict.fromkeys((*request.as_words, *same))))
