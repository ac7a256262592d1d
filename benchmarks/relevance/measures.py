"""How good an order of results is, from 0 to 1."""

import math
from collections.abc import Mapping, Sequence

GOOD = 2


def ndcg(found: Sequence[str], grades: Mapping[str, int], most: int = 10) -> float:
    """Return the normalised discounted cumulated gain of the first results.

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM Transactions on Information
    Systems 20(4), 2002: gains are summed with a discount by the logarithm of the place, and divided by the sum of the
    best possible order. The gain of grade g is 2^g - 1 and the discount of place i is log2(i + 1), the usual choice
    since Burges et al. 2005. Raises ValueError when nothing is graded.
    """
    if not grades:
        raise ValueError("Nothing is graded.")
    best = sorted(grades.values(), reverse=True)
    return _cumulated([grades.get(key, 0) for key in found[:most]]) / _cumulated(best[:most])


def _cumulated(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, 1))


def recall(found: Sequence[str], grades: Mapping[str, int], most: int = 20) -> float:
    """Return the share of what is good (grade 2 or 3) that stands among the first results.

    When there is more that is good than fits, a page full of it counts as all. Raises ValueError when nothing is good.
    """
    good = {key for key, grade in grades.items() if grade >= GOOD}
    if not good:
        raise ValueError("Nothing is graded as good.")
    return len(good.intersection(found[:most])) / min(len(good), most)


def success(found: Sequence[str], grades: Mapping[str, int], most: int = 3) -> float:
    """Return 1 when something good (grade 2 or 3) stands among the first results, else 0."""
    return float(any(grades.get(key, 0) >= GOOD for key in found[:most]))
