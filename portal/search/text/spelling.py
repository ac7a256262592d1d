"""British and American spelling: what else a word may look like. What comes out need not be a word at all."""

import re
from functools import lru_cache

# Endings that are written in two ways, whatever stands before them; both directions hold.
_ENDINGS = (
    ("isation", "ization"),
    ("isations", "izations"),
    ("ise", "ize"),
    ("ises", "izes"),
    ("ised", "ized"),
    ("iser", "izer"),
    ("isers", "izers"),
    ("ising", "izing"),
    ("yse", "yze"),
    ("ysed", "yzed"),
    ("ysing", "yzing"),
    ("our", "or"),
    ("ours", "ors"),
    ("oured", "ored"),
    ("ouring", "oring"),
    ("ourful", "orful"),
    ("ourite", "orite"),
    ("ourites", "orites"),
    ("ourhood", "orhood"),
    ("ourhoods", "orhoods"),
    ("ourly", "orly"),
    ("tre", "ter"),
    ("tres", "ters"),
    ("tred", "tered"),
    ("bre", "ber"),
    ("bres", "bers"),
    ("gramme", "gram"),
    ("grammes", "grams"),
    ("ogue", "og"),
    ("ogues", "ogs"),
    ("fence", "fense"),
    ("licence", "license"),
    ("licences", "licenses"),
    ("ageing", "aging"),
    ("judgement", "judgment"),
)
# Pieces of words from the Greek, at the beginning or in the middle.
_PIECES = (
    ("paed", "ped"),
    ("anaem", "anem"),
    ("anaesth", "anesth"),
    ("gynaec", "gynec"),
    ("haem", "hem"),
    ("leukaem", "leukem"),
    ("rrhoea", "rrhea"),
    ("oestr", "estr"),
    ("oesoph", "esoph"),
    ("coeliac", "celiac"),
    ("foet", "fet"),
)
_WHOLE = (
    ("aluminium", "aluminum"),
    ("cosy", "cozy"),
    ("enrol", "enroll"),
    ("enrolment", "enrollment"),
    ("fulfil", "fulfill"),
    ("grey", "gray"),
    ("jewellery", "jewelry"),
    ("kerb", "curb"),
    ("maths", "math"),
    ("mould", "mold"),
    ("moustache", "mustache"),
    ("mum", "mom"),
    ("mummy", "mommy"),
    ("mums", "moms"),
    ("plough", "plow"),
    ("practise", "practice"),
    ("pyjamas", "pajamas"),
    ("sceptic", "skeptic"),
    ("skilful", "skillful"),
    ("tyre", "tire"),
    ("tyres", "tires"),
)
# "counselling" and "counseling"; but "filling" is not "filing", nor "selling" "seling".
_DOUBLED = re.compile(r"([a-z]*[aeiou][a-z]*e)(ll?)(ing|ings|ed|er|ers|or|ors)")
# Below so many letters an ending says too little: "hour" is not "hor".
_LEAST_LETTERS = 5


@lru_cache(maxsize=20_000)
def spellings(word: str) -> tuple[str, ...]:
    """Return the other spellings of a folded word, British for American and the other way round; mostly none."""
    found: list[str] = []
    for pair in _WHOLE:
        found += [other for one, other in (pair, pair[::-1]) if word == one]
    if len(word) >= _LEAST_LETTERS:
        for pair in _ENDINGS:
            found += [word.removesuffix(one) + other for one, other in (pair, pair[::-1]) if word.endswith(one)]
        for pair in _PIECES:
            found += [word.replace(one, other, 1) for one, other in (pair, pair[::-1]) if one in word]
        doubled = _DOUBLED.fullmatch(word)
        if doubled:
            found.append(f"{doubled[1]}{'l' if doubled[2] == 'll' else 'll'}{doubled[3]}")
    return tuple(dict.fromkeys(found))


def canonical(word: str) -> str:
    """Return one and the same spelling for all spellings of a word."""
    return min((word, *spellings(word)))
