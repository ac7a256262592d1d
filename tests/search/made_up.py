"""Documents and requests drawn by lot with a fixed seed, small enough for the oracle and full of corners."""

import datetime as dt
import random
import uuid

from portal.directory.index_queries import Rule, Term
from portal.directory.models import Capacity, Frequency, Taxonomy
from portal.geo.place import Place, Precision
from portal.search.documents import Document, Venue
from portal.search.results import COST_CHOICES, DAY_CHOICES, SORTS, TIME_CHOICES, SearchRequest
from portal.search.text.synonyms import Meant

CATEGORIES, NEEDS = ("moving", "food", "company", "learning"), ("loneliness", "falls", "money", "warm-home")
AUDIENCES, ACCESS = ("men", "women", "older-people"), ("step-free", "lift", "hearing-loop", "bsl")
LANGUAGES, KINDS = ("en", "yo", "vi"), ("activity", "service", "place", "volunteering")
_ALL = """
chair yoga library libraries lewisham physical activity activities gardening garden gardens food mood warm welcome lunch
club clubs singing sing memory cafe café carers caring computer commuter colour centre counselling foodbank food bank
"""
WORDS = tuple(_ALL.split())
TYPED = (*WORDS, "libary", "gardning", "yoag", "phyzical", "activiti", "singin", "club", "zzzz", "comuter", "memroy")
# What people say, with what it means; and ways in which they say it.
SAID = {
    ("skint",): Meant(needs=("money",), phrases=(("food", "bank"),)),
    ("gran", "keeps", "falling"): Meant(needs=("falls",)),
    ("gran",): Meant(phrases=(("carers",),)),
    ("somewhere", "warm"): Meant(needs=("warm-home",), phrases=(("warm", "welcome"), ("out", "and", "about"))),
    ("food", "bank"): Meant(phrases=(("foodbank",),), categories=("food",)),
    ("on", "my", "own"): Meant(needs=("loneliness",), phrases=(("lunch", "clubs"),)),
    ("singalong",): Meant(phrases=(("singing", "club"),), categories=("company",)),
    ("warm", "and", "welcome"): Meant(phrases=(("garden",),)),
    ("welcome", "memories"): Meant(needs=("money",)),
}
PHRASED = (
    "skint", "skimt", "grans keep on falling", "gran", "somewhere that is warm", "foodbanks", "food bank", "on my own",
    "sing along", "warm welcome", "welcome memory", "lunchclub", "gardenclubs", "food banks", "color", "center",
    "counseling", "the library", "for the", "memory of a cafe", "sing a long", "somewere warm", "falling",
    "gar den", "lib rary",
)  # fmt: skip
AREAS = tuple(uuid.UUID(int=number) for number in (901, 902, 903))
TERMS = {
    uuid.UUID(int=number): Term(taxonomy, slug, slug, "", (slug,))
    for number, (taxonomy, slug) in enumerate(
        [(Taxonomy.CATEGORY, slug) for slug in CATEGORIES]
        + [(Taxonomy.NEED, slug) for slug in NEEDS]
        + [(Taxonomy.AUDIENCE, slug) for slug in AUDIENCES]
        + [(Taxonomy.ACCESS, slug) for slug in ACCESS]
    )
}


