"""What is read out of the words, what is left alone, and that reading never loses, invents or stops anything."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core import clock
from portal.directory import calendar
from portal.directory.languages import NAMES
from portal.geo import gazetteer, postcodes
from portal.geo.place import Place, Precision
from portal.search.understanding.question import understand
from portal.search.understanding.shapes import Known, Understanding
from portal.search.understanding.typed import keys_of

# Names that the directory of this test knows.
LISTED = (
    "tuesday club", "friday night project", "warm welcome mornings", "morning worship", "smoke free lewisham",
    "sing lewisham", "knit and natter catford", "the evening ring", "saturday best", "free to be me", "sunday tea",
)  # fmt: skip
ACCESS = {"step-free", "hearing-loop", "bsl", "blue-badge-parking", "accessible-toilet", "quiet-space", "large-print"}


def find_place(text: str, is_bare: bool) -> Place | None:
    parsed = postcodes.parse_exactly(text)
    if parsed:
        spot, name = gazetteer.find_outcode(parsed.outcode), parsed.code
    else:
        spot = gazetteer.find_place(text)
        name = spot.name if spot else ""
        if is_bare and spot not in gazetteer.list_districts():
            return None
    if spot is None:
        return None
    return Place(asked=text, key=name, name=name, latitude=spot.latitude, longitude=spot.longitude,
                 precision=Precision.PLACE)  # fmt: skip


def is_phrase(words: Sequence[str]) -> bool:
    return any(f" {' '.join(words)} " in f" {name} " for name in LISTED)


def ask(q: str, *as_words: str, has_where: bool = False) -> Understanding:
    known = Known(
        today=clock.today(),
        calendar=calendar.shipped(),
        knows=lambda name, value: value in (NAMES if name == "language" else ACCESS),
        label=lambda _name, value: value,
        find_place=find_place,
        is_phrase=is_phrase,
        is_crisis=lambda text: "end it all" in text or "go on" in text,
        has_where=has_where,
    )
    return understand(q, as_words=as_words, known=known)


def said(found: Understanding) -> str:
    """All that was understood, as "day=tue time=morning"."""
    return " ".join(f"{piece.filter}={piece.value}" for piece in found.pieces)


# It is Monday 23 November 2026. What is typed | what is left | what was understood.
READ = """
chair yoga tuesday morning se6 free | chair yoga | day=tue time=morning where=SE6 cost=free
yoga monday | yoga | day=mon
yoga mondays | yoga | day=mon
yoga on mondays | yoga | day=mon
every Thursday bingo | bingo | day=thu
lunch club on tues | lunch club | day=tue
yoga weds | yoga | day=wed
yoga sat | yoga | day=sat
yoga sun morning | yoga | day=sun time=morning
yoga mon or wed | yoga | day=mon day=wed
yoga monday and wednesday | yoga | day=mon day=wed
tuesday/thursday yoga | yoga | day=tue day=thu
mon-fri lunch | lunch | day=weekday
lunch monday to friday | lunch | day=weekday
lunch monday to wednesday | lunch | day=mon day=tue day=wed
football sat to sun | football | day=sat day=sun
swimming weekends | swimming | day=weekend
swimming at the weekend | swimming | day=weekend
what's on this weekend | | day=weekend
yoga weekdays | yoga | day=weekday
yoga on a weekday | yoga | day=weekday
lunch today | lunch | on=2026-11-23
what's on tomorrow | | on=2026-11-24
lunch tommorrow | lunch | on=2026-11-24
film tonight | film | on=2026-11-23 time=evening
choir tomorrow evening | choir | on=2026-11-24 time=evening
choir tomorrow night | choir | on=2026-11-24 time=evening
choir tomorrow afternoon | choir | on=2026-11-24 time=afternoon
stretching this morning | stretching | on=2026-11-23 time=morning
lunch this friday | lunch | on=2026-11-27
lunch this monday | lunch | on=2026-11-23
lunch next tuesday | lunch | on=2026-12-01
lunch next monday | lunch | on=2026-11-30
lunch on 24 november | lunch | on=2026-11-24
lunch 24th nov | lunch | on=2026-11-24
lunch 24th of November 2026 | lunch | on=2026-11-24
lunch tuesday 24 november | lunch | on=2026-11-24
lunch november 24 | lunch | on=2026-11-24
lunch 24/11 | lunch | on=2026-11-24
lunch on 1/12 | lunch | on=2026-12-01
lunch 24/11/2026 | lunch | on=2026-11-24
lunch 24.11.26 | lunch | on=2026-11-24
lunch 2026-11-24 | lunch | on=2026-11-24
lunch 3 march | lunch | on=2027-03-03
dinner christmas day | dinner | on=2026-12-25
open boxing day | | on=2026-12-26
party on new year's eve | party | on=2026-12-31
walk new years day | walk | on=2027-01-01
food good friday | food | on=2027-03-26
food easter sunday | food | on=2027-03-28
food easter monday | food | on=2027-03-29
food bank open on bank holidays | food bank | on=2026-12-25
food bank not on bank holidays | food bank | bank_holidays=no
choir tuesdays except bank holidays | choir | day=tue bank_holidays=no
stretching mornings | stretching | time=morning
stretching in the morning | stretching | time=morning
football evenings | football | time=evening
english in the evening | english | time=evening
choir after work | choir | time=evening
swimming after school | swimming | time=afternoon
choir after 6 | choir | time=evening
choir after 5pm | choir | time=evening
choir after 5.30pm | choir | time=evening
choir after 18:00 | choir | time=evening
choir after 3 | choir | time=afternoon time=evening
choir before lunch | choir | time=morning
choir before 10am | choir | time=morning
choir before 3pm | choir | time=morning time=afternoon
choir at 2pm | choir | time=afternoon
choir 10am | choir | time=morning
concert lunchtime | concert | time=afternoon
friday night football | football | day=fri time=evening
yoga tuesday am | yoga | day=tue time=morning
pharmacy open now | pharmacy | open_now=1
pharmacy open right now | pharmacy | open_now=1
somewhere warm now | somewhere warm | open_now=1
cafe open late | cafe | time=evening
library open today | library | on=2026-11-23
library open on sundays | library | day=sun
choir SE13 6LG | choir | where=SE13 6LG
choir se136lg | choir | where=SE13 6LG
se6 choir | choir | where=SE6
choir near se6 | choir | where=SE6
choir in SE6, free | choir | where=SE6 cost=free
dementia café catford | dementia café | where=Catford
dementia café in Catford | dementia café | where=Catford
dementia café catford tuesday | dementia café | where=Catford day=tue
in catford choir | choir | where=Catford
catford | | where=Catford
choir near lewisham station | choir | where=Lewisham station
choir by hilly fields | choir | where=Hilly Fields
choir around forest hill for men | choir for men | where=Forest Hill
choir hither green | choir | where=Hither Green
choir near St John's | choir | where=St Johns
choir within 2 miles | choir | radius=2
choir within a mile of catford | choir | radius=1 where=Catford
choir within half a mile of lewisham station | choir | radius=0.5 where=Lewisham station
choir within walking distance | choir | radius=0.5
choir within 1 km of se6 | choir | radius=0.6 where=SE6
choir within 5km | choir | radius=3.1
choir 10 minutes walk | choir | radius=0.5
choir free | choir | cost=free
free counselling | counselling | cost=free
free legal advice | legal advice | cost=free
yoga for free | yoga | cost=free
yoga free of charge | yoga | cost=free
yoga no cost | yoga | cost=free
yoga for nothing | yoga | cost=free
yoga by donation | yoga | cost=donation
yoga donation | yoga | cost=donation
yoga pay what you can | yoga | cost=donation
cheap lunch | lunch | cost=up-to-5
low-cost counselling | counselling | cost=up-to-5
lunch under £5 | lunch | cost=up-to-5
lunch up to 5 pounds | lunch | cost=up-to-5
lunch for under a fiver | lunch | cost=up-to-5
lunch for my 82 year old mum | lunch for my mum | age=82
lunch for my 82-year-old mum | lunch for my mum | age=82
football aged 12 | football | age=12
football 14 yo | football | age=14
football 14yo | football | age=14
lunch over 60s | lunch | age=60
lunch club for over 65 | lunch club | age=65
lunch club for the over-65s | lunch club | age=65
lunch 60+ | lunch | age=60
lunch 60 plus | lunch | age=60
playgroup under 5s | playgroup | age=4
playgroup for under-fives | playgroup | age=4
advice in Polish | advice | language=pl
Somali speaking carers | carers | language=so
Somali-speaking carers | carers | language=so
doctor who speaks Tamil | doctor | language=ta
advice polish speaker | advice | language=pl
yoga wheelchair access | yoga | access=step-free
yoga wheelchair | yoga | access=step-free
yoga for wheelchair users | yoga | access=step-free
activities on tuesdays |  | day=tue
yoga step free | yoga | access=step-free
cinema with a hearing loop | cinema | access=hearing-loop
theatre BSL interpreted | theatre | access=bsl
advice in bsl | advice | access=bsl
hall with disabled parking | hall | access=blue-badge-parking
advice large print | advice | access=large-print
chair yoga near me | chair yoga |
chair yoga nearby free | chair yoga | cost=free
yoga tuesday "not free" | yoga "not free" | day=tue
i'm homeless tonight | i'm homeless |
no food today near me | no food |
bailiffs coming tomorrow | bailiffs coming |
evicted on friday in Catford | evicted | where=Catford
i need help now | i need help |
want to end it all tonight | want to end it all |
free lunch for someone hungry today | lunch for someone hungry | cost=free
he is 14 football | football | age=14
tuesday -yoga | -yoga | day=tue
"""

# Left as it is, all of it.
LEFT = """
tuesday club; friday night project; warm welcome mornings; morning worship; coffee morning; coffee mornings
sunday school; sunday tea; saturday best; the evening ring; afternoon tea; evening meal; feel good friday
black friday; friends of free; gluten free; gluten-free; sugar free cakes; smoke free lewisham; drug free
free school meals; free to be me; free from; free time; crime-free; nut-free lunch; feel free; may; march
may day; a march for peace; the sun; sun cream; sat nav; vitamin b12; u3a; co2 alarm; ks2 maths; ps5; mp3; w1a; age uk
"tuesday"; -tuesday; "chair yoga tuesday"; “open now”; -"free lunch"; after school club; after-school club
before school clubs; after 6 weeks; after 5 years; before 2 months; 24/7; 1/2; 31/2; 99/99; 30 february
24 november 2020; open mind; open door; open day; open mic night; here and now; now what; until now
blood donation; clothes donation; food donation point; donations
under 10 pounds; under £10; in english; english speaking
polish food; in french cooking; wheelchair basketball; wheelchair; hire a wheelchair repair; wheelchair users
bsl classes; learn bsl
parking; friends of lewisham; transport to catford; sing lewisham; knit and natter catford; bruce lee
lewisham and deptford
lewisham hospital; deptford lounge; horniman museum; catford library; dads den; in the north; south east london; in need
weekend break; weekends away; toddler; teenagers; mum and baby; 12 steps; one two three; 5 a day; step-free-ish
local; lunch; night shelter; overnight stay; knights; freedom; freecycle; monday's-child club; free-range
im 10 grand in debt; i'm 2 payments behind on my rent; im 5 foot 2; i am 3 of 4; shes 20 weeks gone
"""


def rows(table: str) -> list[tuple[str, str, str]]:
    return [
        (parts[0].strip(), parts[1].strip(), parts[2].strip())
        for line in table.splitlines()
        if len(parts := line.split("|")) == 3
    ]


def left() -> list[str]:
    return [phrase.strip() for line in LEFT.splitlines() for phrase in line.split(";") if phrase.strip()]


@pytest.mark.parametrize(("q", "rest", "understood"), rows(READ), ids=lambda text: ascii(text)[:40])
def test_read(q: str, rest: str, understood: str) -> None:
    found = ask(q)
    assert (found.rest, sorted(said(found).split())) == (rest, sorted(understood.split()))


@pytest.mark.parametrize("q", left(), ids=lambda text: ascii(text)[:40])
def test_left_alone(q: str) -> None:
    found = ask(q)
    assert (found.rest, said(found), found.dropped) == (q, "", ())


def test_the_tables_are_long_enough() -> None:
    assert len(rows(READ)) >= 120
    assert len(left()) >= 40


def test_chips_say_it_in_plain_english() -> None:
    found = ask("chair yoga tuesday morning near se6 free over 60s next friday in polish within walking distance")
    assert [piece.label for piece in found.pieces] == [
        "Tuesdays", "mornings", "near SE6", "free", "age 60", "Friday 4 December", "in Polish", "within half a mile",
    ]  # fmt: skip
    assert ask("open on bank holidays").pieces[0].label == "the next bank holiday, Friday 25 December"


def test_what_was_taken_back_is_a_word() -> None:
    found = ask("chair yoga tuesday morning", "tuesday")
    assert (found.rest, said(found)) == ("chair yoga tuesday", "time=morning")
    assert ask("chair yoga tuesday morning", "Tuesday", "morning").rest == "chair yoga tuesday morning"
    assert said(ask("lunch next tuesday", "next tuesday")) == ""
    assert said(ask("lunch tuesday", "lunch next tuesday")) == "day=tue", "A stretch that is not there changes nothing."


def test_a_filter_that_holds_one_value_takes_the_first() -> None:
    found = ask("lunch today or tomorrow")
    assert (said(found), found.rest) == ("on=2026-11-23", "lunch or tomorrow")
    assert said(ask("choir se6 se13")) == "where=SE6"


def test_a_chosen_place_keeps_names_as_words() -> None:
    assert ask("choir catford", has_where=True).rest == "choir catford"
    assert ask("choir near catford", has_where=True).rest == "choir"


def test_words_of_crisis_stay_whole() -> None:
    """Else they would be lost with the next filter, and the numbers above the results with them."""
    assert ask("cannot go on tonight free").rest == "cannot go on tonight free"


def test_near_me_is_dropped_and_noticed() -> None:
    assert (ask("near me").rest, ask("near me").dropped) == ("", ("near me",))


HOSTILE = (
    "a " * 100, "tuesday " * 25, "9" * 200, "1/" * 100, "on on on " * 22, "\x00", "\ud800", "‮tuesday", "(" * 200,
    '"' * 200, "-" * 200, "the the " * 25, "near " * 40, "over over 9999 " * 13, "tuesday" * 1_500, "x" * 10_000,
    "for free of charge " * 1_000, "within 2 " * 22, "\N{COMBINING ACUTE ACCENT}" * 200, "ﬁ ½ ² ㎞ " * 25, "٣ miles",
)  # fmt: skip


@pytest.mark.parametrize("q", HOSTILE, ids=lambda text: ascii(text[:8]))
def test_hostile_words_are_read_quickly(q: str) -> None:
    before = time.thread_time()
    ask(q, *([q] * 5))
    ask(q)
    assert time.thread_time() - before < 0.15


PIECES = (
    *(word for q, _rest, _said in rows(READ) for word in q.split()), '"', "-", ",", "“", "on", "the", "and", "\u00a0",
    "free school meals", "coffee morning", "(", ")",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join)))
def test_nothing_is_lost_or_invented(q: str) -> None:
    found = ask(q)
    words = iter(keys_of(q))
    assert all(word in words for word in keys_of(found.rest)), "What is left are words that were typed, in their order."
    for stretch in found.read:
        assert stretch in q
    assert bool(found.read) or found.rest == q
    assert len({(piece.filter, piece.value) for piece in found.pieces}) == len(found.pieces)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_everything_can_be_taken_back(q: str) -> None:
    """Marking what was read as words, again and again, ends with the question as it was typed."""
    as_words: tuple[str, ...] = ()
    for _ in range(20):
        found = ask(q, *as_words)
        if not found.read:
            break
        as_words += found.read
    assert ask(q, *as_words).rest == q
