"""Hints on plain words: what would make a listing easier to read. They hold nothing up."""

import re
from dataclasses import dataclass

from portal.directory.models import Organisation
from portal.listings.checks import STEP_OF
from portal.listings.content import Content

LONGEST_SENTENCE = 25
# A short list of what groups copy out of letters, and what people say instead.
PLAIN = {
    "accessible via": "you get there by",
    "adhere to": "keep to",
    "alleviate": "ease",
    "and/or": "or",
    "assistance": "help",
    "attendees": "people",
    "commence": "begin",
    "commencing": "from",
    "enquire": "ask",
    "facilitate": "run",
    "facilitated by": "run by",
    "holistic": "whole-person",
    "in order to": "to",
    "multi-agency": "several services together",
    "participants": "people",
    "prior to": "before",
    "provision": "help",
    "refreshments": "tea and biscuits",
    "resilience": "strength",
    "service users": "people",
    "signposting": "telling you where to go",
    "stakeholders": "people",
    "upskill": "teach",
    "utilise": "use",
    "venue": "place",
    "wellbeing": "feeling well",
}
_OFFICIAL = re.compile(rf"\b({'|'.join(re.escape(word) for word in sorted(PLAIN, key=len, reverse=True))})\b", re.I)
_FIELDS = ("summary", "description", "how_to_join", "cost_note", "when_note")


@dataclass(frozen=True)
class Hint:
    """One thing that would read better: the field, and what to try."""

    field: str
    text: str

    @property
    def step(self) -> str:
        """The step of writing in which it stands."""
        return STEP_OF[self.field]


def hints_for(content: Content, organisation: Organisation) -> list[Hint]:
    """Return what would make a content easier to read, in the order of its fields; each word is named once."""
    hints: list[Hint] = []
    seen: set[str] = set()
    for field in _FIELDS:
        text: str = getattr(content, field)
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
            words = sentence.split()
            if len(words) > LONGEST_SENTENCE:
                start = " ".join(words[:6])
                hints.append(Hint(field, f"“{start} …” has {len(words)} words. Two short sentences read better."))
        for found in _OFFICIAL.findall(text):
            word = found.lower()
            if word not in seen:
                seen.add(word)
                hints.append(Hint(field, f"Instead of “{word}”, you could write “{PLAIN[word]}”."))
    if not content.phones and not organisation.phones:
        hints.append(Hint("phones", "There is no telephone number. Many people would rather ring before they come."))
    if content.cost_kind is None:
        hints.append(Hint("cost_kind", "Say what it costs. It is what people ask first."))
    return hints