class Lot:
    """Draws things. `today` is the London day around which dates are drawn."""

    def __init__(self, seed: int, today: dt.date) -> None:
        self.random = random.Random(seed)
        self.today = today

    def some(self, values: tuple[str, ...], chance: float) -> frozenset[str]:
        return frozenset(value for value in values if self.random.random() < chance)

    def rule(self) -> Rule:
        r = self.random
        hour = r.choice((None, 6, 9, 10, 11, 13, 16, 18, 22))
        opens = None if hour is None else dt.time(hour, r.choice((0, 15, 30, 45)))
        length = r.choice((None, 30, 60, 90, 180, 300))
        closes = None
        if opens is not None and length is not None:
            closes = (dt.datetime.combine(self.today, opens) + dt.timedelta(minutes=length)).time()
        frequency = r.choices((Frequency.WEEKLY, Frequency.MONTHLY, Frequency.ONCE, Frequency.DAILY), (6, 2, 2, 1))[0]
        day = r.choice(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))
        by_day = {Frequency.MONTHLY: f"{r.choice((1, 2, -1))}{day}", Frequency.WEEKLY: r.choice((day, f"{day},MO"))}
        near = self.today + dt.timedelta(days=r.randint(-30, 120))
        return Rule(
            frequency=frequency,
            interval=2 if frequency is Frequency.WEEKLY and r.random() < 0.2 else 1,
            by_day=by_day.get(frequency, ""),
            by_month_day="",
            starts_on=near if frequency is Frequency.ONCE else self.today - dt.timedelta(days=r.randint(0, 400)),
            valid_from=near if r.random() < 0.1 and frequency is not Frequency.ONCE else None,
            valid_to=near + dt.timedelta(days=60) if r.random() < 0.1 and frequency is not Frequency.ONCE else None,
            opens_at=opens,
            closes_at=closes,
            except_on=tuple((self.today + dt.timedelta(days=ahead)).isoformat() for ahead in r.sample(range(20), 2)),
            also_on=((self.today + dt.timedelta(days=r.randint(0, 90))).isoformat(),) if r.random() < 0.1 else (),
            not_on_bank_holidays=r.random() < 0.2,
            term_time_only=r.random() < 0.1,
        )

    def venue(self, number: int, access: frozenset[str]) -> Venue:
        r = self.random
        kind = r.choices(("physical", "confidential", "virtual", "lost"), (8, 1, 1, 1))[0]
        position = (51_456_600 + r.randint(-40_000, 40_000), -11_800 + r.randint(-60_000, 60_000))
        return Venue(
            number=None if kind == "confidential" else number,
            position=position if kind == "physical" else None,
            is_physical=kind in {"physical", "lost"},
            access=access | self.some(ACCESS, 0.4),
            rules=tuple(dict.fromkeys(self.rule() for _ in range(r.choice((0, 1, 1, 2))))),
        )

    def document(self, number: int) -> Document:
        r = self.random
        access = self.some(ACCESS, 0.1)
        venues = tuple(self.venue(number * 10 + place, access) for place in range(r.choice((0, 1, 1, 1, 2, 3))))
        nowhere = Venue(access=access, rules=tuple(self.rule() for _ in range(r.choice((0, 1)))))
        least = r.choice((None, None, 0, 16, 50, 60))
        name = " ".join(r.sample(WORDS, r.choice((1, 2, 2, 3)))).replace("é", "e")
        texts = (name, *(" ".join(r.choices(WORDS, k=count)).replace("é", "e") for count in (2, 2, 4, 2, 8)))
        return Document(
            id=uuid.UUID(int=r.getrandbits(128)),
            name=name.title(),
            organisation="Group",
            texts=texts,
            kind=r.choice(KINDS),
            is_closed_for_now=r.random() < 0.07,
            is_thin=r.random() < 0.2,
            venues=venues or (nowhere,),
            categories=self.some(CATEGORIES, 0.4),
            needs=tuple(r.sample(NEEDS, r.choice((0, 1, 2, 2, 3)))),
            audiences=self.some(AUDIENCES, 0.3),
            languages=self.some(LANGUAGES, 0.4),
            areas=frozenset(area for area in AREAS if r.random() < 0.1),
            costs=self.some(COST_CHOICES, 0.4),
            minimum_age=least,
            maximum_age=r.choice((None, (least or 0) + 9, (least or 0) + 40)),
            capacity=r.choice((None, *Capacity)),
            confirmed_on=r.choice((None, self.today - dt.timedelta(days=r.randint(0, 500)))),
        )

    def documents(self, count: int) -> list[Document]:
        return [self.document(number) for number in range(1, count + 1)]

    def place(self) -> Place:
        r = self.random
        return Place(
            asked="x",
            key="x",
            name="x",
            latitude=51.4566 + r.uniform(-0.03, 0.03),
            longitude=-0.0118 + r.uniform(-0.05, 0.05),
            precision=Precision.STREET,
        )

    def few(self, values: tuple[str, ...], chance: float) -> tuple[str, ...]:
        return tuple(self.random.sample(values, self.random.choice((1, 1, 2)))) if self.random.random() < chance else ()

    def request(self) -> SearchRequest:
        r = self.random
        typed = TYPED if r.random() < 0.6 else TYPED + 2 * PHRASED
        words = " ".join(r.sample(typed, r.choice((1, 1, 2)))).replace("é", "e") if r.random() < 0.5 else ""
        return SearchRequest(
            q=words,
            place=self.place() if r.random() < 0.6 else None,
            radius=r.choice((0.5, 1.0, 2.0, 5.0)),
            categories=self.few(CATEGORIES, 0.2),
            needs=self.few(NEEDS, 0.2),
            kinds=self.few(KINDS, 0.15),
            days=self.few(DAY_CHOICES, 0.25),
            times=self.few(TIME_CHOICES, 0.2),
            on=self.today + dt.timedelta(days=r.choice((0, 1, 3, 7, 33, 34, 35, 60, 110)))
            if r.random() < 0.15
            else None,
            open_now=r.random() < 0.08,
            not_on_bank_holidays=r.random() < 0.1,
            age=r.choice((0, 17, 60, 95)) if r.random() < 0.2 else None,
            costs=self.few(COST_CHOICES, 0.15),
            access=self.few(ACCESS, 0.2),
            audiences=self.few(AUDIENCES, 0.15),
            languages=self.few(LANGUAGES, 0.15),
            sort=r.choice(SORTS),
        )
