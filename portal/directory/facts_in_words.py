"""Reads the short phrases of the seeds, the CSV template and mappings: "60+", "£2", "waiting list, 3 weeks".

Every function raises `PhraseError`, whose message is a sentence without the field's name.
"""

import datetime as dt
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import TypeVar

from portal.core.text import clean, slugify
from portal.directory.languages import code_of
from portal.directory.models import Attendance, Capacity, CostKind, ServiceStatus
from portal.directory.operations.drafts import AccessDraft, CostDraft

_Choice = TypeVar("_Choice", bound=Enum)
_MONEY = re.compile(r"£ ?(\d{1,6}(?:\.\d{1,2})?)(?![\d.]*\d)|\b(\d{1,3})p\b|\bfree\b", re.IGNORECASE)
_YES = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
_STATES = {
    "active": ServiceStatus.ACTIVE,
    "open": ServiceStatus.ACTIVE,
    "temporarily closed": ServiceStatus.TEMPORARILY_CLOSED,
    "closed": ServiceStatus.DEFUNCT,
    "defunct": ServiceStatus.DEFUNCT,
    "inactive": ServiceStatus.INACTIVE,
}
DONATION = CostKind.DONATION.value


class PhraseError(ValueError):
    """A phrase was not understood; the message says what is wrong with it."""


def parse_choice(kind: type[_Choice], text: str) -> _Choice:
    """Read one of an enum's words ("turn up"), whatever the case."""
    wanted = clean(text).lower()
    for member in kind:
        if member.value == wanted:
            return member
    choices = ", ".join(str(member.value) for member in kind)
    raise PhraseError(f"“{clean(text, limit=40)}” is not one of: {choices}")


def parse_state(text: str) -> ServiceStatus:
    """Read "active", "temporarily closed", "closed" or "inactive"."""
    found = _STATES.get(clean(text).lower())
    if found is None:
        raise PhraseError(f"“{clean(text, limit=40)}” is not one of: active, temporarily closed, closed, inactive")
    return found


def parse_attendance(texts: Sequence[str]) -> tuple[Attendance, ...]:
    """Read "in person", "online", "by telephone", "at home"; each counts once."""
    return tuple(dict.fromkeys(parse_choice(Attendance, text) for text in texts))


def parse_ages(text: str) -> tuple[int | None, int | None]:
    """Read "60+", "16 to 25", "under 5", "up to 11", "all ages" into youngest and oldest age in whole years."""
    plain = clean(text).lower().replace("–", "-")
    if plain in {"", "all", "all ages", "everyone", "everybody"}:
        return None, None
    if found := re.fullmatch(r"(\d{1,3}) ?(?:\+|and over|or over|and older)", plain):
        return int(found[1]), None
    if found := re.fullmatch(r"(\d{1,3}) ?(?:-|to) ?(\d{1,3})", plain):
        return int(found[1]), int(found[2])
    if (found := re.fullmatch(r"(?:under|below) (\d{1,3})s?", plain)) and int(found[1]) > 0:
        return None, int(found[1]) - 1
    if found := re.fullmatch(r"up to (\d{1,3})", plain):
        return None, int(found[1])
    raise PhraseError(f"“{clean(text, limit=40)}” is not ages such as 60+, 16 to 25 or under 5")


def parse_money(text: str) -> int:
    """Read "£24.50" or "50p" into pence."""
    found = _MONEY.fullmatch(clean(text))
    if not found or found[0].lower() == "free":
        raise PhraseError(f"“{clean(text, limit=40)}” is not an amount such as £24.50")
    return int(Decimal(found[1]) * 100) if found[1] else int(found[2])


