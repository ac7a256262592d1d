"""What the words of a question mean, in plain Python, one service after the other. Written apart from the search."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache

from portal.search.documents import Document
from portal.search.index.stems import stem
from portal.search.text.synonyms import Meant
from portal.search.text.words import SAYS_LITTLE, STOP_WORDS

FIELDS = (1.0, 0.7, 0.5, 0.45, 0.4, 0.3)
# The only words of the made-up listings and questions that are spelt in two ways.
SPELT = {"colour": "color", "centre": "center", "organise": "organize", "counselling": "counseling"}
OTHERWISE = SPELT | {american: british for british, american in SPELT.items()}

Phrase = tuple[str, ...]
Values = list[float]


@lru_cache(maxsize=100_000)
def slips(one: str, other: str) -> int:
    """Damerau's distance with each part edited once, as a whole table."""
    table = [[max(i, j) if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            wrong = one[i - 1] != other[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + wrong)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def allowed(word: str) -> int:
    return 0 if len(word) < 4 or any(sign.isdigit() for sign in word) else 1 if len(word) < 8 else 2


def is_little(words: Sequence[str]) -> bool:
    return len(words) == 1 and words[0] in SAYS_LITTLE


def telling(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in STOP_WORDS] or list(words)


def words_of(document: Document) -> dict[str, float]:
    found: dict[str, float] = {}
    for text, weight in zip(document.texts, FIELDS, strict=True):
        for word in text.split():
            found[word] = max(found.get(word, 0.0), weight)
    found.pop(".", None)
    return found


@lru_cache(maxsize=100_000)
def is_same(one: str, other: str) -> bool:
    """Whether two words are forms or spellings of one."""
    return stem(min(one, OTHERWISE.get(one, one))) == stem(min(other, OTHERWISE.get(other, other)))


def used_up(wanted: Sequence[str], words: Sequence[str]) -> int:
    """How many words at the beginning are used up by those wanted, with small ones in between; 0 if they do not fit."""
    used = 0
    for number, word in enumerate(wanted):
        while number and used < len(words) and not is_same(words[used], word) and words[used] in STOP_WORDS:
            used += 1
        if used == len(words) or not is_same(words[used], word):
            return 0
        used += 1
    return used


class Words:
    """The words of some documents, and what the list of words people use says."""

    def __init__(self, documents: Sequence[Document], meant: Mapping[Phrase, Meant]) -> None:
        self.documents, self.meant = documents, meant
        self.held = [words_of(document) for document in documents]

    @cached_property
    def lexicon(self) -> set[str]:
        return set().union(*self.held)

    def each(self, value: Callable[[int], float]) -> Values:
        return [value(place) for place in range(len(self.documents))]

    def rarity(self, known: int) -> float:
        values = self.documents
        return 0.1 + math.log(1 + max(0.0, len(values) - known + 0.5) / (known + 0.5))

    def scores(self, asked: Sequence[str]) -> Values:
        """The score of each document, 0 for those that do not answer everything."""
        units = self.units(self.corrected(asked))
        met = [self.whole(*unit) for unit in units]
        says_more = not all(is_little(words) for words, *_rest in units)
        needed = [not (says_more and is_little(words)) for words, *_rest in units]
        weights = [one[1] * (1.0 if is_needed else 0.3) for one, is_needed in zip(met, needed, strict=True)]
        must = [(one[0], weight) for one, weight, is_needed in zip(met, weights, needed, strict=True) if is_needed]
        shares = self.each(lambda place: sum(w for values, w in must if values[place]) / sum(w for _values, w in must))
        few = sum(all(values[place] for values, _weight in must) for place in range(len(shares))) < 5

        def score(place: int) -> float:
            is_whole = all(values[place] for values, _weight in must)
            if not is_whole and (not few or shares[place] < 0.5 - 1e-9 or not shares[place]):
                return 0.0
            total = sum(weight * one[0][place] for one, weight in zip(met, weights, strict=True)) / sum(weights)
            return total if is_whole else 0.4 * total

        return self.each(score)

    def known_at(self, words: Sequence[str]) -> tuple[int, Meant] | None:
        """The longest phrase of the list at the beginning of some words: how many it uses up, and what it means."""
        found: list[tuple[int, int, Phrase, Meant]] = []
        for phrase, meant in self.meant.items():
            wanted = telling(phrase) if len(telling(phrase)) > 1 else list(phrase)
            used = used_up(wanted, words)
            if used:
                found.append((len(wanted), -used, phrase, meant))
            if len(wanted) == 2 and is_same("".join(wanted), words[0]):
                found.append((1, -1, phrase, meant))
            if len(phrase) == 1 and len(words) > 1 and is_same(words[0] + words[1], phrase[0]):
                found.append((2, -2, phrase, meant))
        if not found:
            return None
        best = max(one[:2] for one in found)
        fitting = [one for one in found if one[:2] == best]
        typed = [one for one in fitting if one[2] == tuple(words[: -best[1]])]
        together = [one[3] for one in typed[:1] or fitting]
        return -best[1], Meant(
            tuple(dict.fromkeys(phrase for one in together for phrase in one.phrases)),
            tuple(dict.fromkeys(need for one in together for need in one.needs)),
            tuple(dict.fromkeys(category for one in together for category in one.categories)),
        )

    def units(self, asked: Sequence[str]) -> list[tuple[Phrase, Meant | None, Phrase]]:
        """(words, what they mean, words joined with their neighbours) of everything asked, each once."""
        found: dict[Phrase, tuple[Phrase, Meant | None, Phrase]] = {}
        place = 0
        while place < len(asked):
            used, meant = self.known_at(asked[place:]) or (1, None)
            words = tuple(asked[place : place + used])
            pairs = [asked[at : at + 2] for at in (place - 1, place) if 0 <= at < len(asked) - 1]
            joined = tuple("".join(pair) for pair in pairs) if used == 1 else ("".join(words),) if used == 2 else ()
            if used > 1 or words[0] in telling(asked):
                found.setdefault(words, (words, meant, joined))
            place += used
        return list(found.values())

    def corrected(self, asked: Sequence[str]) -> list[str]:
        """The words, those that nobody knows replaced by one of the list when nothing is nearer."""
        listed = {word for phrase in self.meant for word in phrase}
        instead = {}
        for words, meant, joined in self.units(asked):
            word = words[0]
            if meant or len(words) > 1 or len(word) < 6 or any(self.own(word, joined)):
                continue
            near = [(slips(word, other), other[0] != word[0], other) for other in self.lexicon | listed if other]
            distance, is_other_letter, other = min(one for one in near if one[0])
            if distance == 1 <= allowed(word) and not is_other_letter and other in listed:
                instead[word] = other
        return [instead.get(word, word) for word in asked]

    def whole(self, words: Phrase, meant: Meant | None, joined: Phrase) -> tuple[Values, float]:
        """How well each document answers one thing that was asked, and how rare that is by its own words."""
        if len(words) == 1:
            groups = [self.own(words[0], joined)]
            if meant is None and sum(value > 0 for value in groups[0]) < 3:
                groups = [self.stretched(words[0], groups[0])]
        else:
            alone = self.one_by_one(words)
            groups = [self.each(lambda place: max([alone[place], *(self.spelt(one, place) for one in joined)]))]
        if meant is not None:
            said = [self.other_words(phrase) for phrase in meant.phrases]
            groups.append(self.each(lambda place: max((one[place] for one in said), default=0.0)))
            groups.append(self.each(lambda place: self.bears(place, meant)))
        together = self.each(lambda place: self.together([one[place] for one in groups]))
        known = sum(value > 0 for value in groups[0]) or sum(value > 0 for value in together)
        return together, self.rarity(known)

    def bears(self, place: int, meant: Meant) -> float:
        """The first need of a service counts like a word of what it is for, the second like one of its summary."""
        document = self.documents[place]
        needs = [(0.7, 0.45, 0.3)[min(at, 2)] for at, need in enumerate(document.needs) if need in meant.needs]
        return 0.7 * max([*needs, 0.45 if document.categories & set(meant.categories) else 0.0])

    def together(self, values: Values) -> float:
        return min(1.0, max(values) + 0.1 * (sum(values) - max(values)))

    def spelt(self, word: str, place: int) -> float:
        forms = (weight for other, weight in self.held[place].items() if stem(other) == stem(word))
        return 0.9 * max(self.held[place].get(word, 0.0), 0.8 * max(forms, default=0.0))

    def plain(self, word: str, place: int) -> float:
        held = self.held[place]
        values = [held.get(word, 0.0), *(0.8 * weight for other, weight in held.items() if stem(other) == stem(word))]
        return max([*values, self.spelt(OTHERWISE[word], place)] if word in OTHERWISE else values)

    def side_by_side(self, words: Sequence[str], place: int) -> float:
        wanted = f" {' '.join(words)} "
        texts = zip(self.documents[place].texts, FIELDS, strict=True)
        return max((weight for text, weight in texts if wanted in f" {text} "), default=0.0)

    def own(self, word: str, joined: Phrase) -> Values:
        values = self.each(lambda at: max([self.plain(word, at), *(self.spelt(one, at) for one in joined)]))
        if sum(value > 0 for value in values) < 3:
            for cut in range(2, len(word) - 1):
                rest = word[cut:]
                for second in (rest, rest[:-1] if rest.endswith("s") else f"{rest}s"):
                    if not {word[:cut], second} <= STOP_WORDS:
                        held = [self.side_by_side((word[:cut], second), at) for at in range(len(values))]
                        values = [max(value, 0.9 * one) for value, one in zip(values, held, strict=True)]
        return values

    def stretched(self, word: str, values: Values) -> Values:
        near = [(slips(word, other), other[:1] != word[:1], other) for other in self.lexicon]
        for distance, _first, other in sorted(one for one in near if 0 < one[0] <= allowed(word))[:20]:
            quality = {1: 0.2, 2: 0.15}[distance]
            for place, held in enumerate(self.held):
                found = max((weight for form, weight in held.items() if stem(form) == stem(other)), default=0.0)
                values[place] = max(values[place], quality * found)
        return values

    def one_by_one(self, words: Phrase) -> Values:
        parts: list[Values] = []
        rarities: list[float] = []
        for word in dict.fromkeys(telling(words)):
            known = self.known_at([word])
            values, rarity = self.whole((word,), known[1] if known else Meant(), ())
            parts.append(values)
            rarities.append(0.3 * rarity if is_little([word]) else rarity)

        def value(place: int) -> float:
            if not all(values[place] for values in parts):
                return 0.0
            mean = sum(rarity * values[place] for rarity, values in zip(rarities, parts, strict=True)) / sum(rarities)
            apart = 0.8 if sum(not is_little([word]) for word in dict.fromkeys(telling(words))) > 1 else 0.4
            return mean * (1.0 if self.side_by_side(words, place) else apart)

        return self.each(value)

    def other_words(self, phrase: Phrase) -> Values:
        def value(place: int) -> float:
            values = [self.plain(word, place) for word in telling(phrase)]
            mean = sum(values) / len(values) if all(values) else 0.0
            if len(phrase) > 1 and not self.side_by_side(phrase, place):
                mean *= 0.8 if sum(not is_little([word]) for word in telling(phrase)) > 1 else 0.0
            return 0.6 * max(mean, self.spelt("".join(phrase), place) if len(phrase) == 2 else 0.0)

        return self.each(value)
