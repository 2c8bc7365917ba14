"""How many cases a question needs: to decide a gate, to see a drop, to show that there is none."""

from __future__ import annotations

import math
from collections.abc import Callable

from pytest_reasoning.stats.intervals import IntervalMethod, proportion_interval

MOST_CASES = 1_000_000
"Beyond this many a plan is no plan: the answer is None."


def cases_to_exclude(
    rate: float, value: float, confidence: float = 0.95, method: IntervalMethod = "wilson"
) -> int | None:
    """Return the least number of independent cases at which the interval around `rate` leaves `value` out.

    Left out means wholly at or above it, or wholly below it. None where no number up to `MOST_CASES`
    does: the rate is the value itself, or so close that it does not matter.
    """

    def excluded(cases: int) -> bool:
        low, high = proportion_interval(min(cases, rate * cases), cases, confidence, method)
        return low >= value or high < value

    return _first(excluded)


def drop_power(pairs: int, lost: float, gained: float, alpha: float = 0.05) -> float:
    """Return how often `mcnemar_exact(..., "drop")` is at or below alpha; exact, by summing over all tables.

    Args:
        pairs: cases in both runs.
        lost: chance of a case to be right before and wrong now, 0..1; the true drop is lost - gained.
        gained: chance of the opposite flip, 0..1.
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
    """Return about how many cases let the exact test call a true drop in the share `power` of runs.

    The power of an exact test is a saw-tooth: the answer has it and one case fewer has not, yet some
    larger number may fall just short again. None beyond `MOST_CASES` or where there is no drop.

    Args:
        drop: the true fall of the pass rate, 0..1.
        gained: chance of a case to flip from wrong to right all the same, 0..1.
        power: wanted share of runs, 0..1.
        alpha: as for `drop_power`.
    """
    if drop <= 0:
        return None
    return _first(lambda cases: drop_power(cases, drop + gained, gained, alpha) >= power, most=20_000)


def visible_drop(pairs: int, gained: float = 0.0, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """Return the least true drop that the exact test calls in the share `power` of runs; None if none is.

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


def cases_to_show_margin(margin: float, flipped: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Return about how many cases show a model that did not change to be within the margin.

    Normal approximation of Tango's score test (Nam 1997, Biometrics 53:1422), at least what `margin_p_values`
    needs without a single flip.

    Args:
        margin: the largest drop that does not matter, 0..1 exclusive.
        flipped: share of cases that flip either way without a true change, 0..1.
        power: wanted share of runs, 0..1.
        alpha: one-sided false alarm rate.
    """
    from pytest_reasoning.stats.intervals import normal_quantile

    sure, seen = normal_quantile(1 - alpha), normal_quantile(power)
    without_flips = math.log(alpha) / math.log(1 - margin)
    # a change of exactly the margin needs at least that share of flips
    at_margin = max(flipped, margin) - margin * margin
    with_flips = ((sure * math.sqrt(at_margin) + seen * math.sqrt(flipped)) / margin) ** 2
    return math.ceil(max(without_flips, with_flips))


def cases_to_show_no_worse(
    margin: float, lost: float, gained: float, power: float = 0.8, alpha: float = 0.05
) -> int | None:
    """Return about how many cases show a model that flips as said to be within the margin; None if it is not.

    As `cases_to_show_margin`, for a model that did change: the spread at the margin is that of the flips which
    Tango's constraint makes likeliest (Nam 1997).

    Args:
        margin: the largest drop that does not matter, 0..1 exclusive.
        lost: chance of a case to be right before and wrong now, 0..1.
        gained: chance of the opposite flip, 0..1.
        power: wanted share of runs, 0..1.
        alpha: one-sided false alarm rate.
    """
    from pytest_reasoning.stats.intervals import normal_quantile

    drop = lost - gained
    if drop >= margin:
        return None
    sure, seen = normal_quantile(1 - alpha), normal_quantile(power)
    free = margin * (1 - margin)
    b = (2 - lost + gained) * margin - lost - gained
    at_margin = (math.sqrt(b * b + 8 * gained * free) - b) / 2 + free
    spread = lost + gained - drop * drop
    with_flips = ((sure * math.sqrt(at_margin) + seen * math.sqrt(spread)) / (margin - drop)) ** 2
    cases = max(math.log(alpha) / math.log(1 - margin), with_flips)
    return None if cases > MOST_CASES else math.ceil(cases)


def _first(holds: Callable[[int], bool], most: int = MOST_CASES) -> int | None:
    """Return the least number from 1 on for which a condition holds that, once true, stays true."""
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
