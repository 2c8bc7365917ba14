"""Sample size planning: how many cases are needed to decide a gate or to detect a drop."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable

from pytest_reasoning.stats.intervals import IntervalMethod, normal_quantile, proportion_interval

MOST_CASES = 1_000_000
"Largest number of cases that a plan may need; beyond it the answer is None."


def cases_to_exclude(
    rate: float, value: float, confidence: float = 0.95, method: IntervalMethod = "wilson"
) -> int | None:
    """Return the least number of independent cases at which the interval around `rate` excludes `value`.

    Excluded means that the interval is wholly at or above the value, or wholly below it. None if no number up to
    `MOST_CASES` suffices, because the rate is the value or too close to it.
    """

    def excluded(cases: int) -> bool:
        low, high = proportion_interval(min(cases, rate * cases), cases, confidence, method)
        return low >= value or high < value

    return _first(excluded)


def decision_power(
    cases: int, rate: float, value: float, confidence: float = 0.95, method: IntervalMethod = "wilson"
) -> float:
    """Return the exact power with which the interval excludes `value`, lying on the side of the true `rate`.

    It is computed from the binomial distribution; arguments as for `cases_to_exclude`.
    """
    from scipy.stats import binom

    def low(correct: int) -> float:
        return proportion_interval(correct, cases, confidence, method)[0]

    def high(correct: int) -> float:
        return proportion_interval(correct, cases, confidence, method)[1]

    if rate >= value:
        enough = bisect_left(range(cases + 1), value, key=low)
        return float(binom.sf(enough - 1, cases, rate))
    too_many = bisect_left(range(cases + 1), value, key=high)
    return float(binom.cdf(too_many - 1, cases, rate))


def cases_to_decide(
    rate: float,
    value: float,
    confidence: float = 0.95,
    method: IntervalMethod = "wilson",
    power: float = 0.8,
) -> int | None:
    """Return the number of independent cases that decide a gate with probability `power`, given the true `rate`.

    The power of an exact rule is not monotonic: the returned number has it and one case fewer does not, but some
    larger number may fall just short again. None beyond `MOST_CASES`, or if the rate is the value itself.
    """
    if rate == value:
        return None
    return _first(lambda cases: decision_power(cases, rate, value, confidence, method) >= power)


def drop_power(pairs: int, lost: float, gained: float, alpha: float = 0.05) -> float:
    """Return the exact power of `mcnemar_exact(..., "drop")`: how often its p-value is at or below alpha.

    Args:
        pairs: cases in both runs.
        lost: probability that a case is correct before and wrong now, 0..1; the true drop is lost - gained.
        gained: probability of the opposite flip, 0..1.
        alpha: one-sided false alarm rate of the test.
    """
    import numpy as np
    from scipy.stats import binom

    flipped = lost + gained
    if not flipped:
        return 0.0
    flips = np.arange(pairs + 1)
    least_called = binom.isf(alpha, flips, 0.5) + 1
    called = binom.sf(least_called - 1, flips, lost / flipped)
    return float((binom.pmf(flips, pairs, flipped) * called).sum())


def cases_to_see_drop(drop: float, gained: float = 0.0, power: float = 0.8, alpha: float = 0.05) -> int | None:
    """Return the number of cases with which the exact test detects a true drop with probability `power`.

    The power of an exact test is not monotonic: the returned number has it and one case fewer does not, but some
    larger number may fall just short again. None beyond `MOST_CASES`, or if there is no drop.

    Args:
        drop: the true drop of the pass rate, 0..1.
        gained: probability that a case nevertheless flips from wrong to correct, 0..1.
        power: the wanted power, 0..1.
        alpha: as for `drop_power`.
    """
    if drop <= 0:
        return None
    return _first(lambda cases: drop_power(cases, drop + gained, gained, alpha) >= power, most=20_000)


def visible_drop(pairs: int, gained: float = 0.0, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """Return the least true drop that the exact test detects with probability `power`; None if there is none.

    Arguments as for `cases_to_see_drop`.
    """
    low, high = 0.0, (1 - gained) - gained
    if high <= 0 or drop_power(pairs, high + gained, gained, alpha) < power:
        return None
    while high - low > 1e-4:
        middle = (low + high) / 2
        if drop_power(pairs, middle + gained, gained, alpha) >= power:
            high = middle
        else:
            low = middle
    return high


def visible_drop_of_changes(pairs: int, square: float, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """Return the approximate least drop that the sign-flip test detects if changes are fractions; None if none.

    The drop is modeled as that share of cases losing all their samples, in addition to changes that cancel out on
    average. The result is a normal approximation, and at least the drop that the exact test needs if nothing else
    changes.

    Args:
        pairs: number of clusters.
        square: mean squared change without a drop, 0..1; repeats make it small.
        power: as for `cases_to_see_drop`.
        alpha: as for `drop_power`.
    """
    least = visible_drop(pairs, 0.0, power, alpha)
    if least is None:
        return None
    sure, seen = normal_quantile(1 - alpha), normal_quantile(power)

    def missing(drop: float) -> float:
        null = drop + (1 - drop) * square
        return sure * math.sqrt(pairs * null) + seen * math.sqrt(pairs * (null - drop * drop)) - pairs * drop

    low, high = least, 1.0
    if missing(low) <= 0:
        return low
    if missing(high) > 0:
        return None
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if missing(middle) > 0 else (low, middle)
    return high


def _first(holds: Callable[[int], bool], most: int = MOST_CASES) -> int | None:
    """Return the least number, from 1 on, for which a monotonic condition holds."""
    high = 1
    while not holds(high):
        if high >= most:
            return None
        high = min(2 * high, most)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