def parse_costs(texts: Sequence[str]) -> tuple[CostKind | None, tuple[CostDraft, ...]]:
    """Read prices: "free", "pay what you can", "£3", "£1.50 on benefits or a pension", "helpers free"."""
    phrases = [phrase for phrase in map(clean, texts) if phrase]
    if not phrases:
        return None, ()
    if len(phrases) == 1 and phrases[0].lower() in {"free", "£0"}:
        return CostKind.FREE, ()
    if phrases[0].lower() == DONATION:
        if len(phrases) > 1:
            raise PhraseError("says pay what you can and a price; say one of them, and more in the note")
        return CostKind.DONATION, ()
    costs = tuple(_parse_cost(phrase) for phrase in phrases)
    is_free = all(cost.amount_pence == 0 for cost in costs)
    return (CostKind.FREE if is_free else CostKind.PAID), costs


def _parse_cost(phrase: str) -> CostDraft:
    found = list(_MONEY.finditer(phrase))
    if len(found) > 1:  # "£9 for free groups" has one amount
        found = [money for money in found if money[0].lower() != "free"]
    if len(found) != 1:
        what = "has more than one amount" if found else "is not a price such as free, pay what you can or £2"
        raise PhraseError(f"“{clean(phrase, limit=60)}” {what}")
    money = found[0]
    amount = 0 if money[0].lower() == "free" else parse_money(money[0])
    about = clean(f"{phrase[: money.start()]} {phrase[money.end() :]}").strip(" ,:;-()")
    return CostDraft(amount_pence=amount, about=about)


def parse_places(text: str) -> tuple[Capacity | None, int | None, int | None]:
    """Read "yes", "6 left", "waiting list", "waiting list, 3 weeks" or "full".

    Returns the capacity, how many places are left, and how many weeks one waits; days are rounded up to weeks.
    """
    plain = clean(text).lower()
    if not plain:
        return None, None, None
    if plain in {"yes", "places", "places available", "true"}:
        return Capacity.PLACES, None, None
    if plain == "full":
        return Capacity.FULL, None, None
    if found := re.fullmatch(r"(\d{1,4}) (?:places? )?left", plain):
        return Capacity.PLACES, int(found[1]), None
    if plain == "waiting list":
        return Capacity.WAITING_LIST, None, None
    if found := re.fullmatch(r"waiting list,? (?:about )?(\d{1,3}) (day|week|month)s?", plain):
        days = {"day": 1, "week": 7, "month": 30}[found[2]]
        return Capacity.WAITING_LIST, None, math.ceil(int(found[1]) * days / 7)
    raise PhraseError(f"“{clean(text, limit=40)}” is not one of: yes, 6 left, waiting list, waiting list 3 weeks, full")


def parse_answer(text: str) -> tuple[bool, str]:
    """Read "yes", "no" or "yes, ask at the desk" into the answer and the note."""
    word, _, rest = clean(text).partition(",")
    answer = _YES.get(word.strip().lower())
    if answer is None:
        raise PhraseError(f"“{clean(text, limit=60)}” does not begin with yes or no")
    return answer, rest.strip()


def parse_access(text: str) -> AccessDraft:
    """Read "hearing loop: yes, at the desk"; without an answer the answer is yes."""
    name, colon, answer = clean(text).partition(":")
    is_there, note = parse_answer(answer) if colon else (True, "")
    return AccessDraft(term=slugify(name), is_there=is_there, note=note)


def parse_language(text: str) -> str:
    """Read a language by its ISO 639 code or its English name into the code."""
    code = code_of(text)
    if code is None:
        raise PhraseError(f"“{clean(text, limit=40)}” is not a language that is known; write its ISO 639 code")
    return code


def parse_day(text: str) -> dt.date:
    """Read a date written 2026-11-23 or 23/11/2026."""
    plain = clean(text)
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", plain)
    parts = found.groups() if found else re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", plain)
    try:
        if parts is None:
            raise ValueError
        year, month, day = map(int, parts if isinstance(parts, tuple) else reversed(parts.groups()))
        return dt.date(year, month, day)
    except ValueError:
        raise PhraseError(f"“{clean(text, limit=40)}” is not a date such as 2026-11-23") from None
