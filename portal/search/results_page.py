"""What stands round the results: the question in words, chips that take a part of it away, filters with counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.core.wording import DAYS, count_in_words, day_in_words, list_in_words, miles_in_words
from portal.directory.languages import language_name
from portal.directory.models import Taxonomy, TaxonomyTerm
from portal.geo.place import Precision
from portal.search.results import (
    COST_CHOICES,
    DAY_CHOICES,
    DEFAULT_RADIUS,
    RADIUS_CHOICES,
    TIME_CHOICES,
    Problem,
    Results,
    SearchRequest,
)

DAY_NAMES = dict(zip(DAY_CHOICES, (*DAYS, "Any weekday", "At the weekend"), strict=True))
TIME_NAMES = dict(zip(TIME_CHOICES, ("Morning", "Afternoon", "Evening"), strict=True))
COST_NAMES = dict(zip(COST_CHOICES, ("Free", "Pay what you can", "Up to £5"), strict=True))
KIND_NAMES = {
    "activity": "Groups and activities",
    "service": "Help and advice",
    "place": "Places to go",
    "volunteering": "Volunteering",
}
SORT_NAMES = {
    "relevance": "Best match",
    "distance": "Nearest first",
    "soonest": "Soonest first",
    "confirmed": "Newly confirmed",
    "name": "Name, A to Z",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One thing that was asked for: in which filter, and in words ("day", "Tuesday")."""

    filter: str
    value: str
    label: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group of filters; options are (value, label, count or None, whether it is chosen)."""

    title: str
    name: str
    options: Sequence[tuple[str, str, int | None, bool]]
    hint: str = ""

    @property
    def is_open(self) -> bool:
        """Say whether something in it is chosen."""
        return any(chosen for _value, _label, _count, chosen in self.options)


class Names:
    """The words for every value that a filter can have."""

    def __init__(self, terms: Mapping[Taxonomy, Sequence[TaxonomyTerm]], languages: Sequence[str] = ()) -> None:
        """Take the terms of the four lists, and the codes of the languages on offer."""
        spoken = sorted(((code, language_name(code)) for code in languages), key=lambda pair: pair[1])
        self._names: dict[str, dict[str, str]] = {
            "day": DAY_NAMES,
            "time": TIME_NAMES,
            "cost": COST_NAMES,
            "kind": KIND_NAMES,
            "language": dict(spoken),
        }
        lists = {
            "category": Taxonomy.CATEGORY,
            "need": Taxonomy.NEED,
            "for": Taxonomy.AUDIENCE,
            "access": Taxonomy.ACCESS,
        }
        self._retired = set()
        for name, taxonomy in lists.items():
            of_list = terms.get(taxonomy, ())
            self._names[name] = {term.slug: term.shown_as for term in of_list}
            self._retired |= {(name, term.slug) for term in of_list if not term.is_offered}

    def of(self, name: str) -> Mapping[str, str]:
        """Return the words for the values of one filter that are offered, in their order."""
        return {value: words for value, words in self._names[name].items() if (name, value) not in self._retired}

    def say(self, name: str, value: str) -> str:
        """Return the words for one value; the value itself when it is not known."""
        return self._names[name].get(value) or (language_name(value) if name == "language" else value)


def chosen(request: SearchRequest) -> dict[str, tuple[str, ...]]:
    """Return the values that are chosen in each filter with several choices, by its name in the address."""
    return {
        "category": request.categories,
        "need": request.needs,
        "kind": request.kinds,
        "day": request.days,
        "time": request.times,
        "cost": request.costs,
        "access": request.access,
        "for": request.audiences,
        "language": request.languages,
    }


_LABELS = {
    "category": "kind",
    "need": "help with",
    "kind": "looking for",
    "day": "day",
    "time": "time",
    "cost": "cost",
    "access": "getting in",
    "for": "for",
    "language": "language",
}


def parts_of(request: SearchRequest, names: Names) -> list[Part]:
    """Return everything that was asked for, in words, in the order in which people say it."""
    parts = []
    if request.words:
        parts.append(Part(filter="q", value=request.words, label="words", text=request.words))
    for name, values in chosen(request).items():
        parts += [
            Part(filter=name, value=one, label=_LABELS[name], text=_said(name, names.say(name, one))) for one in values
        ]
    if request.on:
        parts.append(Part(filter="on", value=request.on.isoformat(), label="on", text=day_in_words(request.on)))
    if request.open_now:
        parts.append(Part(filter="open_now", value="1", label="open", text="now"))
    if request.not_on_bank_holidays:
        parts.append(Part(filter="bank_holidays", value="no", label="not on", text="bank holidays"))
    if request.age is not None:
        parts.append(Part(filter="age", value=str(request.age), label="age", text=str(request.age)))
    if request.place:
        parts.append(Part(filter="where", value=request.where, label="near", text=request.place.name))
        if request.radius != DEFAULT_RADIUS:
            text = miles_in_words(request.radius)
            parts.append(Part(filter="radius", value=f"{request.radius:g}", label="within", text=text))
    return parts


def _said(name: str, words: str) -> str:
    """Return the words for a value as they read in the middle of a sentence."""
    return f"{words[:1].lower()}{words[1:]}" if name in {"time", "cost"} or words == DAY_NAMES["weekend"] else words


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A stretch of words that was read as a filter, or as several ("tonight"): as typed, and what it was taken for."""

    words: str
    text: str

    @property
    def is_said_so(self) -> bool:
        """Say whether what it was taken for is just what was typed, so that it need not be said twice."""
        return self.words.casefold() == self.text.casefold()


