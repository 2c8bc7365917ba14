"""Confidence intervals of one proportion of independent cases, by name of the method."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

IntervalMethod = Literal["wilson", "clopper-pearson", "jeffreys"]

Interval = tuple[float, float]
"(low, high), both in 0..1."


def wilson_interval(correct: float, total: float, confidence: float = 0.95) -> Interval:
    """Return the score interval of Wilson (1927), which stays inside 0..1 and is never empty.

    Args:
        correct: successes, 0..total; fractions are allowed (effective sample sizes have them).
        total: trials; with none the interval is (0, 1).
        confidence: two-sided level, 0..1 exclusive; each side is missed with probability (1 - level) / 2.
    """
    _check(correct, total, confidence)
    if not total:
        return 0.0, 1.0
    z = normal_quantile((1 + confidence) / 2)
    rate = correct / total
    shrink = 1 + z * z / total
    centre = (rate + z * z / (2 * total)) / shrink
    half = z / shrink * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    # at the ends the exact bound is the end itself; rounding must not move it
    low = 0.0 if correct == 0 else max(0.0, centre - half)
    high = 1.0 if correct == total else min(1.0, centre + half)
    return low, high


def clopper_pearson_interval(correct: float, total: float, confidence: float = 0.95) -> Interval:
    """Return the exact interval of Clopper and Pearson (1934), whose coverage is at least its level.

    Arguments as for `wilson_interval`.
    """
    from scipy.stats import beta

    _check(correct, total, confidence)
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, correct, total - correct + 1)) if correct > 0 else 0.0
    high = float(beta.ppf(1 - tail, correct + 1, total - correct)) if correct < total else 1.0
    return low, high


def jeffreys_interval(
    correct: float, total: float, confidence: float = 0.95, prior: tuple[float, float] = (0.5, 0.5)
) -> Interval:
    """Return the equal-tailed interval of the Beta posterior; Jeffreys' prior unless another is given.

    Brown, Cai and DasGupta (2001, Statistical Science 16:101) compare it with the others. As they recommend, it
    starts at 0 if there is no success and ends at 1 if there is no failure. Bowyer, Aitchison and Ivanova (2025)
    recommend such a posterior, with the prior (1, 1), for evaluations of fewer than a few hundred cases. Other
    arguments as for `wilson_interval`.
    """
    from scipy.stats import beta

    _check(correct, total, confidence)
    low, high = beta.interval(confidence, prior[0] + correct, prior[1] + total - correct)
    return (0.0 if correct == 0 else float(low)), (1.0 if correct == total else float(high))


_METHODS: dict[IntervalMethod, Callable[[float, float, float], Interval]] = {
    "wilson": wilson_interval,
    "clopper-pearson": clopper_pearson_interval,
    "jeffreys": jeffreys_interval,
}


def proportion_interval(
    correct: float, total: float, confidence: float = 0.95, method: IntervalMethod = "wilson"
) -> Interval:
    """Return the interval by the named method; other arguments as for `wilson_interval`."""
    return _METHODS[method](correct, total, confidence)


def normal_quantile(probability: float) -> float:
    """Return the standard normal quantile."""
    from statistics import NormalDist  # imported here to keep start-up fast

    return NormalDist().inv_cdf(probability)


def normal_upper_tail(z: float) -> float:
    """Return the probability that a standard normal variable exceeds `z`."""
    return math.erfc(z / math.sqrt(2)) / 2


def _check(correct: float, total: float, confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}, but must lie between 0 and 1")
    if not 0 <= correct <= total:
        raise ValueError(f"{correct} correct of {total} is impossible")
