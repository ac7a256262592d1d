"""What a change of the words people use does to searches, worked out before anything is stored."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.core import clock
from portal.search.answering import answer_from
from portal.search.engine import engine
from portal.search.log.queries import recent_searches as most_frequent
from portal.search.results import SearchRequest
from portal.search.text.synonyms import Phrase
from portal.search.words.entries import Entry, folded, shipped_entries, synonyms_of
from portal.search.words.queries import list_entries

# So many searches are asked twice while somebody waits for the page, as long as it takes no longer than this.
MOST_SEARCHES, MOST_SECONDS = 60, 3.0
NAMES_SHOWN = 3


@dataclass(frozen=True)
class Effect:
    """One search whose result a change alters: how many services it finds before and after, and the first ones after.

    `is_order_only` says that the same number is found, in another order or others in their place.
    """

    question: str
    before: int
    after: int
    names: Sequence[str]

    @property
    def is_order_only(self) -> bool:
        """Whether as many services are found as before."""
        return self.before == self.after


@dataclass(frozen=True)
class Preview:
    """What a change does: `asked` searches were tried, and these of them find something else than before."""

    asked: int
    effects: Sequence[Effect]


def recent_searches() -> list[str]:
    """Return searches to try a change on: the most frequent of the last 30 days; then, while these are few, every sixth
    of the phrases that ship, as somebody might type them."""
    shipped = [entry.said for entry in shipped_entries()[::6]]
    return list(dict.fromkeys([*most_frequent(MOST_SEARCHES), *shipped]))[:MOST_SEARCHES]


def preview(old: Entry | None, new: Entry | None) -> Preview:
    """Say what it does to recent searches, and to what the entry itself says, when `new` takes the place of `old`.

    What the entry itself says comes first; after three seconds no more is tried. None for `old` adds an entry, None
    for `new` takes one away. Needs an application context.
    """
    left_out = folded(old.said) if old else None
    entries = [entry for entry in list_entries() if folded(entry.said) != left_out]
    known, now = engine().known(), clock.now()
    changed = replace(known, synonyms=synonyms_of([*entries, new] if new else entries))
    own = [phrase for entry in (new, old) if entry for phrase in (entry.said, *entry.same)]
    questions: dict[Phrase, str] = {}
    for question in (*own, *recent_searches()):
        questions.setdefault(folded(question), question)
    effects: list[Effect] = []
    tried, until = 0, time.monotonic() + MOST_SECONDS
    for question in questions.values():
        if tried and time.monotonic() > until:
            break
        tried += 1
        request = SearchRequest(q=question)
        before, after = answer_from(known, request, now), answer_from(changed, request, now)
        before_it, after_it = before.order(), after.order()
        if before_it != after_it:
            effects.append(Effect(question, len(before_it), len(after_it), after.first_names(NAMES_SHOWN)))
    return Preview(tried, effects)
