"""How well each service answers the words of a question: from 0 (not at all) to 1."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from portal.search.constants import FEW_ANSWER, LEAST_SHARE, LITTLE_SAID, MEANT_FROM, PARTLY
from portal.search.text.language import Query, replaced
from portal.search.text.lookup import Found, Scores, nearest
from portal.search.text.meeting import Meaning, Meeting
from portal.search.text.sources import Rows
from portal.search.text.synonyms import Phrase, Synonyms
from portal.search.text.units import Unit, units_of

__all__ = ["Asked", "Meaning", "Scores", "Scoring"]

# Shares that differ by less are equal, whichever way they were added up.
_NOTHING = 1e-9

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Asked:
    """One thing that is asked, the services that answer it, and how much it weighs. `is_needed` says whether a service
    has to answer it; what stands in quotes is needed whatever happens."""

    what: Unit | Phrase
    found: Found
    weight: float
    is_needed: bool = True
    is_quoted: bool = False


class Scoring:
    """The work of one question after another on one state."""

    def __init__(self, meeting: Meeting, synonyms: Synonyms) -> None:
        self._meeting = meeting
        self._synonyms = synonyms
        self._known: dict[Query, tuple[Scores, Mask, Mask]] = {}

    def units(self, query: Query) -> tuple[Unit, ...]:
        """Return what the words of a question speak of; its quoted phrases are left out.

        A word that the directory does not know and whose nearest word the list knows is taken for that one, so that
        "lonley" leads where "lonely" does. It is never shown.
        """
        units = units_of(query, self._synonyms)
        meant = {unit.words[0]: near for unit in units if (near := self._meant_spelling(unit))}
        return units_of(replaced(query, meant), self._synonyms) if meant else units

    def _meant_spelling(self, unit: Unit) -> str | None:
        """Return the word of the list that a unit was meant as: the nearest of all, one slip away, begun alike."""
        word, lexicon = unit.words[0], self._synonyms.lexicon
        if not unit.is_forgiven or len(word) < MEANT_FROM or self._meeting.met(unit).is_known:
            return None
        near = nearest([*self._meeting.lookup.lexicons, lexicon], word)
        slips, other = near[0] if near else (0, "")
        return other if slips == 1 and other[0] == word[0] and other in lexicon else None

    def asked(self, query: Query) -> list[Asked]:
        """Return everything that is asked, with the services that answer it: units, and words of quoted phrases.

        A word that says little ("group", "somebody") has to be answered only where there is nothing else.
        """
        units, lookup = self.units(query), self._meeting.lookup
        says_more = bool(query.phrases) or not all(unit.says_little for unit in units)
        found = []
        for unit in units:
            met, is_needed = self._meeting.met(unit), not (says_more and unit.says_little)
            found.append(Asked(unit, met.found, met.rarity if is_needed else LITTLE_SAID * met.rarity, is_needed))
        for phrase in query.phrases:
            rows = self._meeting.held(phrase).rows
            for word in phrase:
                values = lookup.exactly(word)[rows]
                found.append(Asked((word,), Found(rows, values), self._meeting.rarity(len(rows)), is_quoted=True))
        return found

    def score(self, query: Query) -> Scores:
        """Return a score for every row, 0 where the question is not answered.

        Each thing that is asked gives the best of the ways in which it is met, weighed by how rare it is. Everything
        has to be met, all words of quoted phrases side by side. Where hardly any service does that, those follow that
        meet the greater part.
        """
        scores, whole, partly = self._answered(query)
        return np.where(whole, scores, np.where(partly, PARTLY * scores, 0.0))

    def partly(self, query: Query) -> Mask:
        """Return which rows count although they meet only the greater part of what is asked."""
        return self._answered(query)[2]

    def _answered(self, query: Query) -> tuple[Scores, Mask, Mask]:
        if query not in self._known:
            self._known[query] = self._scored(query)
        return self._known[query]

    def _scored(self, query: Query) -> tuple[Scores, Mask, Mask]:
        """Return the score of every row, which rows meet everything, and which count that meet the greater part."""
        lookup, asked = self._meeting.lookup, self.asked(query)
        total, share = lookup.nothing(), lookup.nothing()
        fits, whole = lookup.alive.copy(), lookup.alive.copy()
        for one in asked:
            total[one.found.rows] += one.weight * one.found.values
            if not one.is_needed:
                continue
            met = np.zeros(lookup.count, bool)
            met[one.found.rows] = True
            share += one.weight * met
            whole &= met
            if one.is_quoted:
                fits &= met
        for part in query.without:
            fits[self._unwanted(part)] = False
        whole &= fits
        needed = sum(one.weight for one in asked if one.is_needed)
        scores = total / sum(one.weight for one in asked) if asked else np.ones(lookup.count)
        if np.count_nonzero(whole) >= FEW_ANSWER:
            return scores, whole, np.zeros(lookup.count, bool)
        return scores, whole, fits & ~whole & (share >= LEAST_SHARE * needed - _NOTHING) & (share > 0)

    def meaning(self, query: Query) -> Meaning:
        """Return which words the question was taken for."""
        meaning = Meaning()
        for unit in self.units(query):
            meaning.add(self._meeting.met(unit).meaning)
        for phrase in query.phrases:
            meaning.words.update(phrase)
        return meaning

    def respellings(self, query: Query) -> dict[str, list[str]]:
        """Return for each word that the directory does not know the words near to it, the nearest and commonest first.

        A word is known that stands somewhere, in any form or spelling, joined or split, or that the list knows; in
        quotes only as it is written.
        """
        lookup, units = self._meeting.lookup, self.units(query)
        unknown = [unit.words[0] for unit in units if unit.is_forgiven and not self._meeting.met(unit).is_known]
        unknown += [word for phrase in query.phrases for word in phrase if not lookup.exactly(word).any()]
        near = {word: self._meeting.respellings(word) for word in unknown}
        return {word: others for word, others in near.items() if others}

    def _unwanted(self, part: Phrase) -> Rows:
        if len(part) > 1:
            return self._meeting.held(part).rows
        return np.flatnonzero(self._meeting.lookup.plainly(part[0]))
