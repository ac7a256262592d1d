"""Taking text apart: one way for what is indexed, what is asked, and what is marked on the page."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from portal.search.constants import FIELD_WEIGHTS, LONGEST_WORD
from portal.search.index.stems import stem

# A word runs over apostrophes, which are dropped when it is folded: "can't" is one word, "cant".
WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
# Stands between two things within one field, so that no phrase runs from one into the next.
BREAK = "."
_APOSTROPHES = str.maketrans("", "", "'’ʼ")

# Words so common that they say nothing while there are others in the question.
_COMMON = """
a about all am an and any are as at be been but by can could did do does for from get had has have he her here hes him
his how i if im in into is it its ive just like me my near nearby need of on or our she shes so some that the their them
then there these they this to too up us want was we were what when where which who why will with would you your
"""
STOP_WORDS = frozenset(_COMMON.split())

# Words that say little: they count where they stand, and have to be there only when nothing else is asked. Whom it is
# about ("gran") says less than what is needed.
_LITTLE = """
activities activity adult adults after against anybody anyone around aunt auntie away bad because before being best
between big both boy broken cannot cant class classes club come company couldnt course courses cut dad daughter day
didnt doesnt dont down each easy elderly else even event events ever every everybody everyone father feel feeling few
fill filling find finding first friend friendly fun gets getting girl give gives giving go goes going good got gran
grandad granddad grandma grandmother granny grans great group groups have having help helped helping helps hes home
husband im information isnt issue issues ive keep keeping keeps kind know learn learning left less let like likes
local look looking lot lots made make makes making mam many meet meeting meetings meets more most mother much mum nan
nana nans needed needs neighbour new next nice not now oap oaps off old older one only open organisation organised
other over own partner pensioner pensioners people person persons place places please problem problems project proper
put quick really same scheme self seniors service services session sessions set shes show sister small somebody
someone something somewhere son sort start starting still stuff support take taking theyre thing things three through
time tips told trouble try trying two uncle until urgent use used useful user users using very wanted wants way ways
week while whole wife without wont workshop workshops year years
"""
SAYS_LITTLE = frozenset(_LITTLE.split())


def fold(text: str) -> str:
    """Return text in small letters without accents and apostrophes."""
    text = text.casefold().translate(_APOSTROPHES)
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def tokens(text: str) -> list[str]:
    """Return the folded words of a text in order, each cut to 40 letters."""
    return [word[:LONGEST_WORD] for word in WORD.findall(fold(text))]


def spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, folded word) for each word as it stands in a text."""
    for match in WORD.finditer(text):
        yield match.start(), match.end(), fold(match[0])[:LONGEST_WORD]


def name_key(words: Iterable[str]) -> str:
    """Return the telling words of a name in a fixed order, so that the same words give the same key."""
    found = set(words)
    return " ".join(sorted(found - STOP_WORDS or found))


def weigh(texts: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return (weights of words, weights of stems) of one service's folded fields, in the order of FIELD_WEIGHTS.

    Only stems that differ from their word are there; a word that is its own stem is found as a word.

    A word counts where it weighs most and counts once: saying it often, or everywhere, gains nothing. That makes
    "name over category over summary over description" a law instead of a tendency, and two libraries whose names both
    say "library" equal, so that the nearer one comes first.
    """
    exact: dict[str, float] = {}
    for text, weight in zip(texts, FIELD_WEIGHTS, strict=True):
        for word in text.split():
            if word != BREAK:
                exact.setdefault(word, weight)
    stems: dict[str, float] = {}
    for word, weight in exact.items():
        root = stem(word)
        if root != word and stems.get(root, 0.0) < weight:
            stems[root] = weight
    return exact, stems