def taken_for(request: SearchRequest) -> list[Taken]:
    """Return what was read out of the words, in the order of the words."""
    labels: dict[str, list[str]] = {}
    for piece in request.understood:
        labels.setdefault(piece.words, []).append(piece.label)
    return [Taken(words=words, text=list_in_words(said)) for words, said in labels.items()]


def hint_about_place(request: SearchRequest) -> str:
    """Return a kind word where "near me" or a distance was typed and nobody knows near what; else ""."""
    is_far = any(piece.filter == "radius" for piece in request.understood)
    if request.place or request.where or not (request.wants_near_me or is_far):
        return ""
    return "Tell us where, and the nearest things come first: write a postcode or a place under “Where”."


def asked_in_words(request: SearchRequest, names: Names) -> str:
    """Return the question on one line, for the title: "“chair yoga”, Tuesday, near SE6 4RU, Catford"."""
    said = {
        "q": "“{}”",
        "where": "near {}",
        "radius": "within {}",
        "open_now": "open now",
        "age": "age {}",
        "on": "on {}",
        "bank_holidays": "not on {}",
    }
    return ", ".join(said.get(part.filter, "{}").format(part.text) for part in parts_of(request, names))


def headline(results: Results, *, is_asked: bool) -> str:
    """Return the heading of the results: "14 things match", or "404 things to choose from" when nothing was asked."""
    if not is_asked:
        return f"{count_in_words(results.total, 'thing')} to choose from"
    if not results.total:
        return "Nothing matches all of that"
    return f"{count_in_words(results.total, 'thing')} {'matches' if results.total == 1 else 'match'}"


def groups_of(results: Results, names: Names) -> list[Group]:
    """Return the groups of filters with counts. A value that would find nothing is left out unless it is chosen."""
    titles = {
        "day": "Day",
        "time": "Time of day",
        "cost": "Cost",
        "need": "Help with",
        "category": "Kind",
        "kind": "Looking for",
        "access": "Getting in and taking part",
        "for": "Who it is for",
        "language": "Language",
    }
    picked = chosen(results.request)
    groups = []
    for name, title in titles.items():
        counts = results.facets.get(name)
        named = dict(names.of(name)) | {value: names.say(name, value) for value in picked[name]}
        options = [
            (value, words, None if counts is None else counts.get(value, 0), value in picked[name])
            for value, words in named.items()
        ]
        options = [option for option in options if option[2] != 0 or option[3]]
        if options:
            hint = "Groups that did not say are shown to everyone." if name == "for" else ""
            groups.append(Group(title=title, name=name, options=options, hint=hint))
    return groups


def radius_choices(radius: float) -> list[tuple[str, str]]:
    """Return the distances on offer, with the one in use among them."""
    return [(f"{miles:g}", f"Within {_miles(miles)}") for miles in sorted({*RADIUS_CHOICES, radius})]


def sort_choices(request: SearchRequest) -> list[tuple[str, str]]:
    """Return the orders on offer; by distance only where a place is known."""
    return [(key, words) for key, words in SORT_NAMES.items() if key != "distance" or request.place]


def place_in_words(request: SearchRequest) -> str:
    """Return how exactly the place is known: "Miles are counted from SE13 6: to about half a mile.", or "".

    Where only a part of a postcode is known, that is said first.
    """
    place = request.place
    if place is None:
        return ""
    asked, known = (text.upper().replace(" ", "") for text in (place.asked, place.name))
    is_part = place.precision in {Precision.SECTOR, Precision.OUTCODE} and not known.startswith(asked)
    unknown = f"We do not know {place.asked} itself. " if is_part else ""
    return f"{unknown}Miles are counted from {place.name}: {place.precision.value}."


def problems_of(request: SearchRequest) -> list[Problem]:
    """Return what could not be used. A place that is not known is asked back, with the nearest that is."""
    problems = list(request.problems)
    if request.unknown_place and not any(problem.field == "where" for problem in problems):
        problems.append(Problem(field="where", message=f"We do not know {request.unknown_place.asked}."))
    return problems


def linked(problems: Sequence[Problem], groups: Sequence[Group], request: SearchRequest) -> list[Problem]:
    """Return problems that each point at something on the page: their field, or the results where it is not shown."""
    shown = {"q", "where", "on", "age", "sort", "open_now", "bank_holidays", *(group.name for group in groups)}
    if request.place:
        shown.add("radius")
    return [one if one.field in shown else Problem(field="results", message=one.message) for one in problems]


def count_chosen(request: SearchRequest) -> int:
    """Return how many filters are set, beside words and place."""
    single = [request.on, request.open_now or None, request.not_on_bank_holidays or None, request.age]
    return sum(len(values) for values in chosen(request).values()) + sum(one is not None for one in single)


def _miles(miles: float) -> str:
    return "half a mile" if miles == 0.5 else miles_in_words(miles)
