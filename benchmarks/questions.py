"""What made-up visitors ask: seeded, in the words of the listings, with slips of the finger."""

from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import TypeAlias
from urllib.parse import urlencode

from benchmarks import listings, town, words
from portal.search.results import COST_CHOICES, DAY_CHOICES, TIME_CHOICES

Question: TypeAlias = dict[str, list[str]]

PAGES, PAGES_SEED = 60, 51
SLIPS = 0.12
RADII = ("0.5", "1", "3", "5")
# How many filters somebody sets, and which ones more often than others.
FILTER_COUNTS = {1: 50, 2: 35, 3: 15}
FILTERS = {
    "category": 4, "need": 4, "day": 5, "time": 3, "cost": 4, "access": 2, "for": 2, "language": 1, "kind": 2,
    "open_now": 1, "age": 2,
}  # fmt: skip


def ask_words(rng: Random) -> Question:
    """Return a question of one word to three: mostly what groups do, sometimes with a place, sometimes a rare name."""
    return _words(rng, _theme(rng))


def ask_plainly(rng: Random) -> tuple[tuple[str, ...], float, float]:
    """Return one word or two that groups use, without slips, and a position in degrees near a centre."""
    theme = _theme(rng)
    said = rng.choice(theme.names).lower().replace(",", "").replace("’", "").split()
    start = rng.randrange(len(said))
    latitude, longitude = town.scatter(rng, town.draw_centre(rng))
    return tuple(said[start : start + rng.choice((1, 1, 2))]), latitude, longitude


def ask_words_place_filters(rng: Random) -> Question:
    """Return a question of words, a place with a radius, and one filter to three that belong to what is asked."""
    theme = _theme(rng)
    return {**_words(rng, theme), **_place(rng), **_filters(rng, theme)}


def ask_place_filters(rng: Random) -> Question:
    """Return a question without words: a place with a radius, and mostly one filter to three."""
    return {**_place(rng), **(_filters(rng, _theme(rng)) if rng.random() < 0.8 else {})}


def ask_anything(rng: Random) -> Question:
    """Return a question as visitors mix them: words alone, words with place and filters, or only the latter."""
    return rng.choices((ask_words, ask_words_place_filters, ask_place_filters), (40, 40, 20))[0](rng)


def make_questions(ask: Callable[[Random], Question], count: int, seed: int) -> list[Question]:
    """Return so many questions of one sort, the same ones for the same seed."""
    rng = Random(seed)
    return [ask(rng) for _ in range(count)]


def result_addresses() -> list[str]:
    """Return the addresses of the results that are asked for over HTTP, the same ones every time."""
    asked = make_questions(ask_anything, PAGES, PAGES_SEED)
    return [f"/services?{urlencode(question, doseq=True)}" for question in asked]


def new_addresses(count: int, seed: int) -> list[str]:
    """Return so many addresses of results, none of them twice, the same ones for the same seed."""
    rng, found = Random(seed), dict[str, None]()
    while len(found) < count:
        found[f"/services?{urlencode(ask_anything(rng), doseq=True)}"] = None
    return list(found)


def rendered_addresses() -> list[str]:
    """Return the addresses at which `render_only` serves the same pages, only rendered."""
    return [f"/rendered/{number}" for number in range(PAGES)]


def _slip(rng: Random, word: str) -> str:
    """Leave a letter out, swap two, or double one."""
    if len(word) < 5:
        return word
    at = rng.randrange(1, len(word) - 2)
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at] + word[at:],
    )
    return rng.choice(slips)


def _theme(rng: Random) -> words.Theme:
    return rng.choices(words.THEMES, [theme.share for theme in words.THEMES])[0]


def _words(rng: Random, theme: words.Theme) -> Question:
    said = (rng.choice(theme.names) if rng.random() < 0.7 else rng.choice(theme.says)).lower().replace(",", "").split()
    start = rng.randrange(len(said))
    chosen = said[start : start + rng.choice((1, 1, 2, 2, 3))]
    if rng.random() < 0.1:
        chosen.append(rng.choice(town.CENTRES).name.lower())
    if rng.random() < 0.1:
        chosen = [words.draw_skewed(rng, _rare_words()).lower()]
    return {"q": [" ".join(_slip(rng, word) if rng.random() < SLIPS else word for word in chosen)]}


@cache
def _rare_words() -> list[str]:
    """The rare words that the listings hold most often: they are the first that their seed draws."""
    return words.make_rare_words(Random(listings.SEED), 200)


def _place(rng: Random) -> Question:
    centre = town.draw_centre(rng)
    near = f"{centre.latitude:.3f},{centre.longitude:.3f}"
    radius = {"radius": [rng.choice(RADII)]} if rng.random() < 0.5 else {}
    return {"where": [rng.choice((centre.name, centre.outcode, near))], **radius}


def _filters(rng: Random, theme: words.Theme) -> Question:
    offered: dict[str, Sequence[str]] = {
        "category": theme.categories,
        "need": theme.needs,
        "day": DAY_CHOICES,
        "time": TIME_CHOICES,
        "cost": COST_CHOICES,
        "access": ("step-free", "accessible-toilet", "near-bus-stop", "hearing-loop"),
        "for": theme.audiences or ("older-people",),
        "language": ("en", *words.LANGUAGES[:3]),
        "kind": (theme.kind,),
        "open_now": ("1",),
        "age": ("9", "17", "24", "45", "68", "82"),
    }
    count = rng.choices(list(FILTER_COUNTS), list(FILTER_COUNTS.values()))[0]
    names = dict.fromkeys(rng.choices(list(FILTERS), list(FILTERS.values()), k=count))
    return {name: [rng.choice(offered[name])] for name in names}
