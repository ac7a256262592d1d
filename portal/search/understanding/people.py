"""What it costs, how old somebody is, which language they speak and what they need to get in."""

import re

from portal.directory.languages import NAMES, code_of, language_name
from portal.search.constants import OLDEST
from portal.search.understanding.shapes import Known, Value

_FREE = Value("cost", "free", "free")
_PAY_WHAT_YOU_CAN = Value("cost", "donation", "pay what you can")
_UP_TO_FIVE = Value("cost", "up-to-5", "up to £5")


def _free(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [_FREE]


def _donation(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [_PAY_WHAT_YOU_CAN]


def _cheap(_match: re.Match[str], _known: Known) -> list[Value | None]:
    return [_UP_TO_FIVE]


def _up_to(match: re.Match[str], _known: Known) -> list[Value | None]:
    """Read up to five pounds; more would leave out what costs six, so it stays as it is."""
    return [_UP_TO_FIVE] if float(match["pounds"]) <= 5 else [None]


_COSTS = (
    (r"(?:(?:for|its|thats|is|are|totally) )?free(?: of charge| to attend| to join| entry| admission)?", _free),
    (r"(?:at |with )?no (?:cost|charge|fee)", _free),
    (r"(?:for nothing|costs? nothing|without paying|dont have to pay|not pay(?:ing)?)", _free),
    (r"(?:(?:by|for|with) )?(?:a )?(?:(?:small|suggested|voluntary) )?donation(?: only|[ -]based)?", _donation),
    (r"pay (?:what|as) (?:you|i|we) (?:can|like|want|feel|can afford)", _donation),
    (r"(?:cheap|cheaply|low[ -]cost|inexpensive)", _cheap),
    (r"(?:under|up to|less than|below|max|maximum|at most) £(?P<pounds>\d{1,3}(?:\.\d\d?)?)", _up_to),
    (r"(?:under|up to|less than|below|max|maximum|at most) (?P<pounds>\d{1,3}) (?:pounds?|quid)", _up_to),
    (r"£(?P<pounds>\d{1,3}) or (?:less|under)", _up_to),
    (r"(?:under|up to|less than) (?:a fiver|five pounds|five quid)", _cheap),
)  # fmt: skip

_SMALL = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "sixty": 60, "sixties": 60, "fives": 5,
          "ones": 1, "twos": 2, "threes": 3, "fours": 4, "fifty": 50, "fifties": 50, "tens": 10}  # fmt: skip
_COUNT = rf"(?P<age>\d{{1,3}}s?|{'|'.join(_SMALL)})"
_NOT_YEARS = r"(?! (?:pounds?|quid|miles?|minutes?|mins?|hours?|weeks?|months?|days?|people|km|percent)\b)"


def _age(years: int) -> list[Value | None]:
    return [Value("age", str(years), f"age {years}")] if 0 <= years <= OLDEST else [None]


def _years(text: str) -> int:
    return _SMALL[text] if text in _SMALL else int(text.rstrip("s"))


def _exact_age(match: re.Match[str], _known: Known) -> list[Value | None]:
    return _age(_years(match["age"]))


def _over(match: re.Match[str], _known: Known) -> list[Value | None]:
    """Read "over 60s" as somebody of 60, which is what groups of that name mean."""
    return _age(_years(match["age"]))


def _under(match: re.Match[str], _known: Known) -> list[Value | None]:
    """Read "under 5s" as somebody of 4."""
    return _age(_years(match["age"]) - 1)


_NUMBER = r"(?P<age>\d{1,3})"
# "I'm 10 grand in debt", "im 2 payments behind": a number that somebody says of themselves need not be their age.
_NOT_OLD = (
    r"(?! (?:grand|thousand|hundred|k|foot|feet|ft|stone|st|kilos?|kg|lbs?|of|out|times?|nights?|mornings?|kids?"
    r"|children|bills?|(?:\w+ )?payments?|rents?|behind|short|credits?|drinks?|pints?|units?|steps?|stops?)\b)"
)
_AGES = (
    (rf"{_NUMBER}[ -]?(?:years?|yrs?|yr)[ -](?:olds?|of age|young)", _exact_age),
    (rf"{_NUMBER} ?(?:yo|yos|yrs old)", _exact_age),
    (
        rf"(?:aged?|turning|whos|who is|she is|he is|shes|hes|im|i am) {_NUMBER}"
        rf"{_NOT_YEARS}{_NOT_OLD}(?! (?:to|and)\b)",
        _exact_age,
    ),
    (rf"(?:for )?(?:the )?over[ -](?:the )?{_COUNT}{_NOT_YEARS}", _over),
    (r"(?:for )?(?P<age>\d{2})\+", _over),
    (r"(?:for )?(?P<age>\d{2}) (?:plus|and over|or over|and above)", _over),
    (rf"(?:for )?(?:the )?under[ -](?:the )?{_COUNT}{_NOT_YEARS}", _under),
)


def _language_pattern() -> str:
    """All names of languages but English: a class "in English" is mostly one to learn it."""
    names = {name.lower() for name in NAMES.values() if "(" not in name}
    names |= {"bangla", "mandarin", "dari", "persian", "filipino", "panjabi", "farsi"}
    return "|".join(sorted(names - {"english", "british sign language"}, key=len, reverse=True))


def _language(match: re.Match[str], known: Known) -> list[Value | None]:
    code = code_of(match["language"])
    if code is None or not known.knows("language", code):
        return [None]
    return [Value("language", code, f"in {language_name(code)}")]


_LANGUAGES = (
    (rf"in (?P<language>{_language_pattern()})(?! (?:food|cooking|dance|dancing|music|culture)\b)", _language),
    (rf"(?:who )?speak(?:s|ing)? (?P<language>{_language_pattern()})", _language),
    (rf"(?P<language>{_language_pattern()})[ -](?:speaking|speakers?|spoken)", _language),
)

# What people say for the terms about getting in; a term that the directory does not have is not read.
_ACCESS = {
    "step-free": r"(?:step[ -]free(?: access| entrance)?|wheelchair[ -](?:access|accessible|friendly)"
    r"|(?<=\w )wheelchair users?|(?:for|in|with) (?:my |a |the )?wheelchair(?: users?| access)?"
    r"|accessible (?:by|for) wheelchairs?|level access)",
    "accessible-toilet": r"(?:with (?:an )?)?(?:accessible|disabled) (?:toilets?|loos?)",
    "blue-badge-parking": r"(?:with )?(?:blue badge|disabled) parking",
    "hearing-loop": r"(?:with (?:an? )?)?(?:hearing|induction|loop)[ -](?:loops?|system)",
    "bsl": r"(?:(?:with|in) )?(?:bsl|sign language)(?: (?:interpreters?|interpreted|interpretation|signed))",
    "quiet-space": r"(?:with (?:an? )?)?quiet (?:space|room)",
    "large-print": r"(?:in |with )?large print",
    "changing-place": r"(?:with (?:an? )?)?changing places?(?: toilets?)?",
    "assistance-dogs": r"(?:(?:assistance|guide) dogs? welcome)",
}


def _access(match: re.Match[str], known: Known) -> list[Value | None]:
    slug = next(slug for slug in _ACCESS if match.groupdict().get(_group(slug)) is not None)
    return [Value("access", slug, known.label("access", slug))] if known.knows("access", slug) else [None]


def _group(slug: str) -> str:
    return slug.replace("-", "_")


# After these somebody wants a wheelchair, and no way in for one.
_NOT_TO_HAVE_ONE = "".join(
    rf"(?<!\b{word} )"
    for word in (
        "a",
        "an",
        "my",
        "the",
        "hire",
        "borrow",
        "loan",
        "electric",
        "manual",
        "powered",
        "buy",
        "need",
        "new",
    )
)
_GETTING_IN = (
    *((f"(?P<{_group(slug)}>{pattern})", _access) for slug, pattern in _ACCESS.items()),
    (rf"(?<=\w ){_NOT_TO_HAVE_ONE}(?P<step_free>wheelchair)(?=$)", _access),
    (r"(?P<bsl>(?:with|in) (?:bsl|british sign language|sign language))", _access),
)
RULES = (*_COSTS, *_AGES, *_LANGUAGES, *_GETTING_IN)
